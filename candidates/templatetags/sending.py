"""The key of forms that make something."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from candidates.pages.shared.sending import KEY, key_for

register = template.Library()


@register.simple_tag(takes_context=True)
def once(context: dict[str, Any]) -> SafeString:
    """Return the hidden field by which a form that is sent twice counts once."""
    return format_html('<input type="hidden" name="{}" value="{}">', KEY, key_for(context.get("request")))

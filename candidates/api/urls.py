"""Addresses of the API."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from candidates.api.app import api
from candidates.api.docs import show_docs


def _open(pattern: Any) -> Any:
    """Take the pages' login off an address: whoever calls comes with a key."""
    if isinstance(pattern, URLPattern):
        try:
            pattern.callback = login_not_required(pattern.callback)
        except AttributeError:  # a partial of ninja's
            pattern.callback.login_required = False  # type: ignore[attr-defined]
    return pattern


_patterns, _app_name, _namespace = api.urls
urlpatterns: list[Any] = [
    path("docs/", login_not_required(show_docs), name="api-docs"),
    path("", ([_open(one) for one in _patterns], _app_name, _namespace)),
]

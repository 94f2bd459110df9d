"""What is shown only where that it was shown can be recorded."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from candidates.audit import NotRecorded
from candidates.outage import describe_error, is_outage
from candidates.site.errors import not_recorded, service_unavailable

logger = logging.getLogger(__name__)


def needs_record(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard a view that shows a password: what cannot be recorded is not shown, and a sentence says so (C61)."""

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **parts: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **parts)
        except NotRecorded as error:
            logger.error("Nothing was opened, because the audit took no record: %s", describe_error(error))
            return service_unavailable(request) if is_outage(error) else not_recorded(request)

    return guarded

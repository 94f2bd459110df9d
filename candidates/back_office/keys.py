"""Numbers that no column holds, in the addresses and forms of the back office: Django hands them to the database."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse

LONGEST_KEY = 18  # digits: fewer than the 64 bits of a column hold


def finds_nothing_by_odd_keys(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Answer 404 where a view is asked for an object, or for rows, by a key that cannot be."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **parts: Any) -> HttpResponseBase:
        if not all(map(_can_be, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise Http404
        try:
            response: HttpResponseBase = view(request, *arguments, **parts)
            # the rows of a list are read as its page is made
            return response.render() if isinstance(response, TemplateResponse) else response
        except (OverflowError, DataError) as error:
            # what SQLite and PostgreSQL say to more than 64 bits; Django compares so only keys that are no relation
            raise Http404 from error
        except ValueError as error:
            if request.method not in {"GET", "HEAD"} or not request.GET:
                raise
            # a filter such as created_at__year=-1, of which Django finds out as it reads the rows
            raise Http404 from error

    return answered


def _can_be(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) <= LONGEST_KEY

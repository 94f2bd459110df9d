"""Carry out each call that writes once: in one transaction, whose answer is kept under its Idempotency-Key."""

import hashlib
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, Concatenate, ParamSpec

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja.params.models import Query as QueryParam

from candidates.api.auth import caller
from candidates.api.problems import Problem, Wrong, invalid
from candidates.api.schemas import Answer
from candidates.models import AnsweredCall

P = ParamSpec("P")
HEADER = "Idempotency-Key"
MAX_NAME = 255
JSON = "application/json"


def writes(
    operation: Callable[Concatenate[HttpRequest, P], Answer],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Run an operation in one transaction, and once for each Idempotency-Key.

    The row of the key is stored first and with the act: of two calls at the same moment the second waits for the first
    and is answered as it was. What was refused leaves no row, so that it can be mended and sent under the same key.
    What is answered says whether something was made (201), and whether it was a dry run, which stores nothing.
    """

    known_parameters = _parameters_of(operation)

    @wraps(operation)
    def once(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        _refuse_unknown(request, known_parameters)
        name = _name_of(request)
        with transaction.atomic():
            known = _claim(request, name) if name else None
            if known is not None:
                return _again(known)
            done = operation(request, *args, **kwargs)
            status, content = done._status, done.model_dump_json(by_alias=True)
            if not done._is_stored:
                transaction.set_rollback(True)
            elif name:
                AnsweredCall.objects.filter(key=caller(request).key, name=name).update(status=status, answer=content)
        return HttpResponse(content, status=status, content_type=JSON)

    return once


def _parameters_of(operation: Callable[..., Any]) -> frozenset[str]:
    """Return the names of what an operation reads from the query."""
    found: set[str] = set()
    for one in signature(operation, eval_str=True).parameters.values():
        more = getattr(one.annotation, "__metadata__", ())
        found.update(query.alias or one.name for query in more if isinstance(query, QueryParam))
    return frozenset(found)


def _refuse_unknown(request: HttpRequest, known: frozenset[str]) -> None:
    """Raise Problem for a parameter that nobody knows, or that stands twice: a misspelt `dryRun` is no order."""
    wrong = []
    for name, values in request.GET.lists():
        if name not in known:
            wrong.append(Wrong(detail=_("This call has no such parameter."), parameter=name))
        elif len(values) > 1:
            wrong.append(Wrong(detail=_("Send this parameter once."), parameter=name))
    if wrong:
        raise invalid(wrong)


def _name_of(request: HttpRequest) -> str:
    name = request.headers.get(HEADER, "").strip()
    if len(name) > MAX_NAME or not name.isascii() or not name.isprintable():
        sentence = _("At most %(max)d printable ASCII characters.") % {"max": MAX_NAME}
        raise invalid([Wrong(detail=sentence, parameter=HEADER)])
    return name


def _claim(request: HttpRequest, name: str) -> AnsweredCall | None:
    """Store the key of a call, and return the row where it was stored before. Raises Problem for another call."""
    sent = [(request.method or "").encode(), request.get_full_path().encode("utf-8", "surrogatepass"), request.body]
    fingerprint = hashlib.sha256(b"\0".join(sent)).hexdigest()
    key = caller(request).key
    try:
        with transaction.atomic():
            AnsweredCall.objects.create(key=key, name=name, fingerprint=fingerprint)
        return None
    except IntegrityError:
        known = AnsweredCall.objects.get(key=key, name=name)
    if known.fingerprint != fingerprint:
        sentence = _("This Idempotency-Key was sent with another request before. Choose a new one for each.")
        raise Problem(422, sentence, code="idempotency_key_reused", errors=[Wrong(detail=sentence, parameter=HEADER)])
    return known


def _again(known: AnsweredCall) -> HttpResponse:
    headers = {"Idempotency-Replayed": "true"}
    return HttpResponse(known.answer, status=known.status or 200, content_type=JSON, headers=headers)

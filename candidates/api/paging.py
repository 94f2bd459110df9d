"""Lists by cursor, and single resources by entity tag."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from typing import Annotated, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import BaseModel

from candidates.api.problems import Problem, Wrong, invalid, words_of
from candidates.api.schemas import DEFAULT_PAGE, MAX_PAGE, Page
from candidates.models import Test
from candidates.models.tests import FIRST_MOMENT, LAST_MOMENT

M = TypeVar("M")
D = TypeVar("D", bound=Model)
R = TypeVar("R")
JSON = "application/json"


NO_NUL = r"^[^\x00]*$"  # PostgreSQL fails on a question with it
Cursor = Annotated[
    str, Query("", max_length=2000, pattern=NO_NUL, description="`next` of the page before; empty: the first.")
]
Limit = Annotated[int, Query(DEFAULT_PAGE, ge=1, le=MAX_PAGE, description="How many at most.")]


def page_of(rows: Iterable[M], *, limit: int, key: Callable[[M], str], show: Callable[[M], R]) -> Page[R]:
    """Return the first rows of what is left, and the cursor of the last where more are left."""
    found = list(islice(rows, limit + 1))
    shown = found[:limit]
    return Page(items=[show(row) for row in shown], next=key(shown[-1]) if len(found) > limit else None)


def cursor_of(*parts: str) -> str:
    """Return where a page ended; it holds what rows are sorted by, so that it stays true when its row is deleted."""
    return base64.urlsafe_b64encode("\0".join(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str, count: int) -> list[str]:
    """Return what `cursor_of` was made of. Raises Problem for what is no cursor."""
    try:
        parts = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\0")
    except ValueError:
        raise unknown_cursor() from None
    if len(parts) != count:
        raise unknown_cursor()
    return parts


def newest_first(rows: QuerySet[D], cursor: str, *, by: str) -> QuerySet[D]:
    """Return rows with a public id, the newest first, after the cursor of one: this moment and its public id."""
    rows = rows.order_by(f"-{by}", "-public_id")
    if not cursor:
        return rows
    at, public_id = parts_of(cursor, 2)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise unknown_cursor() from None
    if moment.tzinfo is None or not FIRST_MOMENT <= moment < LAST_MOMENT:
        raise unknown_cursor()
    return rows.filter(Q(**{f"{by}__lt": moment}) | Q(**{by: moment, "public_id__lt": public_id}))


def unknown_cursor() -> Problem:
    """Return the problem of a cursor that no page gave."""
    return invalid([Wrong(detail=_("This cursor was on no page. Begin without one."), parameter="cursor")])


def tag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def single(request: HttpRequest, shown: BaseModel) -> HttpResponse:
    """Answer with one resource and its entity tag, or with 304 where the client has it."""
    content = shown.model_dump_json(by_alias=True).encode()
    tag = tag_of(content)
    known = [one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))]
    if tag in known or "*" in known:
        return HttpResponse(status=304, headers={"ETag": tag})
    return HttpResponse(content, content_type=JSON, headers={"ETag": tag})


def refuse_if_changed(request: HttpRequest, test: Test, stored: Callable[[], BaseModel]) -> None:
    """Raise Problem where If-Match names another version than the one that is stored, or nothing that is one.

    The test's row is locked first, as by all who change the test or its candidates: what is compared stays so.
    """
    sent = request.headers.get("If-Match")
    if sent is None:
        return
    Test.objects.select_for_update(no_key=True).get(pk=test.pk)
    wanted = parse_etags(sent)
    if "*" not in wanted and tag_of(stored().model_dump_json(by_alias=True).encode()) not in wanted:
        raise Problem(412, words_of(412)[1])

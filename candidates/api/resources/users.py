"""Permanent users: listed, and sent in batches that the worker stores as it stores a file of them."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field

from candidates import audit
from candidates.access import permanent_user_of, permanent_users, user_import_of
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.paging import Cursor, Limit, cursor_of, page_of, parts_of, single
from candidates.api.problems import MAX_ERRORS, Wrong, pointer_to
from candidates.api.rows import Cell, Row, all_wrong, unread
from candidates.api.schemas import OURS, Answer, Body, Page
from candidates.intake.accounts.formats import Column, Format
from candidates.intake.accounts.headings import EMAIL, EXTERNAL_ID, FIRST_NAME, LAST_NAME, LIST_NAME, USERNAME
from candidates.intake.accounts.reporting import check, seen_of
from candidates.intake.accounts.running import start_import
from candidates.intake.columns import MappedRow
from candidates.intake.drafts import keep, new_import
from candidates.models import Import, PermanentUser, Scope

MAX_BATCH = 1500
MEMBERS = {
    FIRST_NAME: "firstName",
    LAST_NAME: "lastName",
    USERNAME: "userName",
    EMAIL: "email",
    EXTERNAL_ID: "externalId",
    LIST_NAME: "listName",
}

router = Router(tags=["Permanent users"], by_alias=True)


class UserSent(Row):
    """A permanent user, known by user name or external id. No password: one is made, or the stored one stays."""

    first_name: Cell = Field(default="")
    last_name: Cell = Field(default="")
    user_name: Cell = Field(default="", description="Empty: one is made. " + OURS)
    email: Cell = Field(default="")
    external_id: Cell = Field(default="")
    list_name: Cell = Field(default="", description="A list to put the person on. " + OURS)


class UsersSent(Body):
    """Permanent users; who is known is updated."""

    users: list[UserSent] = Field(min_length=1, max_length=MAX_BATCH)


class UserAnswer(Answer):
    """A permanent user."""

    id: str
    first_name: str
    last_name: str
    user_name: str
    email: str
    external_id: str
    active: bool


class UsersJob(Answer):
    """A batch, which the worker stores."""

    id: str
    status: str = Field(description="queued, running, done, cancelled or failed.")
    total: int
    added: int
    updated: int
    address: str = Field(description="Where to ask how far it is.")


def shown(one: PermanentUser) -> UserAnswer:
    """Return a permanent user as it is answered."""
    return UserAnswer(
        id=one.public_id,
        first_name=one.first_name,
        last_name=one.last_name,
        user_name=one.user.shown_username,
        email=one.user.email,
        external_id=one.external_id,
        active=one.user.is_active,
    )


@router.get("/users", response=Page[UserAnswer], **needs(Scope.USERS_WRITE))
def list_users(request: HttpRequest, cursor: Cursor = "", limit: Limit = 100) -> Page[UserAnswer]:
    """List the permanent users, in no order that means something (ours). That a listing was begun is in the audit."""
    found = permanent_users().order_by("public_id")
    if cursor:
        found = found.filter(public_id__gt=parts_of(cursor, 1)[0])
    else:
        audit.record(audit.Action.PERMANENT_USERS_EXPORTED, by=caller(request).account)
    return page_of(found[: limit + 1], limit=limit, key=lambda one: cursor_of(one.public_id), show=shown)


@router.get("/users/imports/{job_id}", response=UsersJob, **needs(Scope.USERS_WRITE))
def read_users_job(request: HttpRequest, job_id: str) -> UsersJob:
    """Ask how far a batch is (ours)."""
    return _job(user_import_of(caller(request).account, job_id))


@router.get("/users/{user_id}", response=UserAnswer, **needs(Scope.USERS_WRITE, tagged=True))
def read_user(request: HttpRequest, user_id: str) -> HttpResponse:
    """Read a permanent user."""
    return single(request, shown(permanent_user_of(user_id)))


@router.post("/users", response={201: UsersJob}, **needs(Scope.USERS_WRITE))
@writes
def send_users(request: HttpRequest, sent: UsersSent) -> Answer:
    """Add permanent users, and update those who are known (ours): all checked first, or none is stored.

    Passwords that are made take time, so the worker stores the batch: ask at `address` how far it is.
    """
    key = caller(request)
    form = Format(_("API"), tuple(Column(name) for name in MEMBERS))
    waiting = new_import(
        by=key.account,
        kind=Import.Kind.USERS,
        file_name=key.key.name,
        file_sha256=hashlib.sha256(request.body).hexdigest(),
        format_name=form.name,
        columns=form.as_json(),
        existing=Import.Existing.UPDATE,
    )
    rows = [
        MappedRow(number, {column: getattr(one, _python(member)) for column, member in MEMBERS.items()})
        for number, one in enumerate(sent.users, 1)
    ]
    waiting.report = check(waiting, rows, most=MAX_ERRORS)
    wrong = list(unread(sent.users, "users"))
    if wrong or waiting.report["problem_count"]:
        found = (
            Wrong(detail=message, pointer=pointer_to("users", row - 1, *filter(None, [MEMBERS.get(column)])))
            for row, column, _cell, message, *_rest in waiting.report["problems"]
        )
        raise all_wrong(wrong, found)
    keep(waiting, rows)
    start_import(waiting, seen=seen_of(waiting))
    return _job(Import.objects.get(pk=waiting.pk)).made()


def _python(member: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in member)


def _job(found: Import) -> UsersJob:
    return UsersJob(
        id=found.public_id,
        status=found.status,
        total=found.total,
        added=found.added,
        updated=found.updated,
        address=reverse("api:read_users_job", args=[found.public_id]),
    )

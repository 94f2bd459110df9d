"""Everything that is kept about one person, as a ZIP of JSON and the answers as files (for administrators)."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from candidates import audit
from candidates.models import (
    AuditEvent,
    Candidate,
    Contributor,
    ImportedRemoval,
    JoinRequest,
    ListMember,
    PermanentUserList,
    PreparedPerson,
    RosterEnrolment,
    RosterIdentity,
    Session,
    SsoIdentity,
    User,
)

ABOUT = (
    "What this installation keeps about one person. Times are UTC. account.json: the account. tests.json: the person's "
    "places on tests, those that a complete list took away, tests that the person asked to join by a code, and what is "
    "prepared for the person. answers/: what was written, with earlier versions. "
    "sessions.json: where the person is logged in. "
    "lists.json: lists that name or belong to the person. "
    "work.json: tests that the person works on. audit.jsonl: one line for each act by the person, and for each act on "
    "the person. Details of acts that concern others as well are left out. Passwords are kept nowhere in a form that "
    "could be given out."
)
Row = dict[str, Any]


class _Pipe:
    """A file that a ZIP is written into and read from piece by piece, so that it is never in memory as a whole."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: `take` returns the pieces."""

    def take(self) -> bytes:
        found = b"".join(self.pieces)
        self.pieces.clear()
        return found


def export_person(*, user: User, by: User) -> Iterator[bytes]:
    """Return the ZIP piece by piece, recorded before anything is read. Raises NotRecorded.

    The audit holds only the key of the account, since an erased person must not be named there.
    """
    audit.record(audit.Action.PERSON_EXPORTED, by=by, count=1, detail={"account": user.pk})
    return _zipped(_files(user))


def _zipped(files: Iterable[tuple[str, Iterable[str]]]) -> Iterator[bytes]:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # it only writes
        for name, parts in files:
            with archive.open(name, "w", force_zip64=True) as file:
                for part in parts:
                    file.write(part.encode("utf-8", "replace"))
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def _files(user: User) -> Iterator[tuple[str, Iterable[str]]]:
    yield "about.json", [_json({"about": ABOUT, "exported_at": timezone.now()})]
    yield "account.json", [_json(_account(user))]
    places = [_place(place) for place in _places(user).select_related("test", "location", "mark")]
    yield "tests.json", [_json([*places, *_removals(user), *_prepared(user), *_asked(user)])]
    written = _places(user).filter(submission__isnull=False).select_related("test")
    for number, place in enumerate(written.iterator(chunk_size=50), start=1):
        name = slugify(f"{place.test.name[:60]} {place.candidate_id[:40]}") or "answer"
        yield f"answers/{number:04d}-{name}.txt", [place.submission.answer]
        for version in place.submission.kept_versions.order_by("revision").iterator(chunk_size=1):
            yield f"answers/{number:04d}-{name}-revision-{version.revision}.txt", [version.answer]
    yield "sessions.json", [_json(_sessions(user))]
    yield "lists.json", [_json(_lists(user))]
    yield "work.json", [_json(_work(user))]
    yield "audit.jsonl", (_json(row, indent=None) + "\n" for row in _acts(user))


def _account(user: User) -> Row:
    columns = ("username", "kind", "name", "email", "is_active", "date_joined", "last_login")
    roles = ("is_planner", "is_invigilator", "is_grader", "is_administrator", "is_staff")
    known = getattr(user, "permanent_user", None)
    identities = SsoIdentity.objects.filter(user=user).values(
        "authentication_type", "sso_user_id", "subject", "pinned_issuer", "pinned_at", "refused_at"
    )
    return {
        **{column: getattr(user, column) for column in columns},
        "roles": [role.removeprefix("is_") for role in roles if getattr(user, role)],
        "permanent_user": known
        and {name: getattr(known, name) for name in ("first_name", "last_name", "external_id", "let_in_at")},
        "institutions": list(identities),
        "student_systems": list(
            RosterIdentity.objects.filter(user=user).values("authentication_type", "claim", "login", "bound_at")
        ),
    }


def _places(user: User) -> Any:
    places = Candidate.objects.filter(Q(user=user) | Q(one_time_login=user))
    return places.defer("test__questions", "test__information").order_by("pk")


def _place(place: Candidate) -> Row:
    columns = (
        *("candidate_id", "kind", "authentication_type", "sso_user_id", "private_reference", "name", "seat"),
        *("extra_minutes", "incident_minutes", "slip_version", "slip_printed_version", "added_at"),
        *("logged_in_at", "last_seen_at", "started_at", "submitted_at"),
    )
    mark = getattr(place, "mark", None)
    brought = RosterEnrolment.objects.filter(candidate=place)
    marks = place.attendance_marks.order_by("at", "pk")
    return {
        "test": place.test.name,
        "opens_at": place.test.opens_at,
        "ends_at": place.test.ends_at,
        "answers_deleted_at": place.test.answers_deleted_at,
        **{column: getattr(place, column) for column in columns},
        "location": str(place.location) if place.location else "",
        "mark": mark and {"mark": mark.mark, "grade": mark.grade, "comment": mark.comment, "marked_at": mark.marked_at},
        "student_system": brought.values("source", "source_key", "told", "accommodations", "withdrawn_at").first(),
        "in_the_hall": list(marks.values("about", "value", "text", "is_correction", "at")),
    }


def _removals(user: User) -> Iterator[Row]:
    """Yield the places that complete lists took away, which are kept so that it can be undone."""
    columns = (
        *("candidate_id", "kind", "authentication_type", "sso_user_id", "private_reference", "name", "seat"),
        *("extra_minutes", "incident_minutes", "added_at"),
    )
    gone = ImportedRemoval.objects.filter(user=user).select_related("source", "source__test", "location")
    for one in gone.defer("source__test__questions", "source__test__information").order_by("pk"):
        yield {
            "test": one.source.required_test.name,
            **{column: getattr(one, column) for column in columns},
            "location": str(one.location) if one.location else "",
            "removed_at": one.source.finished_at,
        }


def _prepared(user: User) -> Iterator[Row]:
    """Yield what is prepared for the person on tests that are joined by a code."""
    columns = (
        *("candidate_id", "authentication_type", "person", "private_reference", "name", "seat", "extra_minutes"),
        *("added_at", "joined_at", "missed", "before"),
    )
    found = PreparedPerson.objects.of_person(user).select_related("test", "location")
    for one in found.defer("test__questions", "test__information").order_by("pk"):
        yield {
            "test": one.test.name,
            "prepared": True,
            **{column: getattr(one, column) for column in columns},
            "location": str(one.location) if one.location else "",
        }


def _asked(user: User) -> Iterator[Row]:
    """Yield which tests the person asked to join by a code, and what became of it."""
    found = JoinRequest.objects.filter(user=user).select_related("test").order_by("pk")
    for one in found.defer("test__questions", "test__information"):
        columns = ("state", "asked_at", "decided_at", "sentence")
        yield {"test": one.test.name, "asked_to_join": True, **{column: getattr(one, column) for column in columns}}


def _sessions(user: User) -> list[Row]:
    """Return where the person is logged in, without the key that a cookie holds."""
    slips = _places(user).filter(one_time_login__isnull=False).order_by().values("one_time_login")
    mine = Session.objects.filter(Q(user=user) | Q(user__in=slips)).order_by("logged_in_at")
    return [dict(row) for row in mine.values("logged_in_at", "last_used_at", "address", "device")]


def _lists(user: User) -> Row:
    on = ListMember.objects.filter(person=user.pk).order_by("added_at")
    return {
        "named_on": list(on.values("list__name", "added_at")),
        "kept": list(PermanentUserList.objects.filter(owner=user).order_by("pk").values("name", "created_at")),
        "shared_with_the_person": list(user.list_shares.order_by("pk").values("list__name", "may_edit")),
    }


def _work(user: User) -> list[Row]:
    mine = Contributor.objects.filter(user=user).order_by("added_at")
    return [dict(row) for row in mine.values("test__name", "role", "location__building", "location__room", "added_at")]


def _acts(user: User) -> Iterator[Row]:
    """Yield the acts by the person, also with a one-time login that stood in for SSO, and those on the person."""
    slips = _places(user).filter(one_time_login__isnull=False).order_by().values("one_time_login")
    own = AuditEvent.objects.filter(Q(actor=user) | Q(actor__in=slips)).order_by("pk")
    for event in own.iterator(chunk_size=500):
        yield _act(event, "by")
    for place in _places(user).only("public_id", "test"):
        on_test = AuditEvent.objects.filter(test=place.test_id).exclude(detail={}).order_by("pk")
        for event in on_test.iterator(chunk_size=500):
            if place.public_id in json.dumps(event.detail):
                yield _act(event, "on", detail=event.count == 1)
    named = Q(detail__account=user.username) if user.kind == User.Kind.STAFF else Q(pk__in=[])
    if known := getattr(user, "permanent_user", None):
        named |= Q(detail__user=known.public_id)
    actions = (audit.Action.ACCOUNT_CHANGED, audit.Action.PERMANENT_USER_CHANGED)
    for event in AuditEvent.objects.filter(named, action__in=actions).order_by("pk").iterator(chunk_size=500):
        yield _act(event, "on", detail=True)


def _act(event: AuditEvent, how: str, *, detail: bool = False) -> Row:
    row: Row = {"at": event.at, "act": event.action, "outcome": event.outcome, "how": how, "test": event.test_name}
    if how == "by":
        row["address"] = event.address
    return row | ({"detail": event.detail} if detail else {})


def _json(value: Any, *, indent: int | None = 1) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

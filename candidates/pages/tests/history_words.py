"""What happened on a test, in sentences: one for each act of the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from candidates.intake.joining import BY_CODE, FROM_WAITING_LIST, LET_IN
from candidates.intake.other_test import FROM_TEST
from candidates.models import AttendanceMark, AuditEvent, Contributor, IdCheck, Presence, RetentionKind
from candidates.pages.tests.history_book import Book, whom_of
from candidates.pages.tests.history_changes import changed_candidate, changed_scale, changed_test
from candidates.text import minutes_words, plural

Action = AuditEvent.Action


def sentence(event: AuditEvent, book: Book) -> str:
    """Return what happened, with whom it concerned."""
    known = {one.value for one in Action}
    write = _SENTENCES.get(Action(event.action)) if event.action in known else None
    whom = whom_of(event, book)
    if isinstance(write, Promise):
        said = str(write) % {"whom": whom, "rows": _rows(event)}
    else:
        said = write(event, whom) if write else str(event.get_action_display())
    said = capfirst(said)
    if elsewhere := event.detail.get("elsewhere"):
        said = _("%(said)s (done from %(where)s)") % {"said": said, "where": elsewhere}
    if event.outcome == AuditEvent.Outcome.REFUSED and event.action != Action.ACCESS_REFUSED:
        return _("Refused: %(said)s%(why)s") % {"said": _lower(said), "why": _why(event)}
    return said


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _why(event: AuditEvent) -> str:
    reason = str(event.detail.get("reason", ""))
    known = {
        "no_access": _("no permission for it"),
        "not_activated": _("the test is not activated"),
        "nobody": _("none of those chosen has any"),
        "not_for_invigilators": _("not open to invigilators"),
        "outside_window": _("outside the time for invigilators"),
        "changed": _("the candidate was moved or removed"),
    }
    return f" ({known.get(reason, reason.replace('_', ' '))})" if reason else ""


Write: TypeAlias = Callable[[AuditEvent, str], str]


def _added(event: AuditEvent, whom: str) -> str:
    said = {"whom": ngettext("%(n)d candidate", "%(n)d candidates", event.count) % {"n": event.count}}
    source = str(event.detail.get("source", ""))
    if source.startswith(FROM_TEST):
        return _("Added %(whom)s from the test “%(name)s”") % {**said, "name": source.removeprefix(FROM_TEST)}
    if source == BY_CODE:
        return _("Joined by test code")
    if source == LET_IN:
        return _("Let in %(whom)s who had asked to join") % said
    if source == FROM_WAITING_LIST:
        return _("Added %(whom)s from the waiting list, in order") % said
    return _("Added %(whom)s") % said


def _roster(words: Any) -> Write:
    return lambda event, whom: str(words) % {"title": event.detail.get("title", "")}


def _prepared(said: Callable[[int], str]) -> Write:
    return lambda event, whom: said(event.count) % {"n": event.count}


def _undone(event: AuditEvent, whom: str) -> str:
    if "prepared" in event.detail:
        return _("Undid a list of prepared people: %(n)d removed or restored") % {"n": event.count}
    return _("Undid an import: %(whom)s removed or restored") % {"whom": whom}


def _minutes(text: Promise) -> Write:
    def write(event: AuditEvent, whom: str) -> str:
        detail = event.detail
        said = {"whom": whom, "change": _change_of(detail)}
        reason = str(detail.get("reason", ""))
        return str(text) % said + (f". {_('Reason')}: {reason}" if reason else "")

    return write


def _change_of(detail: Mapping[str, Any]) -> str:
    minutes = detail.get("minutes")
    if not isinstance(minutes, int):
        return ""
    how = {"add": "+%s", "subtract": "−%s", "set": "%s"}.get(str(detail.get("how")), "%s")
    return how % minutes_words(abs(minutes)) if minutes else _("none")


def _location(event: AuditEvent, whom: str) -> str:
    place = f"{event.detail.get('building', '')} {event.detail.get('room', '')}".strip()
    if not place:
        return _("Removed the location of %(whom)s") % {"whom": whom}
    return _("Moved %(whom)s to %(place)s") % {"whom": whom, "place": place}


def _contributor(text: Promise) -> Write:
    def write(event: AuditEvent, whom: str) -> str:
        detail = event.detail
        role = str(detail.get("role", ""))
        label = str(Contributor.Role(role).label) if role in Contributor.Role.values else role
        place = f", {detail['location']}" if detail.get("location") else ""
        return str(text) % {"name": detail.get("user", ""), "role": label + place}

    return write


def _mark(event: AuditEvent, whom: str) -> str:
    detail = event.detail
    mark, was = detail.get("mark"), detail.get("was")
    said = {"whom": whom, "mark": mark, "was": was}
    if mark is None and was is None:
        return _("Commented on the answer of %(whom)s") % said
    if mark is None:
        text = _("Removed the mark %(was)s of %(whom)s") % said
    elif was is None:
        return _("Marked %(whom)s: %(mark)s") % said
    elif was == mark:
        text = _("Changed the comment for %(whom)s, mark %(mark)s") % said
    else:
        text = _("Changed the mark of %(whom)s from %(was)s to %(mark)s") % said
    return text + (", " + _("which was another grader’s") if detail.get("of_another") else "")


def _marked_at_the_door(event: AuditEvent, whom: str) -> str:
    marks = event.detail.get("marks", [])
    if len(marks) == 1:
        _public_id, about, value = marks[0]
        return _("Marked %(whom)s: %(what)s") % {"whom": whom, "what": mark_words(about, value)}
    number = ngettext("%(n)d mark at the door", "%(n)d marks at the door", event.count) % {"n": event.count}
    named = len(event.detail.get("candidates", []))
    people = ngettext("%(n)d candidate", "%(n)d candidates", named) % {"n": named}
    return _("Made %(marks)s, of %(people)s") % {"marks": number, "people": people}


def _corrected(event: AuditEvent, whom: str) -> str:
    what = ", ".join(mark_words(*one) for one in event.detail.get("marks", []))
    return _("Corrected %(whom)s: %(what)s") % {"whom": whom, "what": what}


def mark_words(about: str, value: str) -> str:
    """Return a mark in the words of a sentence: "attendance present", "a note"."""
    if about == AttendanceMark.About.NOTE:
        return _("a note")
    kinds: dict[str, tuple[str, type[Presence | IdCheck]]] = {
        AttendanceMark.About.PRESENCE: (_("attendance"), Presence),
        AttendanceMark.About.ID_CHECK: (_("ID check"), IdCheck),
    }
    title, choices = kinds.get(about, (about, Presence))
    label = str(choices(value).label) if value in choices.values else value
    return f"{title} {_lower(label)}"


def _list_downloaded(event: AuditEvent, whom: str) -> str:
    # as these downloads were recorded before they had acts of their own
    text = {"marks": _("Downloaded the marks, %(rows)s"), "monitor": _("Downloaded Monitor, %(rows)s")}.get(
        str(event.detail.get("list", "")), _("Downloaded the list of candidates, %(rows)s")
    )
    return text % {"rows": _rows(event)}


def _rows(event: AuditEvent) -> str:
    return ngettext("%(n)d row", "%(n)d rows", event.count) % {"n": event.count}


def _aged_out(event: AuditEvent, whom: str) -> str:
    kind = str(event.detail.get("kind", ""))
    what = str(RetentionKind(kind).label) if kind in RetentionKind.values else kind
    return _("Deleted what is no longer kept: %(what)s (%(n)d)") % {"what": what, "n": event.count}


def _refused_page(event: AuditEvent, whom: str) -> str:
    page = str(event.detail.get("page", "")).replace("-", " ")
    return _("Was refused a page of this test: %(page)s") % {"page": page}


_SENTENCES: dict[AuditEvent.Action, Promise | Write] = {
    Action.LOGIN: lambda event, whom: (
        _("Logged in with %(device)s") % {"device": event.detail["device"]}
        if event.detail.get("device")
        else _("Logged in")
    ),
    Action.LOGOUT: gettext_lazy("Logged out"),
    Action.TEST_CREATED: lambda event, whom: (
        _("Created the test as a copy of “%(name)s”") % {"name": event.detail["copied_from"]}
        if event.detail.get("copied_from")
        else _("Created the test")
    ),
    Action.TEST_CHANGED: changed_test,
    Action.QUESTIONS_CHANGED: gettext_lazy("Changed the questions of the activated test"),
    Action.TEST_ARCHIVED: gettext_lazy("Archived the test"),
    Action.TEST_RESTORED: gettext_lazy("Took the test out of the archive"),
    Action.AGED_OUT: _aged_out,
    Action.ONE_TIME_USER_ERASED: gettext_lazy("Erased a one-time user: Candidate ID, answer and mark stay"),
    Action.PERSON_FOUND: gettext_lazy("Looked up who %(whom)s is"),
    Action.VERSION_READ: gettext_lazy("Read an earlier version of the answer of %(whom)s"),
    Action.VERSION_RESTORED: gettext_lazy("Put back an earlier version of the answer of %(whom)s"),
    Action.CONTRIBUTOR_ADDED: _contributor(gettext_lazy("Added %(name)s as %(role)s")),
    Action.CONTRIBUTOR_REMOVED: _contributor(gettext_lazy("Removed %(name)s as %(role)s")),
    Action.ACTIVATED: lambda event, whom: (
        _("Activated the test; %(whom)s got login details") % {"whom": whom} if event.count else _("Activated the test")
    ),
    Action.DEACTIVATED: gettext_lazy("Deactivated the test"),
    Action.JOINING_CHANGED: lambda event, whom: (
        _("Changed how candidates join: by test code")
        if event.detail.get("after")
        else _("Changed how candidates join: planners add them")
    ),
    Action.TEST_CODE_MADE: lambda event, whom: (
        _("Replaced the test code") if event.detail.get("replaced") else _("Made the test code")
    ),
    Action.JOIN_ASKED: lambda event, whom: (
        _("Asked to join by test code, and is on the waiting list")
        if event.detail.get("full")
        else _("Asked to join by test code")
    ),
    Action.JOIN_WITHDRAWN: gettext_lazy("Took back the wish to join"),
    Action.JOIN_REFUSED: lambda event, whom: (
        ngettext("Refused %(n)d who had asked to join", "Refused %(n)d who had asked to join", event.count)
        % {"n": event.count}
    ),
    Action.JOIN_QUEUED: lambda event, whom: (
        ngettext("Put %(n)d on the waiting list", "Put %(n)d on the waiting list", event.count) % {"n": event.count}
    ),
    Action.CANDIDATES_ADDED: _added,
    Action.CANDIDATES_REMOVED: gettext_lazy("Removed %(whom)s"),
    Action.CANDIDATES_UPDATED: gettext_lazy("Updated %(whom)s from a list"),
    Action.IMPORT_UNDONE: _undone,
    Action.PREPARED_ADDED: _prepared(
        lambda n: ngettext("Prepared %(n)d person for joining", "Prepared %(n)d people for joining", n)
    ),
    Action.PREPARED_CHANGED: _prepared(
        lambda n: ngettext("Changed what is prepared for %(n)d person", "Changed what is prepared for %(n)d people", n)
    ),
    Action.PREPARED_REMOVED: _prepared(
        lambda n: ngettext(
            "Removed what was prepared for %(n)d person", "Removed what was prepared for %(n)d people", n
        )
    ),
    Action.PREPARED_MISSED: _prepared(
        lambda n: ngettext(
            "%(n)d person joined, whose prepared Candidate ID or seat somebody else had",
            "%(n)d people joined, whose prepared Candidate ID or seat somebody else had",
            n,
        )
    ),
    Action.ROSTER_CONNECTED: _roster(gettext_lazy("Connected the test with %(title)s in a student system")),
    Action.ROSTER_DISCONNECTED: _roster(gettext_lazy("Disconnected the test from %(title)s in a student system")),
    Action.ROSTER_CHANGED: gettext_lazy("Changed what is applied by itself from the student system"),
    Action.ROSTER_LOOKED: lambda event, whom: (
        ngettext(
            "Looked at the student system: %(n)d is registered",
            "Looked at the student system: %(n)d are registered",
            event.count,
        )
        % {"n": event.count}
    ),
    Action.LIST_FORMAT_REMEMBERED: lambda event, whom: (
        _("Remembered what columns are read as: %(name)s") % {"name": event.detail.get("name", "")}
    ),
    Action.WRONG_ROWS_DOWNLOADED: gettext_lazy("Downloaded the rows of a list that have problems, %(rows)s"),
    Action.CANDIDATE_CHANGED: changed_candidate,
    Action.EXTRA_TIME_CHANGED: _minutes(gettext_lazy("Changed the extra time of %(whom)s: %(change)s")),
    Action.INCIDENT_TIME_CHANGED: _minutes(gettext_lazy("Changed the incident time of %(whom)s: %(change)s")),
    Action.LOCATION_CHANGED: _location,
    Action.CANDIDATES_SPREAD: lambda event, whom: (
        _("Spread %(whom)s over %(rooms)s") % {"whom": whom, "rooms": plural(event.detail.get("rooms", 0), "room")}
    ),
    Action.SPREAD_UNDONE: gettext_lazy("Undid a spreading over rooms: %(whom)s went back"),
    Action.SEAT_GIVEN: lambda event, whom: (
        _("Gave %(whom)s seat %(seat)s in %(room)s")
        % {"whom": whom, "seat": event.detail.get("seat", ""), "room": event.detail.get("room", "")}
    ),
    Action.SLIPS_OUT_OF_DATE: gettext_lazy("Marked printed slips as out of date: %(whom)s"),
    Action.ONE_TIME_LOGINS_GIVEN: gettext_lazy("Gave one-time logins to %(whom)s"),
    Action.ONE_TIME_LOGINS_TAKEN_BACK: gettext_lazy("Took back the one-time logins of %(whom)s"),
    Action.ATTENDANCE_MARKED: _marked_at_the_door,
    Action.ATTENDANCE_CORRECTED: _corrected,
    Action.SPARE_GIVEN: gettext_lazy("Gave a spare login to somebody: %(whom)s"),
    Action.SPARE_TAKEN_BACK: gettext_lazy("Took a spare login back: %(whom)s"),
    Action.SPARE_JOINED: lambda event, whom: (
        _("Joined the spare login %(spare)s with %(whom)s")
        % {"spare": (event.detail.get("spare") or ["", ""])[-1], "whom": whom}
    ),
    Action.KEY_LIST_SHOWN: gettext_lazy("Opened the key list: %(whom)s"),
    Action.PAPERS_MADE: gettext_lazy("Made papers for the hall"),
    Action.VOID_TAKEN_OUT: gettext_lazy("Noted that void slips are out of their piles: %(whom)s"),
    Action.KEY_LIST_CSV: gettext_lazy("Downloaded the key list: %(whom)s"),
    Action.DETAILS_LISTED: gettext_lazy("Opened login details as a list: %(whom)s"),
    Action.DETAILS_PRINTED: gettext_lazy("Printed login details: %(whom)s"),
    Action.DETAILS_CSV: gettext_lazy("Downloaded login details as CSV: %(whom)s"),
    Action.DETAILS_PDF: gettext_lazy("Downloaded login details as PDF: %(whom)s"),
    Action.DETAILS_REVEALED: gettext_lazy("Opened the login details of %(whom)s"),
    Action.PASSWORD_RENEWED: gettext_lazy("Gave a new password to %(whom)s"),
    Action.DETAILS_PURGED: gettext_lazy("Deleted the readable passwords of %(whom)s"),
    Action.KEYS_ROTATED: gettext_lazy("Put the login details under a new key"),
    Action.LIST_DOWNLOADED: _list_downloaded,
    Action.MONITOR_DOWNLOADED: gettext_lazy("Downloaded Monitor, %(rows)s"),
    Action.MARKS_DOWNLOADED: gettext_lazy("Downloaded the marks, %(rows)s"),
    Action.HISTORY_DOWNLOADED: gettext_lazy("Downloaded the history, %(rows)s"),
    Action.REFERENCES_SEEN: gettext_lazy("Saw names or private references of candidates"),
    Action.ACCESS_REFUSED: _refused_page,
    Action.STARTED: gettext_lazy("Started the test"),
    Action.SUBMITTED: gettext_lazy("Submitted the test"),
    Action.ANSWER_READ: gettext_lazy("Read the answer of %(whom)s"),
    Action.MARKED: _mark,
    Action.RESULTS_DOWNLOADED: gettext_lazy("Downloaded the results, %(rows)s"),
    Action.SCALE_CHANGED: changed_scale,
}


def group_sentence(action: str, count: int) -> str:
    """Return what many did, or one did many times, on one day."""
    n = {"n": count}
    said = {
        Action.LOGIN: ngettext("%(n)d login of candidates", "%(n)d logins of candidates", count),
        Action.LOGOUT: ngettext("%(n)d log-out of candidates", "%(n)d log-outs of candidates", count),
        Action.STARTED: ngettext("%(n)d candidate started", "%(n)d candidates started", count),
        Action.SUBMITTED: ngettext("%(n)d candidate submitted", "%(n)d candidates submitted", count),
        Action.ATTENDANCE_MARKED: ngettext(
            "Made marks at the door %(n)d time", "Made marks at the door %(n)d times", count
        ),
        Action.ANSWER_READ: ngettext("Read %(n)d answer", "Read %(n)d answers", count),
        Action.MARKED: ngettext("Gave or changed %(n)d mark", "Gave or changed %(n)d marks", count),
    }
    return said[Action(action)] % n


def listed(names: Sequence[str]) -> str:
    """Return Candidate IDs for one cell of a file."""
    return ", ".join(names)

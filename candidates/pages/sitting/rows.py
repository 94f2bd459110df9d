"""What the page of a test shows to its candidate: the clock, and the receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from candidates.lifecycle.sitting import answer_of, checksum, digest_of, word_count
from candidates.models import Candidate, Session
from candidates.pages.shared.own_place import extra_words, moment
from candidates.text import (
    clock,
    day,
    plural,
    zone,
)
from candidates.timing import Stage, Standing, end_of, handed_in_at, own_id, stage_of, standing_of


@dataclass(frozen=True, slots=True)
class Clock:
    """The time left as the page counts it down: the server's, in milliseconds, and the words for the end."""

    standing: Standing
    submitted: bool  # by the candidate; the standing is the same where the clock handed in
    left_ms: int
    ends: str
    extra: str

    def as_json(self) -> dict[str, object]:
        """Return it for the page's script."""
        return {
            "standing": str(self.standing),
            "submitted": self.submitted,
            "left_ms": self.left_ms,
            "ends": self.ends,
            "extra": self.extra,
        }


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was handed in, and when (UTC). The questions are there once nobody sits the test any more."""

    handed_in_at: datetime
    by_clock: bool
    saved_at: datetime | None
    answer: str
    words: int
    checksum: str
    questions: str


def clock_of(candidate: Candidate, *, now: datetime) -> Clock:
    """Return the clock of one candidate at this moment."""
    end = end_of(candidate, candidate.test)
    extra = extra_words(candidate)
    return Clock(
        standing=standing_of(candidate, candidate.test, now=now),
        submitted=candidate.submitted_at is not None,
        left_ms=max(0, -((now - end) // timedelta(milliseconds=1))),
        ends=_("ends %(when)s %(zone)s") % {"when": moment(end, now), "zone": zone()},
        extra=_("with your %s") % extra if extra else "",
    )


def receipt_of(candidate: Candidate, *, now: datetime) -> Receipt | None:
    """Return the receipt, None where nothing was handed in.

    The questions come back only when the last candidate has finished: who leaves early cannot read them out.
    """
    at = handed_in_at(candidate, candidate.test, now=now)
    if at is None:
        return None
    saved = answer_of(candidate)
    return Receipt(
        handed_in_at=at,
        by_clock=candidate.submitted_at is None,
        saved_at=saved.saved_at,
        answer=saved.answer,
        words=word_count(saved.answer),
        checksum=checksum(saved.digest or digest_of(saved.answer)),
        questions=candidate.test.questions if stage_of(candidate.test, now=now) == Stage.FINISHED else "",
    )


def receipt_facts(candidate: Candidate, receipt: Receipt) -> list[dict[str, str]]:
    """Return the receipt as facts: when, whose, how much, and what a copy of it can be compared by."""
    facts = [
        {
            "term": _("Handed in"),
            "value": f"{day(receipt.handed_in_at)}, {to_the_second(receipt.handed_in_at)}",
            "note": zone(),
        },
    ]
    if shown := own_id(candidate.candidate_id, candidate.test, now=timezone.now()):
        facts.append({"term": _("Candidate ID"), "value": shown})
    if candidate.test.answers_deleted_at is not None:
        return facts  # of an answer that is no longer kept nothing can be said
    return [
        *facts,
        {"term": _("Last saved"), "value": to_the_second(receipt.saved_at) or _("never")},
        {"term": _("Length"), "value": plural(receipt.words, "word")},
        {"term": _("Checksum"), "value": receipt.checksum},
    ]


def also_on(others: Sequence[Session]) -> str:
    """Return what a page says of the other devices on which its candidate is logged in, or nothing."""
    if not others:
        return ""
    places = [
        _("%(device)s since %(time)s") % {"device": one.device or _("unknown device"), "time": clock(one.logged_in_at)}
        for one in others
    ]
    words = _("You are logged in on another device as well: %(places)s. If that is not you, tell the invigilator.")
    return words % {"places": get_text_list(places, _("and"))}


def to_the_second(value: datetime | None) -> str:
    """Return "11:42:07" in the current zone, or nothing for None."""
    return dateformat.format(timezone.localtime(value), "H:i:s") if value else ""


def script_words() -> dict[str, str]:
    """Return the sentences that the page's script shows, translated."""
    return {
        "saved": _("Saved"),
        "notSaved": _("Not saved since {time}"),
        "retry": _("Keep writing and leave this page open. We try again every 5 seconds."),
        "loggedOut": _(
            "You are logged out. Leave this page open, log in again in another tab, and what you wrote is saved by "
            "itself; it is kept on this page until then."
        ),
        "stale": _(
            "Somebody logged in again in this browser. Leave this page open; if this stays, load the page again: "
            "what you wrote is kept."
        ),
        "staleNoCopy": _(
            "Somebody logged in again in this browser. Leave this page open; if this stays, copy what you wrote before "
            "you load the page again: this browser keeps no copy of it."
        ),
        "noCopy": _(
            "This browser keeps no copy of your text: do not close this page or load it again before it is saved."
        ),
        "other": _(
            "Somebody else is logged in in this browser now. Leave this page open, log in again as yourself in another "
            "tab, and what you wrote is saved by itself."
        ),
        "gone": _("The test is no longer open to you. Leave this page open and ask the invigilator."),
        "restoredByPlanner": _(
            "A planner of the test has put an earlier version of your answer back. What stands below is on this page "
            "only, and is not saved. Choose one version to go on with; the other one stays on this page for you to "
            "copy from."
        ),
        "restored": _("Text that was not saved yet is back on this page."),
        "left": _("{time} left"),
        "lastMinute": _("less than 1 min"),
        "hours": _("{hours} h"),
        "minutes": _("{minutes} min"),
        "oneWord": _("1 word."),
        "words": _("{n} words."),
        "room": _("Room for {n} more, of {most} characters."),
        "tooLong": _(
            "The answer is too long by {n}: {most} characters are possible. All of it is kept on this page. Shorten "
            "it, and it is saved again."
        ),
        "shortAgain": _("It is short enough again, and is saved in a moment."),
        "tooLarge": _(
            "The server does not take a text of this size. It is kept on this page. Shorten it, or ask the invigilator."
        ),
        "over": _("Your time is over. What was saved until {time} is handed in."),
        "overUnsaved": _(
            "Your time is over. What was saved until {time} is handed in. What you wrote after that has probably come "
            "too late: your submission shows what is handed in. All of it stays on this page for you to copy."
        ),
        "overOffline": _(
            "Your time is over. What was saved until {time} is handed in. This page cannot reach the server now, so it "
            "cannot ask whether you were given more time. Tell the invigilator."
        ),
        "leaving": _("Saving your answer before you are logged out."),
        "leaveUnsaved": _(
            "What you wrote after {time} could not be saved: it is on this page only. Logging out now throws it away. "
            "Stay on this page and ask the invigilator if you want to keep it."
        ),
        "submitted": _("The test was submitted from another window or device. Nothing more is taken from this page."),
    }

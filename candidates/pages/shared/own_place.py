"""What the Dashboard and the page of a test say to a candidate about the own place: when it opens and ends."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from candidates.models import Candidate
from candidates.text import clock, day, minutes_words, plural, until, when
from candidates.timing import Standing, end_of, own_id


def card_facts(place: Candidate, standing: Standing, now: datetime) -> list[dict[str, Any]]:
    """Return when the test opens and ends for this candidate, with the extra time in words, and the Candidate ID."""
    test = place.test
    opens_at, ends_at = test.window[0], end_of(place, test)
    extra = extra_words(place)
    at_the_latest = test.duration_minutes is not None and place.started_at is None  # D29
    facts: list[dict[str, Any]] = []
    if standing == Standing.IN_PROGRESS:
        facts += [
            {
                "term": _("Ends for you"),
                "value": moment(ends_at, now),
                "note": extra and _("with %(extra)s") % {"extra": extra},
            },
            {"term": _("Time left"), "value": minutes_words(ends_at - now)},
        ]
    else:
        same_day = day(opens_at) == day(ends_at)
        facts += [
            {
                "term": _("Opens") if standing == Standing.UPCOMING else _("Opened"),
                "value": when(opens_at),
                "note": until(opens_at, 1) if standing == Standing.UPCOMING else "",
            },
            {
                "term": _("Ends for you at the latest") if at_the_latest else _("Ends for you"),
                "value": clock(ends_at) if same_day else when(ends_at),
                "note": extra and _("with %(extra)s") % {"extra": extra},
            },
        ]
        if test.duration_minutes is not None:
            own = test.duration_minutes + place.extra_minutes + place.incident_minutes
            facts.append({"term": _("Your time from the start"), "value": minutes_words(own)})
    if shown := own_id(place.candidate_id, test, now=now):
        facts.append({"term": _("Candidate ID"), "value": shown})
    return facts


def extra_words(candidate: Candidate) -> str:
    """Return "30 minutes extra time" with planned and incident time together, or nothing."""
    minutes = candidate.extra_minutes + candidate.incident_minutes
    return _("%(minutes)s extra time") % {"minutes": plural(minutes, "minute")} if minutes else ""


def moment(value: datetime, now: datetime) -> str:
    """Return the clock time alone for today, else with its day."""
    return clock(value) if day(value) == day(now) else when(value)

"""Read exams and who is registered for them from Ladok."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.authentication_types import enabled_types
from candidates.rosters.source import Enrolment, Exam, ExamSearch, Hints, Snapshot, SourceError
from candidates.rosters.sources.ladok.connection import CALL_SECONDS, GONE, NOT_FOUND, OK, WHOLE_SECONDS, Conversation
from candidates.rosters.sources.ladok.exams import Place, read_exam
from candidates.rosters.sources.ladok.feed import read_hints
from candidates.rosters.sources.ladok.paging import RESULTS, Listing
from candidates.rosters.sources.ladok.records import STOCKHOLM, Record, read_json
from candidates.rosters.sources.ladok.support import Measures, measures_of

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

# The area of its address is not known, so any JSON will do.
SUPPORT = "application/vnd.ladok-pedagogisktstod+json, application/json;q=0.9"
EXAMS = "/resultat/aktivitetstillfalle"
CHANCES = "/resultat/aktivitetstillfallesmojlighet"
# Who is registered, with names where we may see them, and where we may not: which one answers is a matter of rights.
REGISTERED = (
    f"{CHANCES}/filtrera",
    f"{CHANCES}/filtrera/utananonymbehorighet",
    f"{CHANCES}/aktivitetstillfallesmojlighet/filtrera/utananonymbehorighet",
)
PAGE = 400
MAX_EXAMS_READ, MAX_EXAMS = 4000, 100
AHEAD = timedelta(days=183)  # where a search names no last day
KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")
# The only number of the person in Ladok is the Swedish identity number: read where the institution wants it alone.
PERSONNUMMER = "personnummer"
# How providers call the claim that holds the StudentUID, letters and figures alone.
CLAIMS = frozenset({"noredupersonlin", "urnoid13614124289014"})


class LadokSource:
    """Ladok as one institution sees it."""

    def __init__(
        self, setup: SourceSettings, *, call: float = CALL_SECONDS, whole: float = WHOLE_SECONDS, page: int = PAGE
    ) -> None:
        self._setup = setup
        self._call, self._whole, self._page = call, whole, page

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the exams that fit, at most 100, the next ones first."""
        first = search.first_day or timezone.localdate(timezone=STOCKHOLM)
        last = max(first, search.last_day or first + AHEAD)
        words = search.text.casefold().split()
        fitting = []
        # Whatever of a search is not understood there is looked at here.
        for exam in self._all_exams(f"{first.isoformat()}_{last.isoformat()}"):
            day = exam.opens.astimezone(STOCKHOLM).date() if exam.opens else None
            if day and not first <= day <= last:
                continue
            if not exam.is_cancelled and all(word in f"{exam.code} {exam.title}".casefold() for word in words):
                fitting.append(exam)
        fitting.sort(key=lambda exam: (exam.opens or datetime.max.replace(tzinfo=UTC), exam.code, exam.title))
        return fitting[:MAX_EXAMS]

    def _all_exams(self, period: str) -> Iterator[Exam]:
        """Yield the exams of some days, each once: here a list that moves between two pages does no harm."""
        talk = self._talk()
        seen: set[str] = set()
        for number in range(1, MAX_EXAMS_READ // self._page + 1):
            asked = {"datumperiod": period, "orderby": "DATUM_ASC", "page": str(number), "limit": str(self._page)}
            told = read_json(talk.get(f"{EXAMS}/filtrera", asked, accept=RESULTS).body, talk.label)
            total = told.count("TotaltAntalPoster")
            if total > MAX_EXAMS_READ:
                words = _("%(source)s has more than %(most)d exams on these days. Name fewer days.")
                raise SourceError(words % {"source": talk.label, "most": MAX_EXAMS_READ})
            listed = told.records("Resultat", needed=total > 0)
            for one in listed:
                exam, _places, _missing = read_exam(one)
                if exam.key not in seen:
                    seen.add(exam.key)
                    yield exam
            if not listed or len(seen) >= total:
                return

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody who is registered for an exam. A list that is not whole is a SourceError."""
        if not KEY.fullmatch(exam):
            raise self._gone()
        talk = self._talk()
        answer = talk.get(f"{EXAMS}/{exam}", accept=RESULTS, may_be=(NOT_FOUND, GONE))
        if answer.status != OK:
            raise self._gone()
        told = read_json(answer.body, talk.label)
        if told.text("Uid", needed=True) != exam:
            raise SourceError(_("%(source)s answered with another exam. Nothing is taken.") % self._named)
        found, places, missing = read_exam(told)
        parameters = {"aktivitetstillfalleUID": exam, "anmalda": "true", "orderby": "ANMALNINGSTID_ASC"}
        no_right = _(
            "%(source)s does not let us see who is registered for this exam. An administrator has to ask for the right."
        )
        people = Listing(talk, REGISTERED, parameters, self._page, no_right % self._named).read()
        if "Anonymt" in missing:
            found = replace(found, is_anonymous=any(one.has("Anonymiseringskod") for one in people))
        measures, waiting = self._measures(talk, exam)
        enrolments = tuple(self._enrolments(people, found, places, measures))
        if len({one.key for one in enrolments}) != len(enrolments):
            words = _("%(source)s names somebody twice for this exam. Nothing is taken until it is put right there.")
            raise SourceError(words % self._named)
        return Snapshot(
            found,
            enrolments,
            tuple(self._notices(found, people, missing, measures, waiting=waiting)),
            tuple(self._doubts(found, people, missing)),
        )

    def hints(self, marker: str) -> Hints:
        """Return what the change feed tells since a marker."""
        return read_hints(self._talk(), marker)

    def check(self) -> str:
        """Ask for one exam, and return in a sentence what came back."""
        talk = self._talk()
        answer = talk.get(f"{EXAMS}/filtrera", {"page": "1", "limit": "1"}, accept=RESULTS)
        told = read_json(answer.body, talk.label)
        told.records("Resultat")
        total = told.count("TotaltAntalPoster")
        words = ngettext(
            "%(source)s answers, and shows us %(count)d exam.",
            "%(source)s answers, and shows us %(count)d exams.",
            total,
        )
        return words % {"source": talk.label, "count": total}

    def _talk(self) -> Conversation:
        return Conversation(self._setup, call=self._call, whole=self._whole)

    @property
    def _named(self) -> dict[str, str]:
        return {"source": self._setup["label"]}

    def _gone(self) -> SourceError:
        words = _("%(source)s no longer has this exam. Disconnect the test, or choose another exam.")
        return SourceError(words % self._named)

    def _measures(self, talk: Conversation, exam: str) -> tuple[Measures, bool]:
        """Return the support measures of an exam, and whether others wait for a decision; none without an address."""
        if not self._setup["support_url"]:
            return {}, False
        address = self._setup["support_url"].replace("{exam}", exam)
        no_right = _(
            "%(source)s does not let us see support measures. An administrator has to ask for the right, or to take "
            "their address out of the settings."
        )
        told = Listing(talk, (address,), {}, self._page, no_right % self._named, SUPPORT)
        return measures_of(told.read(), exam)

    def _enrolments(
        self, people: Iterable[Record], exam: Exam, places: Mapping[str, Place], measures: Measures
    ) -> Iterator[Enrolment]:
        knows_login = self._knows_login()
        wants_number = self._setup["student_number"].casefold() == PERSONNUMMER
        for told in people:
            student = told.record("Student")
            key = told.text("StudentUID") or student.text("Uid") or told.text("StudentUID", needed=True)
            if told.text("AktivitetstillfalleUID") not in ("", exam.key):
                raise SourceError(_("%(source)s sent people of another exam. Nothing is taken.") % self._named)
            place = places.get(told.text("AktivitetstillfallesalternativUID"))
            yield Enrolment(
                key=key,
                login=key if knows_login else "",
                candidate_id=told.text("Anonymiseringskod") if exam.is_anonymous else "",
                name=f"{student.text('Fornamn')} {student.text('Efternamn')}".strip(),
                student_number=student.text("Personnummer") if wants_number else "",
                accommodations=measures.get(key, ()),
                building=place.town if place and place.name else "",
                room=place.name if place else "",
                registered_at=told.record("Anmalan").instant("Anmalningstidpunkt"),
            )

    def _notices(
        self, exam: Exam, people: Sequence[Record], missing: Sequence[str], measures: Measures, *, waiting: bool
    ) -> Iterator[str]:
        if missing:
            words = _("%(source)s does not tell of this exam: %(fields)s.")
            yield words % {**self._named, "fields": ", ".join(missing)}
        if not self._knows_login():
            yield _("Nobody is found at the login: no setting says which claim holds the StudentUID (norEduPersonLIN).")
        if not exam.is_anonymous and any(one.has("Anonymiseringskod") for one in people):
            yield _("%(source)s gives codes for an exam that is not anonymous. They are not used.") % self._named
        if not self._setup["support_url"]:
            yield _("Extra time is not read from %(source)s.") % self._named
        if waiting:
            yield _("Support measures that nobody has decided about yet are not taken.")
        if measures.keys() - {one.text("StudentUID") or one.record("Student").text("Uid") for one in people}:
            yield _("Support measures of people who are not registered are not taken.")

    def _doubts(self, exam: Exam, people: Sequence[Record], missing: Sequence[str]) -> Iterator[str]:
        if not people:
            yield _("%(source)s says that nobody is registered.") % self._named
        if "Anonymt" in missing:
            yield _("%(source)s does not say whether this exam is anonymous.") % self._named
        if without := sum(not one.has("Anmalan") for one in people):
            words = ngettext(
                "%(source)s names %(count)d person without saying that they are registered.",
                "%(source)s names %(count)d people without saying that they are registered.",
                without,
            )
            yield words % {**self._named, "count": without}
        if exam.expected is not None and exam.expected != len(people):
            words = _("%(source)s says that %(expected)d are registered, and names %(count)d.")
            yield words % {**self._named, "expected": exam.expected, "count": len(people)}

    def _knows_login(self) -> bool:
        """Say whether the StudentUID is what people log in by: it is all that Ladok tells of them that lasts."""
        if self._setup["claim"]:
            return True
        sso = enabled_types().get(self._setup["authentication_type"])
        claim = sso.client.claim if sso and sso.client else ""
        return "".join(one for one in claim.casefold() if one.isalnum()) in CLAIMS

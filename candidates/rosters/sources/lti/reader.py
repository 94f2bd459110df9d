"""Read who takes a course of a learning platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.models import LtiCourse
from candidates.rosters.source import Enrolment, Exam, ExamSearch, Hints, Snapshot, SourceError, SourceRefused
from candidates.rosters.sources.lti.connection import CALL_SECONDS, WHOLE_SECONDS, Conversation
from candidates.rosters.sources.lti.members import GONE, Member, read_members
from candidates.signin.lti.keys import KeysUnusable, SigningKey, signing_keys
from candidates.signin.lti.platforms import Platform, platform_of
from candidates.signin.lti.roles import is_learner, is_staff, takes

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

PAGE = 500  # people asked for at once; platforms send what they like
MAX_EXAMS = 100


class LtiSource:
    """The courses of one learning platform from which a link has been opened."""

    def __init__(
        self, setup: SourceSettings, *, call: float = CALL_SECONDS, whole: float = WHOLE_SECONDS, page: int = PAGE
    ) -> None:
        self._setup, self._page = setup, page
        self._call, self._whole = call, whole
        self._named = {"source": setup["label"]}

    def exams(self, search: ExamSearch) -> Sequence[Exam]:
        """Return the courses that are known by launches and fit, the latest first; they have no days."""
        platform = self._platform()
        words = search.text.casefold().split()
        fitting = (
            one
            for one in self._courses(platform).order_by("-told_at", "pk")
            if all(word in f"{one.code} {one.title}".casefold() for word in words)
        )
        return [_exam_of(one) for one, _place in zip(fitting, range(MAX_EXAMS), strict=False)]

    def snapshot(self, exam: str) -> Snapshot:
        """Return everybody of a course. A list that is not whole is a SourceError."""
        platform = self._platform()
        course = self._courses(platform).filter(public_id=exam).first()
        if course is None:
            words = _("This course of %(source)s is not known any more. Open its link there once, and choose it again.")
            raise SourceError(words % self._named)
        talk = Conversation(self._setup, platform, self._signing_key(), self._call, self._whole)
        return _snapshot(course, read_members(talk, course, self._page), talk)

    def hints(self, marker: str) -> Hints | None:
        """Return None: a platform tells changes of one course, and only to who reads its list anyway."""
        return None

    def check(self) -> str:
        """Ask for a token, and return in a sentence what came back."""
        platform = self._platform()
        Conversation(self._setup, platform, self._signing_key(), self._call, self._whole).token()
        count = self._courses(platform).count()
        words = ngettext(
            "%(source)s takes our key and lets us read names and roles. %(count)d course is known.",
            "%(source)s takes our key and lets us read names and roles. %(count)d courses are known.",
            count,
        )
        return words % {**self._named, "count": count}

    def _courses(self, platform: Platform) -> QuerySet[LtiCourse]:
        deployments = platform.registration.deployments
        return LtiCourse.objects.filter(platform=platform.row, deployment_id__in=deployments)

    def _platform(self) -> Platform:
        platform = platform_of(self._setup["slug"])
        if platform is None:
            words = _("%(source)s is not registered yet. An administrator does that under “Student systems”.")
            raise SourceError(words % self._named)
        return platform

    def _signing_key(self) -> SigningKey:
        try:
            return signing_keys(self._setup["key"])[0]
        except KeysUnusable as problem:
            raise SourceRefused(str(problem)) from problem


def _exam_of(course: LtiCourse) -> Exam:
    """Return a course as an exam: no codes, no times, and so no end at which Candidate IDs are expected."""
    return Exam(key=course.public_id, title=str(course), code=course.code, is_anonymous=False)


def _snapshot(course: LtiCourse, members: Sequence[Member], talk: Conversation) -> Snapshot:
    enrolments = tuple(
        Enrolment(
            key=one.key,
            login=one.key,
            name=one.name,
            student_number=one.student_number,
            is_withdrawn=one.status in GONE,
        )
        for one in members
        if is_learner(one.roles)
    )
    both = sum(takes(one.roles) and is_staff(one.roles) for one in members)
    notices = []
    if both:
        words = ngettext(
            "%(count)d person both takes and teaches this course, and is no candidate.",
            "%(count)d people both take and teach this course, and are no candidates.",
            both,
        )
        notices.append(words % {"count": both})
    if unnamed := sum(not one.name for one in enrolments):
        words = ngettext(
            "%(source)s does not tell the name of %(count)d person. An administrator can allow it there.",
            "%(source)s does not tell the names of %(count)d people. An administrator can allow it there.",
            unnamed,
        )
        notices.append(words % {**talk.named, "count": unnamed})
    doubts = []
    if all(one.is_withdrawn for one in enrolments):
        doubts.append(_("%(source)s has nobody who takes this course.") % talk.named)
    return Snapshot(_exam_of(course), enrolments, tuple(notices), tuple(doubts))

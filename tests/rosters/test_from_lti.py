"""From a course of a learning platform to a test, and by its link to the Dashboard, by one id from end to end."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from candidates.models import LtiCourse, Test, User
from candidates.rosters.applying import apply
from candidates.rosters.connecting import connect, find_exams
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.source import ExamSearch
from candidates.signin.lti import platforms
from candidates.signin.lti.keys import signing_keys
from tests.factories import activated, open_now
from tests.support.lti_platform import (
    INSTRUCTOR,
    LearningPlatform,
    come_back,
    lti_source,
    member,
    private_pem,
    types_of,
)

pytestmark = pytest.mark.django_db


def apply_all(test: Test, planner: User) -> None:
    plan = latest_plan(test)
    assert plan is not None
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    apply(test=test, ticked=ticked, seen=plan.seen, by=planner, brake_confirmed=True)


def test_who_takes_a_course_joins_logs_in_by_its_link_and_leaves_with_it(
    exam: Test, planner: User, settings: Any, tmp_path: Path
) -> None:
    (key := tmp_path / "key.pem").write_text(private_pem("rsa-next"))
    settings.ROSTER_SOURCES = [source := lti_source(key=str(key))]
    settings.AUTHENTICATION_TYPES = types_of(source)
    platforms.forget_platforms()
    with LearningPlatform() as lms:
        lms.tool_keys = [one.public for one in signing_keys(str(key))]
        lms.members = [member(f"sub-{number}", name=f"Student {number}") for number in range(3)]
        lms.registered()
        teacher, student = Client(), Client()
        come_back(teacher, lms.form(lms.opened(teacher), "teacher", INSTRUCTOR))
        (course,) = find_exams("lms", ExamSearch("LAW101"))
        assert course.key == LtiCourse.objects.get().public_id
        connect(test=exam, source="lms", exam_key=course.key, by=planner)
        apply_all(exam, planner)
        found = exam.candidates.order_by("name").values_list("name", "sso_user_id", "authentication_type")
        assert list(found) == [(f"Student {number}", f"sub-{number}", "lms") for number in range(3)]

        del lms.members[2]
        lms.members[1]["status"] = "Inactive"
        look_now(test=exam, by=planner)
        apply_all(exam, planner)
        open_now(activated(Test.objects.get(pk=exam.pk), planner))
        assert come_back(student, lms.form(lms.opened(student), "sub-0"))["Location"] == "/dashboard/"
        for gone in ("sub-1", "sub-2"):
            browser = Client()
            refused = come_back(browser, lms.form(lms.opened(browser), gone))
            assert (refused.status_code, "No test here has a candidate" in refused.content.decode()) == (403, True)
    platforms.forget_platforms()

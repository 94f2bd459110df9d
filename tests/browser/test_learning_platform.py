"""A link of a learning platform in a real browser, which keeps our cookies from another site's form and frame."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from candidates.models import LtiPlatform, User
from candidates.signin.lti import platforms
from tests.factories import activated, make_staff, make_test, open_now
from tests.signin.conftest import put_on
from tests.support.lti_platform import LearningPlatform, lti_source, types_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_link_leads_from_another_site_to_the_dashboard_also_out_of_a_frame(
    page_of: Callable[..., Page], live_server: Any, settings: Any, forgiven: list[str]
) -> None:
    forgiven.append("status of 403")
    settings.ROSTER_SOURCES = [source := lti_source(label="Canvas")]
    settings.AUTHENTICATION_TYPES = types_of(source)
    planner: User = make_staff("planner", is_planner=True)
    exam = make_test(planner=planner)
    put_on(exam, planner, ("lms", "sub-1"))
    open_now(activated(exam, planner))
    platforms.forget_platforms()
    with LearningPlatform() as lms:
        lms.tool = live_server.url
        lms.registered()
        # "localhost" is another site than 127.0.0.1, where we are
        elsewhere = lms.issuer.replace("127.0.0.1", "localhost")
        LtiPlatform.objects.update(authorization_url=f"{elsewhere}/authorization")
        page = page_of(None)
        page.goto(f"{elsewhere}/course")
        frame = page.frame_locator("iframe")
        with page.expect_popup() as opened:
            frame.get_by_role("link", name="Open the exam in a new window").click()
        window = opened.value
        window.wait_for_url("**/dashboard/")
        assert "Anna Berg" in window.locator("header.site").inner_text()
        window.get_by_role("button", name="Log out").click()
        window.close()

        page.get_by_role("link", name="Exam", exact=True).first.click()
        page.wait_for_url("**/dashboard/")
        assert "Anna Berg" in page.locator("header.site").inner_text()
        # over somebody who is logged in here already
        lms.visitor = "sub-of-nobody"
        page.goto(f"{elsewhere}/course")
        page.get_by_role("link", name="Exam", exact=True).first.click()
        page.get_by_text("In this browser Anna Berg is still logged in.").wait_for()
    platforms.forget_platforms()

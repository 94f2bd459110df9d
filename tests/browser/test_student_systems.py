"""A student system from its settings to the exam, with a first login and a morning on which it is dead."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from candidates.models import Candidate, Test
from candidates.rosters.source import SourceError
from candidates.signin.sso.providers import forget_all
from tests.factories import activated, make_staff, make_test, open_now
from tests.support.openid import Description, Person, start
from tests.support.roster_source import minutes, scripted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

LIN, EPPN = "3f2504e0-lin", "reidun.aas@havnes.example"


def test_a_student_system_from_its_settings_to_the_exam(
    page_of: Callable[..., Page], live_server: Any, settings: Any, forgiven: list[str]
) -> None:
    forgiven += ["status of 409", "status of 422"]
    planner, administrator = (
        make_staff("ingrid", "Ingrid Solheim", is_planner=True),
        make_staff("arne", "Arne Lund", is_administrator=True),
    )
    test = make_test(planner=planner, name="FIL1001 Logic")
    described = Description(
        name="Havnes Campus",
        client_id="deliver",
        client_secret="known to two",
        redirect_uris=[f"{live_server.url}/sso/campus/callback/"],
        post_logout_redirect_uris=[f"{live_server.url}/login/"],
        claim="eduPersonPrincipalName",
        claim_in="userinfo",
        people=[Person("reidun", "Reidun Aas", EPPN, LIN)],
    )
    with start(described) as provider, scripted(claim="norEduPersonLIN") as source:
        settings.AUTHENTICATION_TYPES = [_setup(provider)]
        forget_all()
        source.put("480200", "3001", login=LIN, name="Aas, Reidun", accommodations=minutes(45))
        source.put("480337", "3002", login="another-lin", name="Berg, Kari")
        _an_administrator_sets_it_up(page_of(administrator), live_server.url, settings)
        page = page_of(planner)
        _a_planner_connects_and_applies(page, live_server.url, test)
        _extra_time_is_overridden_and_given_back(page, live_server.url, test)
        open_now(activated(Test.objects.get(pk=test.pk), planner))
        source.fails = SourceError("It took longer than 20 seconds.")
        _a_morning_on_which_the_source_is_dead(page, live_server.url, test)
        _the_first_login_binds(page_of(None), live_server.url)
    forget_all()


def _setup(provider: Any) -> dict[str, Any]:
    return {
        "slug": "campus",
        "label": "Havnes Campus",
        "comparison": "fold",
        "issuer": provider.issuer,
        "client_id": "deliver",
        "client_secret": "known to two",
        "scopes": "openid profile",
        "claim": "eduPersonPrincipalName",
        "claim_prefix": "",
        "algorithm": "RS256",
        "prompt": "",
        "problems": [],
        "advice": [],
    }


def _an_administrator_sets_it_up(page: Page, server: str, settings: Any) -> None:
    """Read which lines the settings need, then which one is wrong, then whether the source answers."""
    whole = settings.ROSTER_SOURCES
    settings.ROSTER_SOURCES = []
    page.goto(f"{server}/administration/sources/")
    expect(page.get_by_text("ROSTER_SOURCES=uni").first).to_be_visible()
    settings.ROSTER_SOURCES = [{**whole[0], "problems": ["ROSTER_UNI_URL is not set."]}]
    page.reload()
    expect(page.get_by_text("ROSTER_UNI_URL is not set.")).to_be_visible()
    settings.ROSTER_SOURCES = whole
    page.reload()
    expect(page.get_by_text("Not asked yet")).to_be_visible()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_role("status")).to_contain_text("Havnes registry answers.")


def _a_planner_connects_and_applies(page: Page, server: str, test: Test) -> None:
    page.goto(f"{server}/deliver/tests/{test.public_id}/")
    page.get_by_role("link", name="Connect with a student system").click()
    page.get_by_label("Course code or name").fill("fil1001")
    page.get_by_role("button", name="Search exams").click()
    page.get_by_role("button", name=re.compile("^Connect")).click()
    expect(page.get_by_role("heading", name="2 changes from Havnes registry")).to_be_visible()
    assert not Candidate.objects.exists()
    page.get_by_role("checkbox", name="Add 3002").uncheck()
    expect(page.get_by_role("button", name="Apply 1 change")).to_be_visible()
    page.get_by_role("checkbox", name="Add 3002").check()
    page.get_by_role("button", name="Apply 2 changes").click()
    expect(page.get_by_role("status").first).to_contain_text("2 joined")
    assert Candidate.objects.filter(is_identity_pending=True).count() == 2


def _extra_time_is_overridden_and_given_back(page: Page, server: str, test: Test) -> None:
    reidun = Candidate.objects.get(candidate_id="3001")
    page.goto(f"{server}/deliver/tests/{test.public_id}/candidates/{reidun.public_id}/")
    page.get_by_label("Extra time").first.fill("60")
    page.get_by_role("button", name="Save").first.click()
    page.goto(f"{server}/deliver/tests/{test.public_id}/roster/")
    expect(page.get_by_text("yours is kept (60 min)")).to_be_visible()
    page.get_by_role("button", name="Take 45 min").click()
    expect(page.get_by_role("status").first).to_contain_text("student system’s value again")
    reidun.refresh_from_db()
    assert reidun.extra_minutes == 45


def _a_morning_on_which_the_source_is_dead(page: Page, server: str, test: Test) -> None:
    page.goto(f"{server}/deliver/tests/{test.public_id}/")
    page.get_by_role("button", name="Look now").click()
    expect(page.get_by_role("alert")).to_contain_text("It took longer than 20 seconds.")
    expect(page.get_by_text("The last good look was").first).to_be_visible()
    assert Candidate.objects.count() == 2


def _the_first_login_binds(page: Page, server: str) -> None:
    page.goto(f"{server}/login/")
    page.get_by_role("link", name="Log in with Havnes Campus").click()
    page.get_by_role("button", name=re.compile("^Reidun Aas")).click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    expect(page.get_by_text("FIL1001 Logic")).to_be_visible()
    reidun = Candidate.objects.get(candidate_id="3001")
    assert (reidun.is_identity_pending, reidun.sso_user_id) == (False, EPPN)
    assert Candidate.objects.get(candidate_id="3002").is_identity_pending

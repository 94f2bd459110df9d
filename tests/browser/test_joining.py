"""A test code on the projector, and thirty people who join by it: through an institution, and permanent users."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from candidates.intake.preparing import prepare
from candidates.lifecycle.joining import set_joining
from candidates.models import Candidate, Joining, JoinRequest, Test, User
from candidates.signin.sso.providers import forget_all
from tests.factories import make_permanent
from tests.support.joining import open_to_joiners, setup, sso_person
from tests.support.openid import Description, Person, Provider, start

pytestmark = pytest.mark.django_db(transaction=True)

KAJA, AYLIN, MATEO, SANNA, LATE = (
    Person(account, name, f"{account}@alpha.example")
    for account, name in (
        ("kaja.myhre", "Kaja Myhre"),
        ("aylin.demir", "Aylin Demir"),
        ("mateo.reyes", "Mateo Reyes"),
        ("sanna.heikkinen", "Sanna Heikkinen"),
        ("late.comer", "Late Comer"),
    )
)
SECRET = "known to two"
BY_SESSION = 27  # with Kaja and two who wait, thirty


@pytest.fixture
def provider(live_server: Any, settings: Settings) -> Iterator[Provider]:
    """The one institution of this installation, which knows the live server."""
    description = Description(
        name="Alpha University",
        client_id="deliver-joining",
        client_secret=SECRET,
        redirect_uris=[f"{live_server.url}/sso/alpha/callback/"],
        post_logout_redirect_uris=[f"{live_server.url}/login/"],
        claim="https://n.feide.no/claims/eduPersonPrincipalName",
        claim_in="userinfo",
        people=[KAJA, AYLIN, MATEO, SANNA, LATE],
    )
    with start(description) as running:
        settings.AUTHENTICATION_TYPES = [
            {
                **{"slug": "alpha", "label": "Alpha University", "comparison": "fold", "issuer": running.issuer},
                **{"client_id": description.client_id, "client_secret": SECRET, "scopes": "openid profile"},
                **{"claim": description.claim, "claim_prefix": "", "algorithm": "RS256", "prompt": ""},
                **{"problems": [], "advice": []},
            }
        ]
        forget_all()
        yield running
    forget_all()


def comes_with_the_link(page: Page, code: str, who: Person) -> None:
    """Open the address of the code, log in at the institution, and press the first button of the way."""
    page.goto(f"/join/{code}/")
    page.get_by_role("link", name="Log in with Alpha University").click()
    page.get_by_role("button", name=re.compile(f"^{re.escape(who.name)} \\(")).click()
    expect(page.get_by_role("textbox", name="Test code")).to_have_value(code)
    page.get_by_role("button", name="Continue").click()


def joins(page: Page, code: str, who: Person) -> None:
    comes_with_the_link(page, code, who)
    page.get_by_role("button", name="Join this test").click()


@pytest.mark.slow
def test_thirty_people_join_two_are_let_in_one_is_refused_and_one_comes_too_late(
    page_of: Any, client_of: Any, forgiven: list[str], provider: Provider, exam: Test, planner: User
) -> None:
    forgiven.append("status of 422")
    open_to_joiners(exam, planner, authentication_types=("alpha",))
    prepare(
        test=exam,
        slug="alpha",
        values={"sso_user_id": KAJA.sso_user_id, "extra_time": "30", "name": "Myhre, Kaja"},
        by=planner,
    )
    projector = page_of(planner)
    projector.goto(reverse("test-code-large", args=[exam.public_id]))
    shown = projector.locator(".testcode").inner_text().strip()
    code = re.sub("[^A-Z0-9]", "", shown)
    assert Joining.objects.get().code == code

    kaja = page_of(None)
    comes_with_the_link(kaja, code, KAJA)
    expect(kaja.get_by_role("heading", name=exam.name)).to_be_visible()
    expect(kaja.get_by_text("with 30 minutes extra time")).to_be_visible()
    assert not Candidate.objects.exists()
    kaja.get_by_role("button", name="Join this test").click()
    expect(kaja).to_have_url(re.compile("/dashboard/$"))
    expect(kaja.get_by_role("link", name=exam.name)).to_be_visible()
    expect(kaja.get_by_text("with 30 minutes extra time")).to_be_visible()

    people = [sso_person(f"person{number}", "alpha") for number in range(BY_SESSION - 10)]
    people += [make_permanent("Kari", f"Nr {number}", username=f"kari.{number}").user for number in range(10)]
    for one in people:
        browser: Client = client_of(one)
        answer = browser.post(reverse("join-now"), {"code": shown.lower()}, follow=True)
        assert exam.name in answer.text
    assert Candidate.objects.filter(test=exam).count() == BY_SESSION + 1

    set_joining(test=exam, setup=setup(authentication_types=("alpha",), approves_each=True), by=planner)
    waiting = {who: page_of(None) for who in (AYLIN, MATEO, SANNA)}
    for who, page in waiting.items():
        joins(page, code, who)
        expect(page.get_by_role("heading", name="You wait to be let in")).to_be_visible()
    desk = page_of(planner)
    desk.goto(reverse("test-code", args=[exam.public_id]))
    expect(desk.get_by_role("heading", name="3 wait to be let in")).to_be_visible()
    desk.get_by_role("button", name=re.compile("^Refuse Sanna Heikkinen|^Refuse sanna")).click()
    desk.get_by_role("textbox").fill("You are on the list of LIN1300.")
    desk.locator("main form button[type=submit]").first.click()
    expect(desk.get_by_role("heading", name="2 wait to be let in")).to_be_visible()
    desk.get_by_role("button", name="Approve all 2").click()
    expect(desk.get_by_role("heading", name=re.compile("wait to be let in"))).to_have_count(0)
    assert Candidate.objects.filter(test=exam).count() == 30
    # the open pages go on by themselves
    for who in (AYLIN, MATEO):
        expect(waiting[who]).to_have_url(re.compile("/dashboard/$"))
        expect(waiting[who].get_by_role("link", name=exam.name)).to_be_visible()
    expect(waiting[SANNA].get_by_role("heading", name="You were not let in")).to_be_visible()
    expect(waiting[SANNA].get_by_text("You are on the list of LIN1300.")).to_be_visible()

    late = page_of(None)
    late.goto(f"/join/{code}/")
    Joining.objects.update(works_until=timezone.now() + timedelta(seconds=30))
    late.get_by_role("link", name="Log in with Alpha University").click()
    late.get_by_role("button", name=re.compile("^Late Comer")).click()
    expect(late.get_by_role("textbox", name="Test code")).to_have_value(code)
    Joining.objects.update(works_until=timezone.now() - timedelta(seconds=1))
    late.get_by_role("button", name="Continue").click()
    expect(late.get_by_role("alert")).to_contain_text("No test can be joined with this code now.")
    assert Candidate.objects.filter(test=exam).count() == 30
    states = sorted(JoinRequest.objects.values_list("state", flat=True))
    assert states == ["joined"] * 30 + ["refused"]
    given = Candidate.objects.get(test=exam, sso_user_id=KAJA.sso_user_id)
    assert (given.extra_minutes, given.name) == (30, "Myhre, Kaja")
    assert sorted(Candidate.objects.values_list("candidate_id", flat=True)) == [f"{n:04}" for n in range(1, 31)]

"""Logging in through two real OpenID providers, in a real browser: who comes in, who does not, and who is next."""

import re
import signal
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from candidates.credentials.secrets import show_password
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.models import SsoIdentity, Test, User
from candidates.models.accounts import show_username
from candidates.signin.sso.providers import forget_all
from tests.factories import activated, make_test, open_now, password_of
from tests.support.openid import Description, Person, Provider, start

pytestmark = pytest.mark.django_db(transaction=True)

AGNES, HILDE = "agnes.thorsen@alpha.example", "7f3Qm-0417"
SECRET = "known to two"
NOT_IN = ("status of 403", "status of 400", "status of 503")  # what Chromium makes of pages that say why


class Institution(NamedTuple):
    """How an institution is set up here, and who has an account there."""

    label: str
    comparison: str
    claim: str
    claim_in: Any
    prompt: str
    people: list[Person]


INSTITUTIONS = {
    "alpha": Institution(
        "Alpha University",
        "fold",
        "https://n.feide.no/claims/eduPersonPrincipalName",
        "userinfo",
        "",
        [
            Person("agnes.thorsen", "Agnes Thorsen", AGNES),
            Person("birger.moen", "Birger Moen", "birger.moen@alpha.example"),
            Person("agnes.new", "Agnes Thorsen, new account", AGNES),
        ],
    ),
    "beta": Institution(
        "Beta College",
        "exact",
        "oid",
        "id_token",
        "login",
        [
            Person("hilde.vage", "Hilde Våge", HILDE),
            Person("agnes.berg", "Agnes Berg", AGNES),
            Person("hilde.lower", "Hilde, other case", HILDE.lower()),
        ],
    ),
}


def described(slug: str, address: str) -> Description:
    """Return the provider of an institution for a live server's address."""
    one = INSTITUTIONS[slug]
    return Description(
        name=one.label,
        client_id=f"deliver-{slug}",
        client_secret=SECRET,
        redirect_uris=[f"{address}/sso/{slug}/callback/"],
        post_logout_redirect_uris=[f"{address}/login/"],
        claim=one.claim,
        claim_in=one.claim_in,
        people=one.people,
    )


@pytest.fixture(scope="session")
def providers(live_server: Any) -> Iterator[dict[str, Provider]]:
    """Two providers that know the live server."""
    with start(described("alpha", live_server.url)) as alpha, start(described("beta", live_server.url)) as beta:
        yield {"alpha": alpha, "beta": beta}


@pytest.fixture
def let_in_through(settings: Settings) -> Iterator[Callable[[dict[str, Provider]], None]]:
    """Return a function that makes providers the installation's setups."""

    def use(running: dict[str, Provider]) -> None:
        settings.AUTHENTICATION_TYPES = [
            {
                "slug": slug,
                "label": INSTITUTIONS[slug].label,
                "comparison": INSTITUTIONS[slug].comparison,
                "issuer": provider.issuer,
                "client_id": provider.description.client_id,
                "client_secret": SECRET,
                "scopes": "openid profile",
                "claim": INSTITUTIONS[slug].claim,
                "claim_prefix": "",
                "algorithm": "RS256",
                "prompt": INSTITUTIONS[slug].prompt,
                "problems": [],
                "advice": [],
            }
            for slug, provider in running.items()
        ]
        forget_all()

    yield use
    forget_all()


@pytest.fixture
def tests(let_in_through, providers: dict[str, Provider], planner: User) -> list[Test]:
    """Three tests of Agnes, whom planners typed as they like; Hilde is on the first one too. Two are open."""
    let_in_through(providers)
    made = []
    for number, typed in enumerate((AGNES, AGNES.upper(), f"{AGNES.title()}"), 1):
        test = make_test(planner=planner, name=f"EXA100{number} Exam number {number}")
        rows = [CandidateRow(1, f"{number}001", 0, sso_user_id=typed, authentication_type="alpha")]
        if number == 1:
            rows += [CandidateRow(2, "1002", 0, sso_user_id=HILDE, authentication_type="beta")]
        add_candidates(test=test, rows=rows, by=planner, source="test")
        test.refresh_from_db()
        made.append(activated(test, planner))
    return [open_now(made[0]), open_now(made[1]), made[2]]


@pytest.fixture
def newcomer(page_of, forgiven: list[str]) -> Page:
    """The browser of somebody who is not logged in."""
    forgiven.extend(NOT_IN)
    page: Page = page_of(None)
    return page


def go_to_provider(page: Page, label: str, *, wanted: str = "/login/") -> None:
    """Press the button of an institution, and be asked there."""
    page.goto(wanted)
    page.get_by_role("link", name=f"Log in with {label}").click()
    expect(page.get_by_role("heading", name="Who logs in?")).to_be_visible()
    expect(page.get_by_text(label)).to_be_visible()


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)} \\(")).click()


def log_in(page: Page, label: str, name: str) -> None:
    go_to_provider(page, label)
    choose(page, name)


def expect_dashboard(page: Page) -> None:
    expect(page).to_have_url(re.compile("/dashboard/$"))


def expect_refusal(page: Page, sentence: str, *shown: str) -> None:
    """Expect the page that says why, without anybody logged in."""
    expect(page.get_by_role("heading", level=1, name="You are not logged in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    for text in shown:
        expect(page.get_by_text(text, exact=True)).to_be_visible()
    page.goto("/dashboard/")
    expect(page).to_have_url(re.compile("/login/"))


def accounts() -> set[tuple[str, bool]]:
    return set(User.objects.values_list("username", "is_active"))


@pytest.mark.story
def test_from_the_login_page_to_all_the_own_tests(newcomer: Page, tests: list[Test]) -> None:
    page = newcomer
    go_to_provider(page, "Alpha University")
    choose(page, "Agnes Thorsen")
    expect_dashboard(page)
    for number, test in enumerate(tests, 1):
        expect(page.get_by_text(test.name)).to_be_visible()
        expect(page.get_by_text(f"{number}001", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Start test")).to_have_count(2)
    page.get_by_role("button", name="Start test").first.click()
    expect(page.get_by_label("Your answer")).to_be_visible()


def test_who_logs_out_is_logged_out_there_too(newcomer: Page, tests: list[Test]) -> None:
    page = newcomer
    log_in(page, "Alpha University", "Agnes Thorsen")
    expect_dashboard(page)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log out of Alpha University").click()
    expect(page).to_have_url(re.compile("/login/$"))
    go_to_provider(page, "Alpha University")  # the next one at this machine is asked
    choose(page, "Birger Moen")
    expect_refusal(page, "No test here has a candidate with this SSO user ID", "birger.moen@alpha.example")


def test_a_setup_that_always_asks_asks_even_who_left_before_logging_out_there(
    newcomer: Page, tests: list[Test]
) -> None:
    page = newcomer
    log_in(page, "Beta College", "Hilde Våge")
    expect_dashboard(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log out of Beta College")).to_be_visible()  # and it is not pressed
    go_to_provider(page, "Beta College")
    choose(page, "Agnes Berg")
    expect_refusal(page, "No test here has a candidate with this SSO user ID", AGNES)


def test_whom_nobody_imported_is_told_so_and_gets_no_account_and_the_next_one_comes_in(
    newcomer: Page, tests: list[Test], axe
) -> None:
    before = accounts()
    for label, name, shown in (
        ("Alpha University", "Birger Moen", "birger.moen@alpha.example"),
        ("Beta College", "Agnes Berg", AGNES),  # imported, for the other institution
        ("Beta College", "Hilde, other case", HILDE.lower()),
    ):
        log_in(newcomer, label, name)
        expect(newcomer.get_by_role("alert")).to_contain_text(f"{label} knows you as {shown}")
        if label == "Alpha University":  # one page for all
            axe(newcomer)
        expect_refusal(newcomer, "No test here has a candidate with this SSO user ID", shown)
        assert accounts() == before
        assert not SsoIdentity.objects.filter(subject__isnull=False).exists()
    log_in(newcomer, "Beta College", "Hilde Våge")  # by the claim of an ID token
    expect_dashboard(newcomer)
    expect(newcomer.get_by_text("1002", exact=True)).to_be_visible()
    expect(newcomer.get_by_text(tests[1].name)).to_have_count(0)


def test_who_has_the_wrong_account_open_can_take_another_one(newcomer: Page, tests: list[Test]) -> None:
    page = newcomer
    log_in(page, "Alpha University", "Birger Moen")
    page.get_by_role("link", name="Log in with another account of Alpha University").click()
    choose(page, "Agnes Thorsen")
    expect_dashboard(page)


def test_two_tabs_at_two_providers_end_where_each_wanted(newcomer: Page, tests: list[Test]) -> None:
    first, second = newcomer, newcomer.context.new_page()
    go_to_provider(first, "Alpha University", wanted="/dashboard/archive/")
    go_to_provider(second, "Beta College", wanted=f"/test/{tests[0].public_id}/")
    choose(second, "Hilde Våge")
    expect(second).to_have_url(re.compile(f"/test/{tests[0].public_id}/$"))
    choose(first, "Agnes Thorsen")
    expect(first).to_have_url(re.compile("/dashboard/archive/$"))
    second.goto("/dashboard/")  # one browser, one session: the last one who logged in
    expect(second.get_by_text("1001", exact=True)).to_be_visible()
    expect(second.get_by_text("1002", exact=True)).to_have_count(0)


def test_another_account_with_the_same_sso_user_id_is_refused(page_of, newcomer: Page, tests: list[Test]) -> None:
    log_in(newcomer, "Alpha University", "Agnes Thorsen")
    expect_dashboard(newcomer)
    pinned = SsoIdentity.objects.get(authentication_type="alpha").subject
    other = page_of(None)
    log_in(other, "Alpha University", "Agnes Thorsen, new account")
    expect_refusal(other, "another account of Alpha University has logged in here with this SSO user ID", AGNES)
    assert SsoIdentity.objects.get(authentication_type="alpha").subject == pinned
    newcomer.reload()
    expect_dashboard(newcomer)  # who was first goes on


def test_a_deactivated_person_is_out_at_the_next_click(newcomer: Page, tests: list[Test]) -> None:
    page = newcomer
    log_in(page, "Alpha University", "Agnes Thorsen")
    expect_dashboard(page)
    User.objects.filter(sso_identities__authentication_type="alpha").update(is_active=False)
    page.get_by_role("link", name="Archive").first.click()
    expect(page.get_by_role("heading", name="Log in", exact=True)).to_be_visible()
    page.get_by_role("link", name="Log in with Alpha University").click()  # still logged in there
    expect_refusal(page, "You may not log in here at present")


@pytest.mark.parametrize("stop", ["gone", "silent"])
def test_a_provider_that_does_not_answer_stops_nobody_who_has_a_slip(
    newcomer: Page, let_in_through, live_server, candidate, stop: str
) -> None:
    page = newcomer
    with start(described("alpha", live_server.url)) as provider:
        let_in_through({"alpha": provider})
        page.goto("/login/")
        if stop == "gone":
            provider.stop()
        else:
            provider.process.send_signal(signal.SIGSTOP)
        try:
            page.get_by_role("link", name="Log in with Alpha University").click()
            expect(page.get_by_role("alert")).to_contain_text("Alpha University does not answer at the moment")
            expect_refusal(page, "ask the invigilator for a one-time login")
            page.goto("/login/")
            page.get_by_label("Username").fill(show_username(candidate.user.username))
            page.get_by_label("Password").fill(show_password(password_of(candidate)))
            page.get_by_role("button", name="Log in", exact=True).click()
            expect_dashboard(page)
        finally:
            provider.process.send_signal(signal.SIGCONT)

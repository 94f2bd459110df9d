"""Logging in by a link of a learning platform (LTI 1.3): the checks and refusals of the SSO login."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from candidates.models import AuditEvent, LtiCourse, LtiDeployment, LtiPlatform, Session, SsoIdentity, UsedLaunch, User
from candidates.signin.lti import launches, platforms
from candidates.signin.lti.launches import forget_used_launches
from tests.conftest import Clock
from tests.factories import activated, make_test, open_now
from tests.signin.conftest import Witness, logged_in_as, put_on
from tests.support.lti_platform import INSTRUCTOR, LEARNER, LearningPlatform, come_back, hidden, lti_source, types_of
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import LEFT_OUT, Signer, public_jwk, public_pem

pytestmark = pytest.mark.django_db
UNTRUSTED = "could not be verified"
AGAIN = "Start it again"
SUB = "Sub-Of-Anna"


@pytest.fixture(scope="session")
def _platform() -> Iterator[LearningPlatform]:
    with LearningPlatform() as running:
        yield running


@pytest.fixture
def lms(_platform: LearningPlatform, settings: Any, db: None) -> Iterator[LearningPlatform]:
    """A registered platform of the source lms."""
    _platform.reset()
    source = lti_source()
    settings.ROSTER_SOURCES, settings.AUTHENTICATION_TYPES = [source], types_of(source)
    platforms.forget_platforms()
    _platform.registered()
    yield _platform
    platforms.forget_platforms()
    _platform.reset()


@pytest.fixture
def anna(planner: User, lms: LearningPlatform) -> User:
    """Anna, whom the platform knows by an id of its own, on an exam that is open; she has never logged in."""
    exam = make_test(planner=planner)
    (anna,) = put_on(exam, planner, ("lms", SUB))
    open_now(activated(exam, planner))
    return anna


@pytest.fixture
def witness(planner: User, anna: User, lms: LearningPlatform, caplog: pytest.LogCaptureFixture) -> Witness:
    """A browser in which the planner is logged in, and everything that was stored before."""
    caplog.set_level(logging.DEBUG)
    scripted: Any = lms
    return Witness(planner, [scripted], caplog)


def test_who_is_on_a_test_is_logged_in_and_led_to_the_dashboard(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    response = come_back(client, lms.form(lms.opened(client), SUB, name="Anna Berg"))
    assert (response.status_code, response["Location"]) == (302, "/dashboard/")
    assert "Anna Berg" in client.get("/dashboard/").content.decode()
    assert logged_in_as(client) == str(anna.pk)
    identity = SsoIdentity.objects.get(user=anna)
    assert (identity.subject, identity.pinned_issuer) == (SUB, lms.issuer)
    assert AuditEvent.objects.filter(action=AuditEvent.Action.LOGIN, actor=anna, detail__sso="lms").exists()
    assert not [name for name in client.cookies if name.startswith("lti") and client.cookies[name].value]


def test_the_form_of_another_site_is_sent_again_from_here_before_anything_is_read(
    lms: LearningPlatform, anna: User
) -> None:
    """The browser keeps cookies from another site's form (SameSite=Lax), so that form alone logs nobody in."""
    client = Client()
    form = lms.form(lms.opened(client), SUB)
    first = client.post("/lti/lms/launch/", form)
    assert (first.status_code, logged_in_as(client)) == (200, None)
    assert hidden(first) == {**form, "again": "1"}
    assert "lti_again.js" in first.content.decode()
    assert lms.calls == {}


@pytest.mark.parametrize(
    ("changed", "signer"),
    [
        pytest.param({"iss": "https://other.example"}, None, id="another issuer"),
        pytest.param({"aud": "tool-8"}, None, id="another tool"),
        pytest.param({"aud": ["tool-7", "tool-8"], "azp": "tool-8"}, None, id="made for another of two tools"),
        pytest.param({"deployment_id": "deployment-2"}, None, id="another deployment"),
        pytest.param({"deployment_id": None}, None, id="no deployment"),
        pytest.param({"deployment_id": ["deployment-1"]}, None, id="a list of deployments"),
        pytest.param({"exp": 1_500_000_000}, None, id="expired"),
        pytest.param({"exp": "soon"}, None, id="an end that is no time"),
        pytest.param({"iat": 9_900_000_000}, None, id="from the future"),
        pytest.param({"nonce": "another"}, None, id="another nonce"),
        pytest.param({"nonce": None}, None, id="no nonce"),
        pytest.param({"version": "1.1"}, None, id="another version"),
        pytest.param({"message_type": "LtiDeepLinkingRequest"}, None, id="another message"),
        pytest.param({"sub": 7}, None, id="a number as a person"),
        pytest.param({"sub": ""}, None, id="nobody"),
        pytest.param({}, Signer(algorithm="none"), id="alg none"),
        pytest.param({}, Signer(algorithm="HS256", material=public_pem("rsa")), id="HS256 with the public key"),
        pytest.param({}, Signer("rsa-forged"), id="a key that the platform does not have"),
        pytest.param({}, Signer("ec", "ES256"), id="another family of keys"),
    ],
)
def test_a_token_that_was_not_made_for_this_launch_logs_nobody_in(
    changed: dict[str, Any], signer: Signer | None, lms: LearningPlatform, witness: Witness
) -> None:
    asked = lms.opened(witness.client)
    form = {"state": asked["state"], "id_token": lms.token(asked, SUB, signer=signer, **changed)}
    assert UNTRUSTED in witness.check(come_back(witness.client, form))
    assert AuditEvent.objects.filter(action=AuditEvent.Action.LOGIN_REFUSED, detail__sso="lms").exists()


def test_a_forged_signature_under_a_known_key_logs_nobody_in(lms: LearningPlatform, witness: Witness) -> None:
    asked = lms.opened(witness.client)
    good = lms.form(asked, SUB)["id_token"]
    forged = lms.token(asked, SUB, sub="somebody-else").split(".")[1].join([good.split(".")[0] + ".", "."])
    form = {"state": asked["state"], "id_token": forged + good.split(".")[2]}
    assert UNTRUSTED in witness.check(come_back(witness.client, form))


@pytest.mark.parametrize("token", ["", "a.b.c", "x" * 70_000, "\ud83d", "e30.e30.e30"])
def test_what_is_no_token_logs_nobody_in(token: str, lms: LearningPlatform, witness: Witness) -> None:
    asked = lms.opened(witness.client)
    text = token.encode(errors="replace").decode()
    witness.check(come_back(witness.client, {"state": asked["state"], "id_token": text}))


def test_a_platform_that_did_not_log_in_says_so(lms: LearningPlatform, witness: Witness) -> None:
    asked = lms.opened(witness.client)
    form = {"state": asked["state"], "error": "login_required"}
    assert "did not log you in" in witness.check(come_back(witness.client, form))


@pytest.mark.parametrize("state", ["", "made-up", "x" * 10_000, "‮\n"])
def test_a_state_that_was_not_given_changes_nothing(state: str, lms: LearningPlatform, witness: Witness) -> None:
    form = lms.form(lms.opened(witness.client), SUB)
    assert AGAIN in witness.check(come_back(witness.client, {**form, "state": state}), 400)


def test_a_launch_that_another_browser_began_logs_nobody_in_here(lms: LearningPlatform, witness: Witness) -> None:
    form = lms.form(lms.opened(Client()), SUB)
    assert AGAIN in witness.check(come_back(witness.client, form), 400)


def test_the_token_of_one_launch_does_not_fit_another_of_the_same_browser(
    lms: LearningPlatform, witness: Witness
) -> None:
    first, second = (lms.opened(witness.client) for _turn in range(2))
    form = {**lms.form(first, SUB), "state": second["state"]}
    assert UNTRUSTED in witness.check(come_back(witness.client, form))


def test_two_tabs_that_launch_at_the_same_moment_both_come_in(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    first, second = (lms.opened(client) for _turn in range(2))
    for asked in (first, second):
        assert come_back(client, lms.form(asked, SUB))["Location"] == "/dashboard/"


def test_a_state_is_good_for_ten_minutes(
    lms: LearningPlatform, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = lms.form(lms.opened(witness.client), SUB)
    monkeypatch.setattr(launches, "STATE_SECONDS", -1)
    assert AGAIN in witness.check(come_back(witness.client, form), 400)


def test_a_launch_logs_in_once(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    asked = lms.opened(client)
    form, cookies = lms.form(asked, SUB), dict(client.cookies.items())
    assert come_back(client, form).status_code == 302
    client.post("/logout/")
    client.cookies.update(cookies)
    replayed = come_back(client, form)
    assert (replayed.status_code, logged_in_as(client)) == (400, None)
    assert AGAIN in replayed.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_with_one_state_one_logs_in(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    form = {**lms.form(lms.opened(client), SUB), "again": "1"}
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    barrier = Barrier(4)

    def send(_number: int) -> int:
        browser = Client()
        browser.cookies.load(cookies)
        barrier.wait(30)
        try:
            return int(browser.post("/lti/lms/launch/", form).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [302, 400, 400, 400]
    assert UsedLaunch.objects.count() == Session.objects.filter(user=anna).count() == 1


def test_used_launches_are_forgotten_once_their_state_has_expired(
    lms: LearningPlatform, anna: User, clock: Clock
) -> None:
    client = Client()
    come_back(client, lms.form(lms.opened(client), SUB))
    assert forget_used_launches() == 0
    clock.move(minutes=21)
    assert forget_used_launches() == 1


def test_who_logs_in_over_somebody_else_gets_a_session_of_their_own(
    lms: LearningPlatform, witness: Witness, anna: User
) -> None:
    assert come_back(witness.client, lms.form(lms.opened(witness.client), SUB)).status_code == 302
    assert logged_in_as(witness.client) == str(anna.pk)
    assert witness.client.session.session_key != witness.key
    assert not Session.objects.filter(pk=witness.key).exists()


def test_who_is_on_no_test_is_refused_with_the_words_of_the_sso_login(lms: LearningPlatform, witness: Witness) -> None:
    page = witness.check(come_back(witness.client, lms.form(lms.opened(witness.client), "sub-of-nobody")))
    assert "Lms courses knows you as sub-of-nobody. No test here has a candidate with this SSO user ID." in page
    assert "To start again, open the link in Lms courses." in page


@pytest.mark.parametrize("sub", ["sub-of-anna", f"{SUB} "])
def test_ids_of_a_platform_are_compared_to_the_letter(sub: str, lms: LearningPlatform, witness: Witness) -> None:
    witness.check(come_back(witness.client, lms.form(lms.opened(witness.client), sub)))


def test_nobody_is_matched_by_an_e_mail_address(lms: LearningPlatform, witness: Witness) -> None:
    SsoIdentity.objects.update(sso_user_id="anna@uni.example", sso_key="anna@uni.example")
    witness.stored = witness._stored()
    form = lms.form(lms.opened(witness.client), "another", email="anna@uni.example", email_verified=True)
    witness.check(come_back(witness.client, form))


def test_who_is_deactivated_is_refused(lms: LearningPlatform, witness: Witness, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    page = witness.check(come_back(witness.client, lms.form(lms.opened(witness.client), SUB)))
    assert "You may not log in here at present" in page


def test_the_same_id_at_another_issuer_is_somebody_else(lms: LearningPlatform, witness: Witness) -> None:
    """Many platforms number their people from 1 on."""
    SsoIdentity.objects.update(subject=SUB, pinned_issuer="https://former.example")
    witness.stored = witness._stored()
    LtiPlatform.objects.update(issuer="https://other.example")
    response: Any = witness.client.get("/lti/lms/login/", lms.link())
    assert UNTRUSTED in witness.check(response)


# Keys and the platform itself -----------------------------------------------------------------------------------------


def test_a_platform_that_changes_its_key_is_asked_for_it_once(lms: LearningPlatform, anna: User, forward: Any) -> None:
    client = Client()
    come_back(client, lms.form(lms.opened(client), SUB))
    lms.key = "rsa-next"
    forward(31)
    assert come_back(client, lms.form(lms.opened(client), SUB)).status_code == 302
    assert lms.calls == {"/keys": 2}


def test_invented_keys_make_one_call_in_half_a_minute(lms: LearningPlatform, witness: Witness, forward: Any) -> None:
    for _turn in range(3):
        asked = lms.opened(witness.client)
        form = {"state": asked["state"], "id_token": lms.token(asked, SUB, signer=Signer("rsa-forged"))}
        witness.check(come_back(witness.client, form))
    assert lms.calls["/keys"] <= 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b"{}"),
        Answer(200, b"no keys"),
        Answer(200, b'{"keys": 7}'),
        Answer(302, b"", headers=(("Location", "http://127.0.0.1/keys"),)),
        Answer(manner="closed"),
    ],
)
def test_a_platform_whose_keys_do_not_come_is_said_not_to_answer(
    answer: Answer, lms: LearningPlatform, witness: Witness
) -> None:
    lms.orders["keys"] = answer
    page = witness.check(come_back(witness.client, lms.form(lms.opened(witness.client), SUB)), 503)
    assert "does not answer at the moment" in page


def test_a_weak_key_is_no_key(lms: LearningPlatform, witness: Witness) -> None:
    body = json.dumps({"keys": [public_jwk("rsa-weak", use=LEFT_OUT)]}).encode()
    lms.orders["keys"] = Answer(200, body)
    asked = lms.opened(witness.client)
    form = {"state": asked["state"], "id_token": lms.token(asked, SUB, signer=Signer("rsa-weak"))}
    assert UNTRUSTED in witness.check(come_back(witness.client, form))


def test_who_comes_while_all_slots_are_taken_keeps_the_launch_and_tries_again(
    lms: LearningPlatform, anna: User
) -> None:
    client = Client()
    form = lms.form(lms.opened(client), SUB)
    platform = platforms.platform_of("lms")
    assert platform is not None
    taken = 0
    while platform.slots.acquire(blocking=False):
        taken += 1
    busy = come_back(client, form)
    assert (busy.status_code, busy["Retry-After"]) == (503, "5")
    for _turn in range(taken):
        platform.slots.release()
    assert client.post("/lti/lms/launch/", hidden(busy)).status_code == 302


# The link -------------------------------------------------------------------------------------------------------------


def test_the_browser_is_sent_to_the_platform_with_what_the_standard_asks_for(lms: LearningPlatform) -> None:
    LtiPlatform.objects.update(authorization_url=f"{lms.issuer}/authorization?tenant=7&state=theirs")
    client = Client()
    for response in (client.get("/lti/lms/login/", lms.link()), client.post("/lti/lms/login/", lms.link())):
        asked = dict(part.split("=", 1) for part in response["Location"].partition("?")[2].split("&"))
        assert response["Location"].startswith(f"{lms.issuer}/authorization?")
        assert {name: asked[name] for name in ("scope", "response_type", "response_mode", "prompt", "tenant")} == {
            **{"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"},
            "tenant": "7",
        }
        assert asked["state"] != "theirs"
        assert (asked["login_hint"], asked["lti_message_hint"]) == ("hint-7", "link-1")
        (cookie,) = [one for name, one in response.cookies.items() if name.startswith("lti")]
        assert (cookie["samesite"], cookie["httponly"], cookie["max-age"]) == ("Lax", True, 600)
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [{"iss": "https://other.example"}, {"client_id": "tool-8"}, {"lti_deployment_id": "2"}, {"login_hint": ""}, None],
)
def test_a_link_that_is_not_this_platforms_is_refused(
    changed: dict[str, str] | None, lms: LearningPlatform, witness: Witness
) -> None:
    sent = {} if changed is None else lms.link(**changed)
    response: Any = witness.client.get("/lti/lms/login/", sent)
    witness.check(response, 400, 403)


def test_in_a_frame_a_link_opens_a_window_and_no_other_page_is_framed(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    framed = client.post("/lti/lms/login/", lms.link(), headers={"Sec-Fetch-Dest": "iframe"})
    assert framed.status_code == 200
    assert 'target="_blank"' in framed.content.decode()
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    launch = client.post("/lti/lms/launch/", {})
    assert (launch["X-Frame-Options"], "frame-ancestors 'none'" in launch["Content-Security-Policy"]) == ("DENY", True)


@pytest.mark.parametrize("slug", ["campus", "unknown", "unregistered"])
def test_only_registered_platforms_have_addresses(slug: str, lms: LearningPlatform, settings: Any) -> None:
    settings.AUTHENTICATION_TYPES = [*settings.AUTHENTICATION_TYPES, *types_of(lti_source("unregistered"))]
    client = Client()
    assert client.get(f"/lti/{slug}/login/", lms.link()).status_code == 404
    assert client.post(f"/lti/{slug}/launch/", {"again": "1"}).status_code == 404


def test_a_deployment_that_is_taken_away_lets_nobody_in(lms: LearningPlatform, witness: Witness) -> None:
    form = lms.form(lms.opened(witness.client), SUB)
    LtiDeployment.objects.all().delete()
    assert UNTRUSTED in witness.check(come_back(witness.client, form))


# Courses --------------------------------------------------------------------------------------------------------------


def test_a_teacher_makes_the_course_known_and_is_not_logged_in(lms: LearningPlatform, witness: Witness) -> None:
    response = come_back(witness.client, lms.form(lms.opened(witness.client), "teacher-1", INSTRUCTOR))
    assert "Planners find “Public law” under “Student system” of a test" in response.content.decode()
    assert (response.status_code, witness.untouched()) == (200, True)
    course = LtiCourse.objects.get()
    assert (course.context_id, course.code, course.members_url) == ("law-101", "LAW101", lms.members_url)


def test_a_launch_that_says_nothing_new_writes_nothing(lms: LearningPlatform, anna: User) -> None:
    client = Client()
    come_back(client, lms.form(lms.opened(client), SUB))
    told = LtiCourse.objects.get().told_at
    come_back(client, lms.form(lms.opened(client), SUB))
    assert LtiCourse.objects.get().told_at == told
    context = {f"{launches.CLAIM}context": {"id": "law-101", "title": "Renamed"}}
    come_back(client, lms.form(lms.opened(client), SUB, **context))
    assert str(LtiCourse.objects.get()) == "Renamed"


@pytest.mark.parametrize(
    "url", ["http://10.0.0.7/members", "file:///etc/passwd", "https://a b/", 7, None, "x" * 600, "https://u:p@x/"]
)
def test_an_address_that_is_none_makes_no_course_and_logs_in_all_the_same(
    url: Any, lms: LearningPlatform, anna: User
) -> None:
    client = Client()
    service = {launches.MEMBERS: {"context_memberships_url": url}}
    assert come_back(client, lms.form(lms.opened(client), SUB, LEARNER, **service)).status_code == 302
    assert not LtiCourse.objects.exists()

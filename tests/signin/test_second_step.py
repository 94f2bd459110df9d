"""Two-step login: a password alone opens nothing, a code opens once, and nothing readable is kept of either."""

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.oath import TOTP

from candidates.credentials.purging import rotate_keys, rotation_is_due
from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, RecoveryCode, SecondStep, Session, User
from candidates.signin import second_step
from tests.conftest import Clock
from tests.factories import password_of

ClientOf = Callable[[User | None], Client]
PASSWORD = "a fjord in the morning"
PAGE, CODE = "/account/two-step/", "/login/code/"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ingrid(db: None) -> User:
    """A planner with a password."""
    return User.objects.create_user("ingrid", PASSWORD, name="Ingrid Solheim", is_planner=True)


class Phone:
    """An authenticator app whose clock goes with that of the test."""

    def __init__(self, page: str, clock: Clock) -> None:
        typed = re.search(r'class="by-hand"[^>]*>([A-Z2-7 ]+)<', page)
        assert typed is not None
        self.key, self.clock = typed[1].replace(" ", ""), clock

    def code(self, steps: int = 0) -> str:
        """Return the code that it shows, or showed or will show so many steps from now."""
        totp = TOTP(base64.b32decode(self.key))
        totp.time = self.clock.now().timestamp() + 30 * steps
        return f"{totp.token():06}"


def log_in(username: str = "ingrid", **more: str) -> tuple[Client, Any]:
    browser = Client()
    return browser, browser.post("/login/", {"username": username, "password": PASSWORD, **more})


def set_up(browser: Client, clock: Clock) -> tuple[Phone, list[str]]:
    """Set it up on the page, and return the phone and the recovery codes; the clock goes on to the next code."""
    page = browser.get(PAGE).content.decode()
    phone, sealed = Phone(page, clock), re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    shown = browser.post(PAGE, {"sealed": sealed[1], "code": phone.code()})
    assert (shown.status_code, "no-store" in shown["Cache-Control"]) == (200, True)
    codes = re.findall(r"<code>([0-9a-z]{4}-[0-9a-z]{4})</code>", shown.content.decode())
    assert len(set(codes)) == 10
    clock.move(seconds=30)
    return phone, codes


@pytest.fixture
def phone(ingrid: User, client_of: ClientOf, clock: Clock) -> Phone:
    """Ingrid's phone, with two-step login on."""
    return set_up(client_of(ingrid), clock)[0]


def test_the_password_alone_opens_nothing(phone: Phone) -> None:
    AuditEvent.objects.all().delete()
    browser, answer = log_in(next="/deliver/tests/new/")
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    for path in ("/", "/deliver/tests/", "/account/", PAGE, "/account/password/", "/back-office/"):
        assert browser.get(path)["Location"].startswith("/login/"), path
    assert not AuditEvent.objects.filter(action="login").exists()
    assert not Session.objects.filter(user__username="ingrid").exclude(device="").exists()
    page = browser.get(CODE).content.decode()
    assert ("Code from the app" in page, "Use a recovery code" in page) == (True, True)
    before = browser.cookies["sessionid"].value
    answer = browser.post(CODE, {"code": phone.code()})
    assert (answer.status_code, answer["Location"]) == (302, "/deliver/tests/new/")
    assert browser.get("/deliver/tests/").status_code == 200
    assert browser.cookies["sessionid"].value != before
    assert browser.get(CODE)["Location"].startswith("/login/")


def test_a_right_password_that_stops_at_the_code_is_recorded_with_its_address(ingrid: User, phone: Phone) -> None:
    AuditEvent.objects.all().delete()
    browser = Client(REMOTE_ADDR="192.0.2.7")
    browser.post("/login/", {"username": "ingrid", "password": PASSWORD})
    browser.get(CODE)
    event = AuditEvent.objects.get()
    assert (event.action, event.outcome, event.actor) == ("password_right", "done", ingrid)
    assert (event.actor_name, event.address, event.detail) == ("ingrid", "192.0.2.7", {})
    assert event.get_action_display() == "Password right, waiting for the code"
    # a wrong code is recorded as before, and a login beside the password that was right
    browser.post(CODE, {"code": "000000"})
    browser.post(CODE, {"code": phone.code()})
    acts = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(acts) == ["password_right", "two_step_refused", "login"]


def test_a_wrong_password_and_one_that_is_enough_leave_no_row_of_a_code(ingrid: User) -> None:
    Client().post("/login/", {"username": "ingrid", "password": "a guess"})
    log_in()
    assert not AuditEvent.objects.filter(action="password_right").exists()


def test_the_code_is_asked_for_within_five_minutes(phone: Phone, clock: Clock) -> None:
    browser, _answer = log_in()
    clock.move(minutes=5, seconds=1)
    answer = browser.post(CODE, {"code": phone.code()})
    assert answer["Location"] == "/login/"
    assert "That took too long." in browser.get(answer["Location"]).content.decode()
    assert browser.get("/deliver/tests/").status_code == 302


def test_a_first_phone_asks_for_a_password_that_was_typed_long_ago(
    ingrid: User, client_of: ClientOf, clock: Clock
) -> None:
    browser = client_of(ingrid)
    assert "Current password" not in browser.get(PAGE).content.decode()
    clock.move(minutes=16)
    page = browser.get(PAGE).content.decode()
    assert "Current password" in page
    (sealed,) = re.findall(r'name="sealed" value="([^"]+)"', page)
    code = Phone(page, clock).code()
    for typed in ("", "a guess at the desk"):
        answer = browser.post(PAGE, {"sealed": sealed, "code": code, "current_password": typed})
        assert (answer.status_code, SecondStep.objects.count()) == (422, 0)
    assert browser.post(PAGE, {"sealed": sealed, "code": code, "current_password": PASSWORD}).status_code == 200
    assert SecondStep.objects.get().user == ingrid


@pytest.mark.parametrize("ended", ["another password", "deactivated", "logged out", "another browser"])
def test_what_ends_a_login_ends_a_half_one(ingrid: User, phone: Phone, ended: str) -> None:
    browser, _answer = log_in()
    if ended == "another password":
        ingrid.set_password("a mountain in the evening")
        ingrid.save()
    elif ended == "deactivated":
        User.objects.update(is_active=False)
    elif ended == "logged out":
        browser.post("/logout/")
    else:
        browser = Client()
    assert browser.post(CODE, {"code": phone.code()})["Location"] == "/login/"
    assert browser.get("/deliver/tests/").status_code == 302


def test_a_code_opens_once_and_an_older_one_not_at_all(phone: Phone) -> None:
    code, older = phone.code(), phone.code(-1)
    first, second, third = (log_in()[0] for _number in range(3))
    assert first.post(CODE, {"code": code}).status_code == 302
    for browser, typed in ((second, code), (third, older)):
        refused = browser.post(CODE, {"code": typed})
        assert refused.status_code == 422
        assert "it was used already" in refused.content.decode()


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 302), (0, 302), (1, 302), (2, 422)])
def test_clocks_may_be_one_step_apart(phone: Phone, clock: Clock, steps: int, status: int) -> None:
    clock.stop(clock.now() + timedelta(minutes=5))
    assert log_in()[0].post(CODE, {"code": phone.code(steps)}).status_code == status


@pytest.mark.parametrize("spelled", ["{0}{1}", " {0} {1} ", "{0}-{1}"])
def test_a_code_is_read_with_and_without_spaces(phone: Phone, spelled: str) -> None:
    code = phone.code()
    assert log_in()[0].post(CODE, {"code": spelled.format(code[:3], code[3:])}).status_code == 302


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\x00", "-12345", "9" * 5000, "\ud800"])
def test_whatever_else_is_typed_is_a_wrong_code(phone: Phone, typed: str) -> None:
    browser = log_in()[0]
    for address in (CODE, f"{CODE}?recovery"):
        body = urlencode({"code": typed}, errors="surrogatepass")
        answer = browser.post(address, body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 422
    assert browser.get("/deliver/tests/").status_code == 302


def test_wrong_codes_are_braked_for_the_account_in_every_browser_and_recorded(phone: Phone, clock: Clock) -> None:
    answers = [log_in()[0].post(CODE, {"code": "000000"}).status_code for _number in range(7)]
    assert answers == [422] * 5 + [429] * 2
    browser, _answer = log_in()
    waits = browser.post(CODE, {"code": phone.code()})
    assert (waits.status_code, "Wait until" in waits.content.decode()) == (429, True)
    refused = AuditEvent.objects.filter(action="two_step_refused", outcome="refused", actor__username="ingrid")
    assert refused.count() == 5
    clock.move(minutes=10)
    browser, _answer = log_in()
    assert browser.post(CODE, {"code": phone.code()}).status_code == 302


def test_each_recovery_code_opens_once_however_it_is_typed(ingrid: User, client_of: ClientOf, clock: Clock) -> None:
    _phone, codes = set_up(client_of(ingrid), clock)
    for number, spelled in enumerate([codes[0], codes[1].upper().replace("-", " ")], 1):
        browser, _answer = log_in()
        assert browser.post(f"{CODE}?recovery", {"code": spelled}).status_code == 302
        assert browser.get("/deliver/tests/").status_code == 200
        event = AuditEvent.objects.filter(action="recovery_code_used").latest("pk")
        assert (event.actor, event.detail["left"]) == (ingrid, str(10 - number))
    refused = log_in()[0].post(f"{CODE}?recovery", {"code": codes[0]})
    assert (refused.status_code, "not one of your recovery codes" in refused.content.decode()) == (422, True)


def test_nothing_readable_is_kept(ingrid: User, client_of: ClientOf, clock: Clock) -> None:
    phone, codes = set_up(client_of(ingrid), clock)
    raw = base64.b32decode(phone.key)
    kept = [str(row) for row in (*SecondStep.objects.values(), *RecoveryCode.objects.values())]
    kept += [str(event.detail) for event in AuditEvent.objects.all()]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    for secret in (phone.key, raw.hex(), *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in " ".join(kept)


def test_a_page_of_somebody_else_is_of_no_use(ingrid: User, planner: User, client_of: ClientOf, clock: Clock) -> None:
    page = client_of(planner).get(PAGE).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    sent = {"sealed": sealed[1], "code": Phone(page, clock).code()}
    assert client_of(ingrid).post(PAGE, sent).status_code == 302
    assert client_of(ingrid).post(PAGE, {**sent, "sealed": "x"}).status_code == 302
    assert not SecondStep.objects.exists()


def test_a_code_that_does_not_fit_switches_nothing_on_and_keeps_the_key(ingrid: User, client_of: ClientOf) -> None:
    browser = client_of(ingrid)
    page = browser.get(PAGE).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    again = browser.post(PAGE, {"sealed": sealed[1], "code": "000000"})
    assert again.status_code == 422
    assert sealed[1] in again.content.decode()
    assert not SecondStep.objects.exists()


def test_another_phone_and_switching_off_ask_for_the_password(ingrid: User, client_of: ClientOf, clock: Clock) -> None:
    ingrid_s = client_of(ingrid)
    set_up(ingrid_s, clock)
    page = ingrid_s.get(PAGE).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    new = {"sealed": sealed[1], "code": Phone(page, clock).code()}
    for sent in (new, {**new, "current_password": "wrong"}):
        assert ingrid_s.post(PAGE, sent).status_code == 422
    for address in ("off/", "codes/"):
        assert ingrid_s.post(PAGE + address, {"current_password": "wrong"}).status_code == 422
    before = set(RecoveryCode.objects.values_list("pk", flat=True))
    assert ingrid_s.post(f"{PAGE}codes/", {"current_password": PASSWORD}).status_code == 200
    assert len(set(RecoveryCode.objects.values_list("pk", flat=True)) - before) == RecoveryCode.objects.count() == 10
    assert ingrid_s.post(PAGE, {**new, "current_password": PASSWORD}).status_code == 200
    assert ingrid_s.post(f"{PAGE}off/", {"current_password": PASSWORD})["Location"] == "/account/"
    assert not SecondStep.objects.exists()
    assert log_in()[1]["Location"] == "/deliver/tests/"
    assert {*AuditEvent.objects.filter(actor=ingrid, outcome="done").values_list("action", flat=True)} >= {
        *("two_step_set_up", "recovery_codes_made", "two_step_removed")
    }
    assert AuditEvent.objects.filter(actor=ingrid, action="two_step_removed", outcome="refused").count() == 1


def test_an_administrator_removes_it_where_the_phone_is_lost(
    ingrid: User, phone: Phone, administrator: User, client_of: ClientOf
) -> None:
    address = f"/back-office/candidates/user/{ingrid.pk}/two-step/"
    office = client_of(administrator)
    assert address in office.get(f"/back-office/candidates/user/{ingrid.pk}/change/").content.decode()
    asked = office.get(address)
    assert (asked.status_code, SecondStep.objects.exists()) == (200, True)
    half, _answer = log_in()
    assert office.post(address).status_code == 302
    event = AuditEvent.objects.get(action="two_step_removed")
    assert (event.actor, event.detail["account"]) == (administrator, "ingrid")
    assert half.post(CODE, {"code": phone.code()})["Location"] == "/login/"
    assert log_in()[1]["Location"] == "/deliver/tests/"


def test_who_is_no_superuser_removes_none_of_a_superuser(
    administrator: User, client_of: ClientOf, clock: Clock, db: None
) -> None:
    root = User.objects.create_superuser("root", PASSWORD)
    set_up(client_of(root), clock)
    assert client_of(administrator).post(f"/back-office/candidates/user/{root.pk}/two-step/").status_code == 403
    assert client_of(root).get(f"/back-office/candidates/user/{root.pk}/two-step/")["Location"] == f"{PAGE}off/"
    assert SecondStep.objects.filter(user=root).exists()


def test_where_it_is_required_staff_see_nothing_else_before(
    ingrid: User, administrator: User, client_of: ClientOf, clock: Clock, settings: Any
) -> None:
    settings.STAFF_TOTP = "required"
    browser, _answer = log_in()
    for path in ("/deliver/tests/", "/account/", "/account/password/", f"{PAGE}off/", "/permanent-users/"):
        assert browser.get(path)["Location"] == PAGE, path
        assert browser.post(path)["Location"] == PAGE, path
    assert client_of(administrator).get("/back-office/")["Location"] == PAGE
    set_up(browser, clock)
    assert browser.get("/deliver/tests/").status_code == 200
    assert browser.post(f"{PAGE}off/", {"current_password": PASSWORD})["Location"] == PAGE
    assert SecondStep.objects.exists()


def test_who_has_to_choose_a_password_does_that_first(ingrid: User, settings: Any) -> None:
    settings.STAFF_TOTP = "required"
    User.objects.update(must_change_password=True)
    browser, _answer = log_in()
    assert browser.get("/deliver/tests/")["Location"] == "/account/password/"
    assert browser.get(PAGE)["Location"] == "/account/password/"


def test_candidates_are_asked_for_nothing_and_cost_nothing(candidate: Candidate, settings: Any) -> None:
    settings.STAFF_TOTP = "required"
    assert candidate.user is not None
    sent = {"username": candidate.user.username, "password": password_of(candidate)}
    browser = Client()
    with CaptureQueriesContext(connection) as captured:
        assert browser.post("/login/", sent)["Location"] == "/dashboard/"
        assert browser.get("/dashboard/").status_code == 200
    assert not [query for query in captured if "secondstep" in query["sql"]]
    assert [browser.get(path).status_code for path in (PAGE, f"{PAGE}off/", f"{PAGE}codes/")] == [403] * 3


def test_a_change_of_keys_keeps_phones_and_recovery_codes(
    ingrid: User, client_of: ClientOf, clock: Clock, settings: Any
) -> None:
    phone, codes = set_up(client_of(ingrid), clock)
    old = settings.CREDENTIAL_KEYS
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode(), *old]
    assert rotation_is_due()
    assert rotate_keys().changed == 1
    assert not rotation_is_due()
    settings.CREDENTIAL_KEYS = settings.CREDENTIAL_KEYS[:1]
    assert log_in()[0].post(CODE, {"code": phone.code()}).status_code == 302
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]  # lost: the codes on paper still open
    assert log_in()[0].post(CODE, {"code": phone.code(1)}).status_code == 422
    assert log_in()[0].post(f"{CODE}?recovery", {"code": codes[0]}).status_code == 302


def test_a_renamed_account_keeps_its_phone(ingrid: User, phone: Phone) -> None:
    User.objects.filter(pk=ingrid.pk).update(username="ingrid.aas")
    browser, _answer = log_in("ingrid.aas")
    assert browser.post(CODE, {"code": phone.code()}).status_code == 302


def test_what_is_off_is_neither_removed_nor_renewed(ingrid: User) -> None:
    for act in (lambda: second_step.remove(ingrid, by=ingrid), lambda: second_step.renew_recovery_codes(ingrid)):
        with pytest.raises(Refused, match="off"):
            act()


def test_a_half_login_leaves_whoever_is_logged_in_alone(phone: Phone, planner: User, client_of: ClientOf) -> None:
    browser = client_of(planner)
    browser.post("/login/", {"username": "ingrid", "password": PASSWORD})
    assert "planner" in browser.get("/account/").content.decode()
    assert browser.post(CODE, {"code": phone.code()}).status_code == 302
    assert "Ingrid Solheim" in browser.get("/account/").content.decode()

"""axe finds nothing (WCAG 2.2 AA) and nothing scrolls sideways: every page, wide and narrow, 0, 1 and 1500 rows."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from django_otp.oath import TOTP
from playwright.sync_api import Page

from candidates.intake.accounts.formats import save_format
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.accounts.running import start_import
from candidates.intake.joining import join
from candidates.intake.selecting import keep_list
from candidates.intake.spares import make_spares
from candidates.lifecycle.joining import refuse
from candidates.lifecycle.sitting import note_seen, save_answer, start, submit
from candidates.lifecycle.user_lists import add_members, make_list, remove_members, share_list
from candidates.models import (
    AuditEvent,
    Candidate,
    Delivery,
    Import,
    ListFormat,
    ListMember,
    Location,
    LtiPlatform,
    Mark,
    PermanentUserList,
    PreparedPerson,
    RosterIdentity,
    Scope,
    SealedPassword,
    Spread,
    SpreadMove,
    SsoIdentity,
    Subscription,
    Test,
    User,
    WebhookEvent,
)
from candidates.operations.webhooks.subscriptions import subscribe
from candidates.rosters.connecting import connect
from candidates.signin.access_keys import make_key
from candidates.signin.hash_slots import NoFreeSlot
from candidates.signin.sso.caching import MAX_FAILURES
from candidates.signin.sso.providers import provider_of
from candidates.site.errors import not_recorded
from tests.conftest import Clock
from tests.factories import (
    Role,
    activated,
    add,
    add_many,
    add_sso,
    contribute,
    give_logins,
    make_permanent,
    make_staff,
    make_test,
    open_now,
)
from tests.faults.test_deadlock import deadlock
from tests.intake.accounts.files import form, waiting_users
from tests.intake.lists import confirmed, waiting
from tests.support.browser import DESK, PHONE
from tests.support.joining import open_to_joiners, sso_person
from tests.support.lti_platform import lti_source, types_of
from tests.support.permanent import put_on
from tests.support.roster_source import SLUG, minutes, scripted
from tests.test_access_table import PARAMETERS, TABLE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.axe]

# Addresses without a page of their own: they only act, answer a file, a part of a page, or a sign of life.
NO_PAGE = {
    *("webhook-pause", "webhook-go-on"),
    "home",
    "health",
    "health-ready",
    "logout",
    "sso-setup-test",
    *("lti-keys", "lti-platform-test"),
    "source-test",
    *("new-test-from-source-save", "roster-connect-save", "roster-look", "roster-apply", "roster-take"),
    "roster-by-itself",
    "candidates-columns",
    "candidates-download",
    "candidates-extra-time-save",
    "candidates-location-save",
    "candidates-remove-confirmed",
    "spread-save",
    "room-bring-back",
    "candidates-one-time-login-give",
    "candidates-one-time-login-take-back-confirmed",
    "key-list-csv",
    "key-list-share",
    "hall-papers-pdf",
    "hall-papers-xlsx",
    "void-slips-taken-out",
    "share-names",
    "add-from-test-save",
    "arrange-one-time",
    "arrange-generated",
    "mend-import",
    "download-wrong-rows",
    "one-time-template",
    "sso-template",
    "prepared-template",
    "test-code-live",
    "test-code-approve",
    "test-code-refuse-save",
    "test-code-let-in",
    "undo-import-confirmed",
    "add-permanent-list",
    "user-list-unshare",
    "login-details-csv",
    "login-details-pdf",
    "login-details-pdf-six",
    "monitor-columns",
    "door-people",
    "door-marks",
    "door-mark",
    "door-seat",
    "door-spare-take-back",
    "door-absent-take-back",
    "spare-logins-take-back",
    "spare-logins-make",
    "spare-logins-remove",
    "monitor-live",
    "monitor-csv",
    "monitor-xlsx",
    "monitor-incident-save",
    "grade-csv",
    "grade-xlsx",
    "grade-next",
    "results-download",
    "dashboard-seen",
    "join-seen",
    "join-leave",
    "join-now",
    "sit-start",
    "sit-answer",
    "sit-seen",
    "user-import-template",
    "user-import-mend",
    "user-import-wrong-rows",
    "user-import-live",
    "user-format-default",
    "permanent-user-reactivate",
    "account-here",
    "account-log-out-there",
    "account-log-out-others",
    "account-log-out-everywhere",
    "history-csv",
    "person-export",
    "restore-test",
    "sit-write-here",
}


# What each test says that it looks at; the fixture `looker` holds it to that.
PROMISED: dict[str, frozenset[str]] = {}
Function = TypeVar("Function", bound=Callable[..., None])


def looks_at(*names: str) -> Callable[[Function], Function]:
    """Say which addresses of the access table a test looks at."""

    def promise(function: Function) -> Function:
        PROMISED[function.__name__] = frozenset(names)
        return function

    return promise


POST = """([address, data]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = address;
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    for (const [name, value] of Object.entries({csrfmiddlewaretoken: token, ...data})) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""


class Looker:
    """Opens pages of one person, and lets axe look at each, wide and narrow."""

    def __init__(self, page: Page, axe: Callable[[Page], None], seen: set[str]) -> None:
        self.page = page
        self.axe = axe
        self.seen = seen
        self.with_axe = True

    def look(self) -> None:
        """Look at the page that is open, and note the name of the address that the browser shows."""
        name = resolve(urlsplit(self.page.url).path).url_name or ""
        self.check(name)
        self.seen.add(name)

    def look_at_error(self, words: str) -> None:
        """Look at the page for what went wrong, which is no look at the page of its address."""
        self.page.get_by_role("heading", name=words).wait_for()
        self.check(words)

    def check(self, name: str) -> None:
        """Let axe look at the page that is open, wide and narrow, and see that it does not scroll sideways."""
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            if self.with_axe:
                self.axe(self.page)
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} scrolls sideways at {size['width']} px by {wide} px"
        self.page.set_viewport_size(DESK)  # type: ignore[arg-type]

    def open(self, name: str, **objects: object) -> None:
        """Open an address and look."""
        self.go(name, **objects)
        self.look()

    def go(self, name: str, **objects: object) -> None:
        """Open an address whose page is looked at elsewhere, to send a form from it."""
        self.page.goto(reverse(name, kwargs={key: objects[key] for key in PARAMETERS[name]}))

    def post(self, name: str, data: Mapping[str, object], **objects: object) -> None:
        """Post a form to an address, as a page of the product would, and look at the answer."""
        self.send(name, data, **objects)
        self.look()

    def send(self, name: str, data: Mapping[str, object], **objects: object) -> None:
        """Post a form to an address, with the token of the page that is open."""
        address = reverse(name, kwargs={key: objects[key] for key in PARAMETERS[name]})
        with self.page.expect_navigation(url=f"**{address}*"):
            self.page.evaluate(POST, [address, dict(data)])


@pytest.fixture
def looker(
    page_of: Callable[..., Page], axe: Callable[[Page], None], forgiven: list[str], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Looker]]:
    """Return a function that gives a person's Looker; what they really opened has to be what the test promised."""
    forgiven += [f"status of {status}" for status in (400, 403, 404, 405, 409, 422, 429, 500, 503)]
    seen: set[str] = set()
    yield lambda user: Looker(page_of(user), axe, seen)
    assert seen == PROMISED[request.function.__name__]


@pytest.fixture
def everybody(db: None) -> User:
    return User.objects.create_user(
        "all", None, name="Ingrid Solheim", is_planner=True, is_invigilator=True, is_grader=True
    )


def an_exam(everybody: User, **fields: object) -> Test:
    test = make_test(planner=everybody, **fields)  # type: ignore[arg-type]
    contribute(test, everybody, Role.INVIGILATOR)
    contribute(test, everybody, Role.GRADER)
    return test


@looks_at(
    "deliver-tests",
    "monitor",
    "grade",
    "new-test",
    "deliver-test",
    "candidates",
    "add-one-time",
    "add-generated",
    "add-from-file",
    "add-from-sso",
    "imports",
    "prepared",
    "import-prepared",
    "login-details",
    "monitor-test",
    "grade-test",
)
def test_pages_without_rows(looker: Callable[..., Looker], everybody: User) -> None:
    page = looker(everybody)
    for name in ("deliver-tests", "monitor", "grade", "new-test"):
        page.open(name)
    test = an_exam(everybody)
    objects = {"test_id": test.public_id}
    for name in ("deliver-test", "candidates", "add-one-time", "add-generated", "add-from-file", "login-details"):
        page.open(name, **objects)
    for name in ("add-from-sso", "imports", "prepared", "import-prepared"):
        page.open(name, **objects)
    for name in ("monitor-test", "grade-test"):
        page.open(name, **objects)


@looks_at("join", "join-with-code", "join-look-up", "join-waiting", "dashboard")
def test_joining_by_code(looker: Callable[..., Looker], everybody: User) -> None:
    test = make_test(planner=everybody)
    code = open_to_joiners(test, everybody, approves_each=True)
    kari = sso_person("kari")
    page = looker(kari)
    page.open("dashboard")
    page.open("join")
    page.open("join-with-code", code=code)
    page.post("join-look-up", {"code": "wrong"})
    page.go("join-with-code", code=code)
    page.post("join-look-up", {"code": code})
    mine = join(code=code, by=kari)
    page.open("join-waiting", request_id=mine.public_id)
    refuse(test=test, public_ids=[mine.public_id], sentence="Ask at the desk.", by=everybody)
    page.open("join-waiting", request_id=mine.public_id)


@looks_at("test-code", "test-code-setup", "test-code-large", "test-code-replace", "test-code-refuse", "deliver-test")
def test_joining_by_test_code(looker: Callable[..., Looker], everybody: User) -> None:
    page, test = looker(everybody), make_test(planner=everybody)
    objects = {"test_id": test.public_id}
    page.open("test-code-setup", **objects)
    page.post("test-code-setup", {"mode": "code", "seen": "x", "only_allowed": "on"}, **objects)
    code = open_to_joiners(test, everybody, approves_each=True)
    waiting = [join(code=code, by=sso_person(f"p{number}")) for number in range(3)]
    refuse(test=test, public_ids=[waiting[0].public_id], sentence="You take BIO2150.", by=everybody)
    for name in ("test-code", "test-code-setup", "test-code-large", "test-code-replace", "deliver-test"):
        page.open(name, **objects)
    page.go("test-code", **objects)
    page.post("test-code-refuse", {"ids": ",".join(one.public_id for one in waiting)}, **objects)


@pytest.mark.usefixtures("sso_offered")
@looks_at(
    "sources",
    "source-person-release",
    "roster",
    "roster-connect",
    "roster-disconnect",
    "new-test-from-source",
    "deliver-test",
)
def test_student_systems(looker: Callable[..., Looker], everybody: User, administrator: User, settings: Any) -> None:
    page, test = looker(everybody), make_test(planner=everybody)
    objects = {"test_id": test.public_id}
    with scripted() as source:
        source.put("s1", "A1", name="Aas, Reidun", accommodations=minutes(45))
        source.put("s2", "", name="Berg, Kari")
        page.open("roster", **objects)
        page.post("roster-connect", {"source": SLUG, "text": "x", "first_day": "2026"}, **objects)
        page.post("roster-connect", {"source": SLUG}, **objects)
        page.post("new-test-from-source", {"source": SLUG}, **objects)
        connect(test=test, source=SLUG, exam_key="exam-1", by=everybody)
        for name in ("roster", "roster-connect", "roster-disconnect", "deliver-test"):
            page.open(name, **objects)
        settings.ROSTER_SOURCES_LEFT_OUT = ["ROSTER_PCG_KIND is “pcg”; it can be ladok."]
        person = {"user": everybody, "authentication_type": "campus", "claim": "lin", "login_key": "l1"}
        unclear = RosterIdentity.objects.create(login="l1", refused_at=timezone.now(), **person)
        page = looker(administrator)
        page.open("sources")
        page.open("source-person-release", identity=unclear.public_id)


@looks_at("prepared", "prepared-add", "prepared-person", "prepared-remove")
def test_prepared_people(looker: Callable[..., Looker], everybody: User) -> None:
    page, test = looker(everybody), an_exam(everybody)
    PreparedPerson.objects.create(test=test, person="kari", person_key="kari", extra_minutes=30, name="Kari")
    PreparedPerson.objects.create(test=test, person="ola", person_key="ola", candidate_id="9", candidate_key="9")
    joined = PreparedPerson.objects.latest("pk")
    joined.joined_at, joined.joined_as, joined.missed = timezone.now(), test.candidates.first(), "candidate_id"
    joined.save()
    page.open("prepared", test_id=test.public_id)
    page.post("prepared-add", {"who": "campus", "extra_time": "½ h"}, test_id=test.public_id)
    one = PreparedPerson.objects.earliest("pk").public_id
    for name in ("prepared-person", "prepared-remove"):
        page.open(name, test_id=test.public_id, prepared_id=one)


@looks_at(
    "deliver-tests",
    "deliver-test",
    "edit-test",
    "activate-test",
    "new-contributor",
    "remove-contributor",
    "candidates",
    "candidates-extra-time",
    "candidates-location",
    "candidates-remove",
    "candidates-extra-time-check",
    "candidate",
    "spread",
    "spread-undo",
    "rooms",
    "room-new",
    "rooms-many",
    "room",
    "room-merge",
    "room-remove",
)
def test_pages_of_a_test_with_one_candidate_before_activation(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    [candidate] = add(test, everybody, "0001", extra=30, location=("Vesthall", "V101"))
    objects = {
        "test_id": test.public_id,
        "candidate": candidate.public_id,
        "contributor": test.contributors.latest("pk").public_id,
    }
    page = looker(everybody)
    for name in (
        "deliver-tests",
        "deliver-test",
        "edit-test",
        "activate-test",
        "new-contributor",
        "remove-contributor",
    ):
        page.open(name, **objects)
    page.open("candidates", **objects)
    page.page.locator("tbody input[type=checkbox]").check()
    page.look()
    chosen = {"ids": candidate.public_id}
    for name in ("candidates-extra-time", "candidates-location", "candidates-remove"):
        page.open(name, **objects)
        page.post(name, chosen, **objects)
    page.post("candidates-extra-time-check", {"from": "box", "paste": "0815", "how": "add", "amount": "x"}, **objects)
    page.post("candidates-extra-time-check", {**chosen, "how": "add", "amount": "25 %"}, **objects)
    page.open("candidate", **objects)
    room = Location.objects.get()
    Location.objects.update(capacity=1)
    other = Location.objects.create(room="Aula")
    meeting = an_exam(everybody, name="PHY1010 Physics")
    add(meeting, everybody, "0001", "0002", location=("Vesthall", "V101"))
    page.open("spread", **objects)
    spread = Spread.objects.create(test=test, by=everybody)
    SpreadMove.objects.create(spread=spread, candidate=candidate, new_location=room, slip_version=1)
    page.open("spread-undo", spread_id=spread.public_id, **objects)
    rooms = {"room_id": room.public_id}
    for name in ("rooms", "room-new", "room", "room-merge", "room-remove", "rooms-many"):
        page.open(name, **rooms)
    for pasted in ("Vesthall V101;7\nKai 4 K1;30", "Vesthall V101;many"):
        page.page.get_by_label("Rooms, one a line").fill(pasted)
        page.page.get_by_role("button", name=re.compile("Show what changes|Check again")).click()
        page.page.wait_for_load_state()
        page.look()
    page.page.goto(reverse("room-merge", args=[room.public_id]) + f"?into={other.public_id}")
    page.look()


@looks_at("add-from-test")
def test_the_pages_that_take_candidates_from_another_test(looker: Callable[..., Looker], everybody: User) -> None:
    last, test = an_exam(everybody, name="Last term"), an_exam(everybody)
    page = looker(everybody)
    page.open("add-from-test", test_id=test.public_id)  # no test has candidates
    add(last, everybody, "0001", "0002", extra=30, location=("Vesthall", "V101"))
    page.open("add-from-test", test_id=test.public_id)
    page.post("add-from-test", {"other": "", "who": "all"}, test_id=test.public_id)
    page.post("add-from-test", {"other": last.public_id, "who": "extra", "rooms": "on"}, test_id=test.public_id)


@looks_at("new-test", "add-one-time", "add-generated", "add-from-file", "import-preview")
def test_forms_with_errors(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    add(test, everybody, "1017")
    objects = {"test_id": test.public_id}
    page = looker(everybody)
    page.open("new-test")
    page.page.get_by_role("button", name="Save").click()
    page.look()
    page.open("add-one-time", **objects)
    page.page.get_by_label("Candidate ID, row 1").fill("1017")
    page.page.get_by_label("Extra time in minutes, row 1").fill("soon")
    page.page.get_by_role("button", name="Save").click()
    page.look()
    page.page.goto(reverse("add-generated", args=[test.public_id]) + "?n=0")
    page.look()
    page.open("add-from-file", **objects)
    page.page.get_by_role("button", name="Continue").click()
    page.look()
    page.page.get_by_label("Paste rows").fill("1017\t\nKari Ødegård\t30 min\n0002\t25 %\n")
    page.page.get_by_role("button", name="Continue").click()
    page.look()
    assert Import.objects.exists()


WITH_EVERYTHING = (
    "Exam in the hall\n\nCandidate ID;SSO user ID;Extra time;Building;Room\n1017;anna@uni.example;30;;\n"
    "2;berit@uni.example;30 min;vesthall;V101\n0003;cato@uni.example;25 %;vesthall;V101\nÅse;dag@uni.example;;;\n"
    "0004;;;;\nkari@uni.example;kari@uni.example;;;R102\n0005;eva moe@uni.example;;;;x\n\u00a00006;f@u.no;;;\n"
)


@looks_at("import-preview", "confirm-import", "read-import-again", "upload-mended-rows", "imports", "undo-import",
          "assign-columns", "list-formats", "list-format-delete")  # fmt: skip
def test_pages_of_imports(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    waiting(test, everybody, "1017;anna@uni.example;15;Vesthall;V101\n", kind="sso")
    confirmed(Import.objects.get(), everybody)
    objects = {"test_id": test.public_id}
    draft = waiting(test, everybody, WITH_EVERYTHING.encode("cp1252"), kind="sso")
    page = looker(everybody)
    page.open("import-preview", **objects, draft_id=draft.public_id)
    for summary in page.page.locator("main summary").all():
        summary.click()
    page.look()
    page.page.get_by_label("Update them with what the list says").check()
    page.page.get_by_role("button", name="Leave out Row 8").click()
    page.look()
    page.page.get_by_role("button", name="Add 6 and update 1 candidates").press("Enter")
    page.look()
    wrong = waiting(test, everybody, "Kandidatnr.;Kandidat;Hobby\n1;2;x\n", kind="sso")
    page.post(
        "assign-columns",
        {"column-0": "name", "column-1": "name", "column-2": "name"},
        **objects,
        draft_id=wrong.public_id,
    )
    wrong.delete()
    kept = ListFormat.objects.create(kind="sso", name="Exam office", owner=everybody, fields={"x": "room", "y": ""})
    page.open("list-formats")
    page.open("list-format-delete", list_format=kept.public_id)
    for name in ("read-import-again", "upload-mended-rows"):
        page.go("import-preview", **objects, draft_id=draft.public_id)
        page.post(name, {"header": "77"}, **objects, draft_id=draft.public_id)
    draft.delete()
    page.page.goto(reverse("import-preview", args=[test.public_id, draft.public_id]))
    page.look()
    page.open("imports", **objects)
    page.page.get_by_role("link", name="Undo").click()
    page.look()
    page.page.get_by_role("button", name="Remove 1 candidate").click()
    page.look()
    page.open("undo-import", **objects, import_id=Import.objects.get().public_id)


@looks_at("doors", "door", "door-absent", "door-spare", "correct-attendance", "spare-logins", "join-spare")
def test_pages_of_the_door(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    (candidate,) = add(test, everybody, "0001", location=("Vesthall", "V101"))
    make_spares(test=test, count=2, location=candidate.location, by=everybody)
    open_now(activated(test, everybody))
    objects = {"test_id": test.public_id}
    spare = Candidate.objects.get(candidate_id="9001").public_id
    page = looker(everybody)
    page.open("spare-logins", **objects)
    page.open("door", **objects)
    page.page.get_by_role("searchbox").fill("0001")
    page.page.keyboard.press("Enter")
    page.page.get_by_role("button", name="Present", exact=True).click()
    page.look()
    page.page.get_by_role("searchbox").fill("lunde, tarjei")
    page.page.keyboard.press("Enter")
    page.look()
    page.open("door-absent", **objects)
    page.open("door-spare", **objects)
    page.page.get_by_label("Name", exact=True).fill("Tarjei Lunde")
    page.page.get_by_role("button", name="Give the spare login").click()
    page.look()
    page.open("correct-attendance", candidate=candidate.public_id, **objects)
    page.open("spare-logins", **objects)
    page.open("join-spare", candidate=spare, **objects)
    Test.objects.update(activated_at=None)
    page.open("doors")


@looks_at(
    "deliver-test",
    "deactivate-test",
    "move-end",
    "copy-test",
    "edit-test",
    "login-details",
    "candidate",
    "renew-password",
    "reveal-login",
    "login-details-list",
    "login-details-print",
    "login-details-print-six",
    "login-details-ticked",
    "hall-papers",
    "hall-contacts",
    "monitor",
    "monitor-test",
    "monitor-candidate",
    "monitor-seat",
    "monitor-incident",
    "monitor-incident-check",
)
def test_pages_of_an_activated_test(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    candidates = add(test, everybody, "0001", "0002", location=("Vesthall", "V101"))
    activated(test, everybody)
    objects = {"test_id": test.public_id, "candidate": candidates[0].public_id}
    page = looker(everybody)
    for name in ("deliver-test", "deactivate-test", "move-end", "copy-test", "edit-test", "login-details", "candidate"):
        page.open(name, **objects)
    page.go("move-end", **objects)
    page.page.get_by_label("Date").fill("2099-12-07")
    page.page.get_by_role("button", name="Continue").click()
    page.look()
    page.open("renew-password", **objects)
    page.open("reveal-login", **objects)
    page.page.locator("main form button[type=submit]").first.click()
    page.look()
    open_now(test)
    page.open("login-details", **objects)
    for name in ("login-details-list", "login-details-print", "login-details-print-six"):
        page.go("login-details", **objects)
        page.post(name, {"whose": "all"}, **objects)
    page.open("hall-papers", **objects)
    page.post("hall-contacts", {"contacts": "1\n2\n3\n4\n5\n6"}, **objects)
    page.go("login-details", **objects)
    page.post("login-details-ticked", {"ids": candidates[0].public_id}, **objects)
    page.open("monitor", **objects)
    page.open("monitor-test", **objects)
    page.page.locator("details.sheet summary").click()
    page.look()
    page.open("monitor-candidate", **objects)
    page.open("monitor-seat", **objects)
    page.go("monitor-test", **objects)
    page.post("monitor-incident", {"ids": candidates[0].public_id}, **objects)
    asked = {"ids": candidates[0].public_id, "how": "add", "minutes": "10", "reason": "Power cut"}
    page.post("monitor-incident-check", asked, **objects)


@looks_at(
    "deliver-test",
    "candidates",
    "candidate",
    "monitor-test",
    "monitor-candidate",
    "login-details",
    "one-time-logins",
    "candidates-one-time-login",
    "one-time-logins-given",
    "key-list",
    "monitor-key-list",
    "candidates-one-time-login-take-back",
)
def test_pages_of_one_time_logins(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    objects: dict[str, object] = {"test_id": test.public_id}
    page = looker(everybody)
    page.open("one-time-logins", **objects)
    first, second = add_sso(test, everybody, "5001", "5002", location=("Vesthall", "V101"))
    add_sso(test, everybody, "5003")
    add(test, everybody, "0001")
    page.open("one-time-logins", **objects)
    open_now(activated(test, everybody))
    objects["candidate"] = first.public_id
    give_logins(test, everybody, first)
    for name in ("one-time-logins", "one-time-logins-given", "candidates", "candidate", "deliver-test"):
        page.open(name, **objects)
    for name in ("login-details", "monitor-test", "monitor-candidate"):
        page.open(name, **objects)
    everyone = {"ids": ",".join(Candidate.objects.of_test(test).values_list("public_id", flat=True))}
    for chosen in (everyone, {"ids": first.public_id}, {"ids": second.public_id}):
        page.go("candidates", **objects)
        page.post("candidates-one-time-login", chosen, **objects)
        page.go("candidates", **objects)
        page.post("candidates-one-time-login-take-back", chosen, **objects)
    page.go("login-details", **objects)
    page.post("key-list", {"whose": "all"}, **objects)
    page.go("monitor-test", **objects)
    page.post("monitor-key-list", {}, **objects)


@looks_at("grade", "grade-test", "grade-submission")
def test_pages_of_graders(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    first, _second = add(test, everybody, "0001", "0002")
    open_now(activated(test, everybody))
    hand_in(first, "Galactose cannot enter glycolysis directly.")
    page = looker(everybody)
    page.open("grade")
    page.open("grade-test", test_id=test.public_id)
    page.open("grade-submission", test_id=test.public_id, candidate=first.public_id)
    page.page.get_by_label("Mark").fill("a lot")
    page.page.locator("main form button[type=submit]").first.click()
    page.look()


@looks_at("results", "grade-scale")
def test_results_and_the_scale(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    first, *_others = add(test, everybody, "0001", "0002")
    open_now(activated(test, everybody))
    hand_in(first, "Galactose cannot enter glycolysis directly.")
    page = looker(everybody)
    page.open("results", test_id=test.public_id)
    page.open("grade-scale", test_id=test.public_id)
    for kind in ("A to F", "Pass or fail", "Own words"):
        page.page.get_by_label(kind).check()
        page.page.locator("main form button[type=submit]").first.click()
        page.look()
    page.page.get_by_label("Grade 1", exact=True).fill("Approved")
    page.page.get_by_label("Grade 2", exact=True).fill("Not approved")
    page.page.get_by_label("The grade itself").check()
    page.page.locator("main form button[type=submit]").first.click()
    Test.objects.filter(pk=test.pk).update(
        opens_at=timezone.now() - timedelta(2), ends_at=timezone.now() - timedelta(1)
    )
    Mark.objects.create(
        candidate=first, grade="Approved", comment="Clear.", marked_by=everybody, marked_at=timezone.now()
    )
    page.open("results", test_id=test.public_id)
    page.page.get_by_role("link", name="Show who marked").click()
    page.look()


def hand_in(candidate: Candidate, answer: str) -> None:
    candidate = Candidate.objects.select_related("test").get(pk=candidate.pk)
    start(candidate=candidate)
    save_answer(candidate=candidate, answer=answer, base_revision=0)
    submit(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk), answer=None, base_revision=1)


@looks_at("dashboard", "archive", "sit", "sit-submit")
def test_pages_of_candidates(looker: Callable[..., Looker], everybody: User) -> None:
    demo = Test.objects.create(name="Writing an answer", is_demo=True, questions="Describe the room.")
    activated(demo, everybody)
    test = an_exam(everybody, questions="Explain.\n\n1. Why?\n2. How?", duration_minutes=120)
    [candidate] = add(test, everybody, "0001", extra=30)
    activated(test, everybody)
    candidate.refresh_from_db()
    objects = {"test_id": test.public_id}
    page = looker(candidate.user)
    for name in ("dashboard", "archive", "sit"):
        page.open(name, **objects)
    page.open("sit", test_id=demo.public_id)
    open_now(test)
    page.open("dashboard")
    page.open("sit", **objects)
    page.page.get_by_role("button", name="Start test").click()
    page.page.get_by_label("Your answer").fill("Galactose cannot enter glycolysis directly.")
    page.look()
    page.page.get_by_role("button", name="Submit").click()
    page.page.get_by_role("heading", name="Submit your answer?").wait_for()
    page.look()
    page.page.get_by_role("button", name="Submit").click()
    page.page.get_by_role("link", name="Archive").first.wait_for()
    for name in ("sit", "dashboard", "archive"):
        page.open(name, **objects)


@looks_at("login", "help", "accessibility")
def test_pages_for_everybody(looker: Callable[..., Looker], everybody: User) -> None:
    page = looker(None)
    for name in ("login", "help", "accessibility"):
        page.open(name)
    page.go("login")
    page.page.get_by_label("Username").fill("6czep34v")
    page.page.get_by_label("Password").fill("wrong")
    page.page.get_by_role("button", name="Log in").click()
    page.look()


@looks_at(
    "user-lists",
    "user-list",
    "user-list-new",
    "user-list-find",
    "user-list-add-members",
    "user-list-add-all",
    "user-list-remove-members",
    "user-list-rename",
    "user-list-delete",
    "user-list-share",
    "user-list-hand-over",
    "user-list-to-test",
    "add-permanent",
    "add-permanent-selected",
    "add-permanent-all",
    "add-new-members",
    "import-preview",
    "list-changes",
    "candidates",
)
def test_permanent_users_and_their_lists(looker: Callable[..., Looker], everybody: User, planner: User) -> None:
    test = an_exam(everybody)
    objects: dict[str, object] = {"test_id": test.public_id}
    page = looker(everybody)
    page.open("add-permanent", **objects)
    page.open("user-lists")
    page.open("user-list-new")
    one = make_list(name="BIO2150", by=everybody)
    objects["list_id"] = one.public_id
    page.open("user-list", **objects)
    people = [make_permanent("Kari", "Nordmann", username=f"kari{number:02}") for number in range(60)]
    page.open("add-permanent", **objects)
    ticked = {"picked": people[58].public_id, "q": "", "c": people[0].public_id}
    page.post("add-permanent", ticked, **objects)
    page.post("add-permanent-selected", {}, **objects)
    page.go("add-permanent", **objects)
    page.post("add-permanent-all", {"seen": "1", "shown_q": "kari"}, **objects)
    page.open("user-list-find", **objects)
    page.post("user-list-add-members", {}, **objects)
    page.go("user-list-find", **objects)
    page.post("user-list-add-all", {"seen": "1", "shown_q": "kari"}, **objects)
    add_members(one=one, keys=[person.pk for person in people[:55]], by=everybody)
    share_list(one=one, user=planner, edits=True, by=everybody)
    for name in ("user-lists", "user-list", "user-list-rename", "user-list-delete", "user-list-share"):
        page.open(name, **objects)
    page.post("user-list-share", {}, **objects)
    page.go("user-list", **objects)
    page.post("user-list-remove-members", {}, **objects)
    for name in ("user-list-hand-over", "user-list-to-test", "list-changes"):
        page.open(name, **objects)
    draft = keep_list(test=test, by=everybody, wanted=one)
    objects["draft_id"] = draft.public_id
    page.open("import-preview", **objects)
    confirmed(draft, everybody)
    add_members(one=one, keys=[people[56].pk], by=everybody)
    remove_members(one=one, keys=[people[0].pk], by=everybody)
    for name in ("user-list", "list-changes", "candidates"):
        page.open(name, **objects)
    add_members(one=one, keys=[people[57].pk], by=everybody)
    page.open("list-changes", **objects)
    Test.objects.filter(pk=test.pk).update(candidate_count=1500)
    page.post("add-new-members", {}, **objects)


@looks_at("candidates", "confirm-import", "cancel-import")
def test_a_list_that_was_added_or_is_gone(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    objects: dict[str, object] = {"test_id": test.public_id}
    page = looker(everybody)
    page.page.goto(reverse("add-from-file", kwargs=objects))
    page.page.get_by_label("Paste rows").fill("1017\n")
    page.page.get_by_role("button", name="Continue").click()
    page.page.wait_for_url("**/imports/*/")
    objects["draft_id"] = Import.objects.get(test=test).public_id
    page.page.get_by_role("button", name=re.compile("^Add [0-9]")).click()
    page.page.get_by_text("1 candidate added.").wait_for()
    page.look()
    page.post("confirm-import", {}, **objects)
    assert page.page.get_by_role("heading", name="This list has been added already").is_visible()
    page.open("candidates", **objects)
    page.post("cancel-import", {}, **objects | {"draft_id": "nothing"})
    assert page.page.get_by_role("link", name="Import").first.is_visible()


@looks_at("candidates-remove", "candidates-extra-time", "move-end-save")
def test_what_cannot_be_done_any_more(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    first, second = add(test, everybody, "0001", "0002")
    open_now(activated(test, everybody))
    start(candidate=Candidate.objects.select_related("test").get(pk=first.pk))
    note_seen(candidates=[Candidate.objects.get(pk=second.pk)], logged_in=True)
    objects = {"test_id": test.public_id}
    page = looker(everybody)
    for name in ("candidates-remove", "candidates-extra-time"):
        page.go("candidates", **objects)
        page.post(name, {"ids": first.public_id}, **objects)
        assert page.page.get_by_role("heading", name="cannot be").is_visible()
    page.go("candidates", **objects)
    page.post("candidates-remove", {"ids": f"{first.public_id},{second.public_id}"}, **objects)
    assert page.page.get_by_text("is logged in now and stays").is_visible()
    page.go("candidates", **objects)
    # last of all: an end that lies in a minute that is over is refused for that
    ended = {"ends_at": timezone.now().isoformat(), "seen": test.window[1].isoformat(), "over": "0"}
    page.post("move-end-save", ended, **objects)
    assert page.page.get_by_text("Check again").first.is_visible()


@looks_at("access-keys", "access-key-new", "access-key-revoke", "api-docs")
def test_keys_of_other_systems(looker: Callable[..., Looker], administrator: User) -> None:
    page = looker(administrator)
    page.open("access-keys")
    page.post("access-key-new", {"name": ""})
    until = timezone.now() + timedelta(days=9)
    key, _secret = make_key(
        name="Timetable", scopes=[Scope.TESTS_READ], all_tests=True, expires_at=until, by=administrator
    )
    page.open("access-keys")
    page.post("access-key-new", {"name": "x", "scopes": "tests:read", "tests": "own", "expires": f"{until:%Y-%m-%d}"})
    page.open("access-key-revoke", key_id=key.public_id)
    page.open("api-docs")


@looks_at("webhooks", "webhook", "webhook-remove")
def test_webhooks_of_other_systems(looker: Callable[..., Looker], administrator: User) -> None:
    page = looker(administrator)
    page.open("webhooks")
    until = timezone.now() + timedelta(days=9)
    scopes = [Scope.TESTS_READ]
    key, _secret = make_key(name="Timetable", scopes=scopes, all_tests=True, expires_at=until, by=administrator)
    events = [WebhookEvent.TEST_FINISHED]
    one = subscribe(target="https://hooks.example/in", events=events, secret="0" * 16, key=key)
    page.open("webhook", webhook_id=one.public_id)
    now = timezone.now()
    Subscription.objects.update(failures=2, failing_since=now, said="Answered with 500.", confirmed_at=now)
    for number, state in enumerate(("waiting", "given_up")):
        told = {"event": "test_finished", "context": "x", "at": now, "said": "Answered with 500."}
        Delivery.objects.create(subscription=one, source=str(number), state=state, attempts=2, **told)
    page.open("webhooks")
    page.open("webhook", webhook_id=one.public_id)
    page.open("webhook-remove", webhook_id=one.public_id)


@pytest.mark.usefixtures("sso_offered")
@looks_at("login", "sso-start", "sso-callback", "sso-setups", "sso-release", "sso-person-delete")
def test_pages_of_logging_in_through_institutions(
    looker: Callable[..., Looker], administrator: User, everybody: User, settings: Any
) -> None:
    broken = {**settings.AUTHENTICATION_TYPES[1], "slug": "gone", "problems": ["SSO_GONE_CLIENT_ID is not set."]}
    settings.AUTHENTICATION_TYPES = [*settings.AUTHENTICATION_TYPES, broken]
    page = looker(None)
    page.open("login")
    page.open("sso-callback", slug="campus")
    provider = provider_of("campus")
    assert provider is not None
    for _time in range(MAX_FAILURES):
        provider.circuit.failed()
    page.open("sso-start", slug="campus")
    page.open("login")
    add_sso(an_exam(everybody), everybody, "5001")
    SsoIdentity.objects.update(subject="an account", pinned_at=timezone.now(), refused_at=timezone.now())
    identity = SsoIdentity.objects.select_related("user").get()
    page = looker(administrator)
    page.open("sso-setups")
    page.open("sso-release", slug=identity.authentication_type, username=identity.user.username)
    page.open("sso-person-delete", slug=identity.authentication_type, username=identity.user.username)


LTI_ADDRESSES = dict.fromkeys(("authorization_url", "token_url", "keyset_url"), "https://lms.example.org/")


@looks_at("sso-setups", "lti-start", "lti-launch", "lti-platform")
def test_pages_of_learning_platforms(looker: Callable[..., Looker], administrator: User, settings: Any) -> None:
    source = lti_source()
    settings.ROSTER_SOURCES, settings.AUTHENTICATION_TYPES = [source], types_of(source)
    page = looker(administrator)
    page.open("sso-setups")
    page.open("lti-platform", slug="lms")
    page.post("lti-platform", {"issuer": "lms"}, slug="lms")
    LtiPlatform.objects.create(source="lms", issuer="x", client_id="7", **LTI_ADDRESSES)
    page.open("lti-platform", slug="lms")
    page = looker(None)
    page.open("lti-start", slug="lms")
    page.go("login")
    page.post("lti-launch", {"state": "x", "again": "1"}, slug="lms")


@looks_at(
    "user-import",
    "user-import-preview",
    "user-import-start",
    "user-import-read",
    "user-import-mended-rows",
    "user-import-cancel",
    "user-import-progress",
    "user-formats",
    "user-format-new",
    "user-format-new-columns",
    "user-format-edit",
    "user-format-columns",
    "user-format-delete",
)
def test_pages_of_the_import_of_permanent_users(looker: Callable[..., Looker], administrator: User) -> None:
    page = looker(administrator)
    for name in ("user-formats", "user-format-new", "user-import"):
        page.open(name)
    page.post("user-format-new", {"name": "", "holds-1": "username", "heading-1": "Brukernavn"})
    page.post("user-format-new-columns", {"name": "x", "holds-1": "first_name", "heading-1": "", "more": "1"})
    kept = save_format(form("last_name", "first_name!", "ignored"), by=administrator)
    for name in ("user-formats", "user-format-edit", "user-format-delete"):
        page.open(name, format_id=kept.public_id)
    page.post("user-format-columns", {"holds-1": "first_name", "heading-1": "", "up": "1"}, format_id=kept.public_id)
    page.post("user-import", {"paste": ""})
    make_permanent("Kari", "Gammel", username="kari")
    rows = "Kari,Nordmann,kari,en lang setning her\nOla,N,ola,kort\n,,x,\nPer,P,p er,\nLi,Li,,\nLi,Li,,\n"
    waiting = waiting_users(administrator, rows)
    page.open("user-import-preview", user_import=waiting.public_id)
    page.post("user-import-start", {"seen": ""}, user_import=waiting.public_id)
    rows = "".join(f"Kari,Nordmann{number},user{number}\n" for number in range(1500)) + "Ola,Hansen,us er\n"
    waiting = waiting_users(administrator, rows)
    page.open("user-import-preview", user_import=waiting.public_id)
    page.post("user-import-read", {"header": "7"}, user_import=waiting.public_id)
    page.post("user-import-mended-rows", {}, user_import=waiting.public_id)
    waiting = waiting_users(administrator, "Kari,Nordmann,,\n")
    start_import(waiting, seen=seen_of(waiting))
    page.open("user-import-progress", user_import=waiting.public_id)
    Import.objects.filter(pk=waiting.pk).update(status="done", problems=[[2, "Taken."]], report={"problem_count": 1})
    page.open("user-import-progress", user_import=waiting.public_id)
    page.open("user-import")
    page.post("user-import-cancel", {}, user_import="nothing")


@looks_at(
    "permanent-users",
    "permanent-user",
    "permanent-user-rename",
    "permanent-user-deactivate",
    "permanent-user-new-password",
    "permanent-user-delete",
)
def test_pages_of_permanent_users(looker: Callable[..., Looker], administrator: User, everybody: User) -> None:
    page = looker(administrator)
    page.open("permanent-users")
    kari = make_permanent("Kari", "Nordmann", username="kari.nordmann", email="kari@uni.example", external_id="S1")
    for number in range(60):
        make_permanent("Ola", f"Ødegård {number}")
    on_list = PermanentUserList.objects.create(name="Spring", owner=administrator)
    ListMember.objects.create(list=on_list, person=kari)
    user = {"user_id": kari.public_id}
    page.open("permanent-users")
    for name in ("permanent-user", "permanent-user-rename", "permanent-user-deactivate", "permanent-user-delete"):
        page.open(name, **user)
    page.post("permanent-user-rename", {"email": "kari"}, **user)
    page.open("permanent-user-new-password", **user)
    page.page.get_by_role("button", name="Give Kari Nordmann a new password").click()
    page.page.get_by_text("shown only once").wait_for()
    page.look()
    test = an_exam(everybody)
    place = put_on(kari, test)
    open_now(activated(test, everybody))
    start(candidate=Candidate.objects.select_related("test").get(pk=place.pk))
    page.open("permanent-user-deactivate", **user)
    page.open("permanent-user-delete", **user)  # refused: the test is not over
    page = looker(everybody)
    page.open("permanent-user", **user)
    page.page.goto("/permanent-users/?q=nobody")
    page.look()


@looks_at("login-details", "login-details-print", "login-details-print-six", "reveal-login", "renew-password")
def test_login_details_of_permanent_users(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    names = ("anne-marie.solberg-kristoffersen", "x" * 150, "")
    places = [put_on(make_permanent("Anne", f"Berg {name[:9]}", username=name), test) for name in names]
    own = put_on(make_permanent(username="kari.nordmann", password="a long winter evening"), test)
    activated(test, everybody)
    page = looker(everybody)
    objects = {"test_id": test.public_id, "candidate": places[0].public_id}
    page.open("login-details", **objects)
    for name in ("login-details-print", "login-details-print-six"):
        page.go("login-details", **objects)
        page.post(name, {"whose": "all"}, **objects)
    page.open("reveal-login", **objects)
    page.post("reveal-login", {}, **objects)
    page.open("renew-password", **objects)
    page.open("reveal-login", test_id=test.public_id, candidate=own.public_id)


@looks_at("reveal-login")
def test_login_details_that_cannot_be_shown(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    [candidate] = add(test, everybody, "0001")
    objects = {"test_id": test.public_id, "candidate": candidate.public_id}
    page = looker(everybody)
    page.open("reveal-login", **objects)
    activated(test, everybody)
    SealedPassword.objects.all().delete()
    page.open("reveal-login", **objects)
    page.post("reveal-login", {}, **objects)
    assert page.page.get_by_role("link", name="new password").is_visible()


@pytest.fixture
def with_password(everybody: User, settings: Any) -> User:
    """Somebody with a password, which costs the test no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    everybody.set_password("a fjord in the morning")
    everybody.save()
    return everybody


def code_of(key: str) -> str:
    """Return what an authenticator app shows now for a key as it is typed."""
    return f"{TOTP(base64.b32decode(key.replace(' ', ''))).token():06}"


@looks_at("account", "change-password", "two-step", "two-step-codes", "two-step-off", "login-code")
def test_pages_of_the_own_account(looker: Callable[..., Looker], with_password: User) -> None:
    page = looker(with_password)
    page.open("account")
    page.post("change-password", {})
    page.open("change-password")
    page.open("two-step")
    page.page.get_by_label("Code from the app").fill("123")
    page.page.get_by_role("button", name="Switch it on").click()
    page.page.get_by_role("heading", name="Nothing is switched on yet").wait_for()
    page.look()
    page.page.get_by_label("Code from the app").fill(code_of(page.page.locator("code.by-hand").inner_text()))
    page.page.get_by_role("button", name="Switch it on").click()
    page.page.get_by_role("heading", name="10 recovery codes").wait_for()
    page.look()
    for name in ("account", "two-step", "two-step-codes", "two-step-off"):
        page.open(name)
    page = looker(None)
    page.page.goto("/login/")
    page.page.get_by_label("Username").fill(with_password.username)
    page.page.get_by_label("Password").fill("a fjord in the morning")
    page.page.get_by_role("button", name="Log in").click()
    page.page.get_by_role("heading", name="Type the code from your app").wait_for()
    page.look()
    page.page.get_by_role("link", name="Use a recovery code").click()
    page.page.get_by_label("Recovery code", exact=True).fill("aaaa-aaaa")
    page.page.get_by_role("button", name="Log in").click()
    page.page.get_by_role("heading", name="You are not logged in yet").wait_for()
    page.look()


@looks_at("login-details-list", "password-again", "reveal-login")
def test_the_page_that_asks_for_the_password_again(
    looker: Callable[..., Looker], with_password: User, settings: Any
) -> None:
    settings.REAUTHENTICATE_MINUTES = 0
    test = an_exam(with_password)
    [candidate] = add(test, with_password, "0001")
    objects = {"test_id": activated(test, with_password).public_id, "candidate": candidate.public_id}
    page = looker(with_password)
    page.open("reveal-login", **objects)
    page.post("login-details-list", {"whose": "all"}, **objects)
    page.page.get_by_label("Your password", exact=True).fill("wrong")
    page.page.get_by_role("button", name="Go on").click()
    page.page.get_by_role("heading", name="Your password was not right").wait_for()
    page.look()
    page.page.get_by_label("Your password", exact=True).fill("a fjord in the morning")
    page.page.get_by_role("button", name="Go on").click()
    page.page.get_by_role("heading", name="Go on with what you asked for").wait_for()
    page.look()


@looks_at("history", "delete-test", "edit-questions", "archive-test", "deliver-test", "deliver-tests")
def test_pages_of_the_history_and_of_tests_put_away(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody, questions="")
    objects = {"test_id": test.public_id}
    page = looker(everybody)
    page.open("history", **objects)
    add(test, everybody, "0001")
    for name in ("deliver-test", "edit-questions", "delete-test"):
        page.open(name, **objects)
    now = timezone.now()
    activated(test, everybody)
    Test.objects.filter(pk=test.pk).update(
        opens_at=now - timedelta(days=1), ends_at=now - timedelta(hours=20), activated_at=now - timedelta(days=2)
    )
    rows = [AuditEvent(action="candidate_changed", actor=everybody, test=test, count=1) for _row in range(100)]
    AuditEvent.objects.bulk_create(rows)
    page.open("history", **objects)
    page.page.goto(reverse("history", args=[test.public_id]) + "?day=2001-01-01")
    page.look()
    page.page.goto(reverse("deliver-tests") + "?archived=1")
    page.look()
    page.open("archive-test", **objects)
    page.page.get_by_role("button", name="Archive test").click()
    page.page.get_by_text("The test is archived.").wait_for()
    page.look()
    page.page.goto(reverse("deliver-tests") + "?archived=1")
    page.look()


@looks_at("candidate-versions", "candidate-version", "candidate-version-restore", "candidate-history")
def test_pages_of_the_versions_of_an_answer(looker: Callable[..., Looker], everybody: User, clock: Clock) -> None:
    test = an_exam(everybody)
    [candidate] = add(test, everybody, "0001")
    objects = {"test_id": test.public_id, "candidate": candidate.public_id}
    open_now(activated(test, everybody))
    page = looker(everybody)
    page.open("candidate-history", **objects)
    page.open("candidate-versions", **objects)
    start(candidate=Candidate.objects.select_related("test").get(pk=candidate.pk))
    for revision, answer in enumerate(("First reason.\nSecond reason.\n" * 20, "Second reason.\nThird.")):
        writing = Candidate.objects.select_related("test", "submission").get(pk=candidate.pk)
        save_answer(candidate=writing, answer=answer, base_revision=revision, device="desk")
        clock.move(minutes=6)
    page.open("candidate-versions", **objects)
    page.page.get_by_role("button", name="Read").click()
    page.page.get_by_role("heading", name="The version saved").wait_for()
    page.look()
    page.page.get_by_role("button", name="Put this version back").click()
    page.page.locator(".ds-error-summary").wait_for()
    page.look()


@looks_at("people", "person", "person-erase", "unplanned-tests", "hand-over-tests")
def test_pages_of_administrators_about_people(
    looker: Callable[..., Looker], administrator: User, everybody: User
) -> None:
    test = an_exam(everybody)
    [candidate] = add(test, everybody, "0001")
    activated(test, everybody)
    kari = make_permanent("Kari", "Nordmann", username="kari")
    page = looker(administrator)
    page.open("people")
    page.post("people", {})
    page.post("people", {"username": "nobody"})
    page.post("people", {"candidate_id": "0001", "test": test.name[:3]})
    for account in (kari.user_id, Candidate.objects.get(pk=candidate.pk).user_id, everybody.pk):
        page.open("person", key=account)
    left = make_staff("left", is_planner=True)
    User.objects.filter(pk=left.pk).update(is_active=False)
    page.open("person-erase", key=left.pk)
    for whom in (left, everybody):
        page.open("hand-over-tests", account=whom.pk)
    page.post("hand-over-tests", {}, account=everybody.pk)
    page.open("unplanned-tests")
    User.objects.filter(pk=everybody.pk).update(is_active=False)
    page.open("unplanned-tests")


@looks_at()
def test_pages_for_what_went_wrong(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam(everybody)
    page = looker(everybody)
    for address, words in (
        ("/deliver/tests/nothing/", "There is nothing at this address"),
        ("/dashboard/", "You may not open this page"),
        (reverse("candidates-remove-confirmed", args=[test.public_id]), "This address is not a page to open"),
    ):
        page.page.goto(address)
        page.look_at_error(words)
    page = looker(None)
    page.page.goto("/login/")
    page.send("login", {f"field{number}": number for number in range(1001)})
    page.look_at_error("This request cannot be answered")
    page.page.goto("/login/")
    page.page.context.clear_cookies()
    page.send("login", {"username": "kari", "password": "wrong"})
    page.look_at_error("Load the page again")


@looks_at()
def test_the_page_for_too_many_tries(looker: Callable[..., Looker], everybody: User) -> None:
    wrong = {"username": everybody.username, "password": "wrong"}
    for _try in range(settings.AXES_FAILURE_LIMIT):
        Client().post("/login/", wrong)
    page = looker(None)
    page.page.goto("/login/")
    page.send("login", wrong)
    page.look_at_error("Too many tries")


@looks_at()
def test_the_page_for_too_many_searches(looker: Callable[..., Looker], everybody: User, settings: Any) -> None:
    settings.PERMANENT_SEARCHES_A_MINUTE = 0
    page = looker(everybody)
    page.page.goto("/permanent-users/?q=kari")
    page.look_at_error("Too many searches")


@looks_at()
def test_pages_for_what_broke(looker: Callable[..., Looker], db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(error: Exception) -> Callable[..., None]:
        def broken(*args: object, **kwargs: object) -> None:
            raise error

        return broken

    page = looker(None)
    for answer, words in (
        (raising(OperationalError("gone")), "Deliver does not answer right now"),
        (raising(deadlock()), "Nothing was stored"),
        (raising(NoFreeSlot()), "One moment"),
        (raising(ValueError("odd")), "Something went wrong here"),
        (lambda request, *_args, **_kwargs: not_recorded(request), "Nothing was opened"),
    ):
        monkeypatch.setattr("candidates.pages.help.views.render", answer)
        page.page.goto("/help/")
        page.look_at_error(words)


def an_exam_with(everybody: User, count: int) -> Test:
    """Return an open exam with so many candidates, some of whom have started."""
    test = an_exam(everybody)
    add_many(test, everybody, count)
    open_now(activated(test, everybody))
    now = timezone.now()
    some = Candidate.objects.filter(test=test, candidate_id__lte="0100")
    some.update(started_at=now - timedelta(minutes=9), last_seen_at=now, logged_in_at=now - timedelta(minutes=9))
    return test


# Rows are alike: axe, which takes minutes for 1500 of them, finds in these what it would find in all.
MANY = 8
CROWDED = {
    "candidates": {},
    "monitor-test": {},
    "grade-test": {},
    "deliver-test": {},
    "login-details-list": {"whose": "all"},
    "login-details-print": {"whose": "all"},
    "key-list": {"whose": "all"},
    "candidates-remove": {"all_matching": "{count}"},
    "candidates-extra-time-check": {"all_matching": "{count}", "how": "add", "amount": "30"},
}


@pytest.mark.slow
@looks_at(*CROWDED, "import-preview", "add-generated")
def test_pages_with_many_rows(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam_with(everybody, MANY)
    page = looker(everybody)
    for name, data in CROWDED.items():
        if data:
            page.go("login-details", test_id=test.public_id)
            page.post(name, {key: value.format(count=MANY) for key, value in data.items()}, test_id=test.public_id)
        else:
            page.open(name, test_id=test.public_id)
    look_at_many_typed_rows(page, everybody, MANY)


@pytest.mark.slow
@looks_at("candidates", "monitor-test", "grade-test", "import-preview", "add-generated")
def test_1500_rows_are_no_wider_than_a_few(looker: Callable[..., Looker], everybody: User) -> None:
    test = an_exam_with(everybody, 1500)
    page = looker(everybody)
    page.with_axe = False
    for name in ("candidates", "monitor-test", "grade-test"):
        page.open(name, test_id=test.public_id)
    look_at_many_typed_rows(page, everybody, 1500)


def look_at_many_typed_rows(page: Looker, everybody: User, count: int) -> None:
    """Look at previews of a list whose rows are ready or wrong, and at generated rows to edit."""
    test = an_exam(everybody)
    for cell in ("", "30 min"):
        text = "".join(f"{n:04};p{n}@uni.example;{cell};Vesthall;V{n % 9}\n" for n in range(1, count + 1))
        draft = waiting(test, everybody, text, kind="sso")
        page.page.goto(reverse("import-preview", args=[test.public_id, draft.public_id]) + "?all=1")
        page.look()
    page.go("add-generated", test_id=test.public_id)
    page.page.get_by_label("Number of candidates").fill(str(count))
    page.page.get_by_role("button", name="Generate candidates").click()
    page.page.get_by_label(f"Candidate ID, row {count}", exact=True).wait_for()
    page.look()


def test_every_page_of_the_access_table_is_looked_at() -> None:
    assert set(TABLE) - NO_PAGE <= frozenset().union(*PROMISED.values())

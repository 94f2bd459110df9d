"""Every address x every role x own or foreign object x every method (P7, C1-C14).

A new address that is missing from TABLE fails `test_the_table_names_every_address`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection, reset_queries, transaction
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from django.utils import timezone

from candidates.models import (
    Candidate,
    Contributor,
    Import,
    ListFormat,
    Location,
    LtiPlatform,
    PermanentUser,
    PermanentUserList,
    PreparedPerson,
    RosterIdentity,
    Scope,
    Spread,
    SsoIdentity,
    Test,
    User,
    UserFileFormat,
    WebhookEvent,
)
from candidates.operations.webhooks.subscriptions import subscribe
from candidates.signin.access_keys import make_key
from candidates.site.addresses import takes_get
from tests.conftest import offering_sso
from tests.factories import Role, activated, add, contribute, make_permanent, make_staff, make_test, open_now
from tests.intake.accounts.files import waiting_users
from tests.support.lti_platform import lti_source, types_of
from tests.support.roster_source import source_settings

pytestmark = pytest.mark.usefixtures("db")

PLANNERS = frozenset({"planner", "colleague"})
WATCHERS = PLANNERS | {"invigilator"}
GRADERS = frozenset({"grader"})
CANDIDATES = frozenset({"candidate"})
ADMINISTRATORS = frozenset({"administrator"})
KEEPERS = PLANNERS | ADMINISTRATORS | {"stranger"}
LOGGED_IN = WATCHERS | GRADERS | CANDIDATES | {"stranger", "administrator"}
EVERYBODY = LOGGED_IN | {"nobody"}

# Who may use the address on an object that is theirs. Everybody else is refused: signed out to the login page, others
# with 403 (a page that their role does not have) or 404 (an object that is not theirs).
TABLE: dict[str, frozenset[str]] = {
    # signing in, and what is the same for everybody
    "home": LOGGED_IN,
    "login": EVERYBODY,
    "logout": EVERYBODY,
    "login-code": EVERYBODY,  # to the login page, for who has not typed the password; signin/test_second_step.py
    "two-step": LOGGED_IN - CANDIDATES,
    "two-step-off": LOGGED_IN - CANDIDATES,
    "two-step-codes": LOGGED_IN - CANDIDATES,
    "change-password": frozenset(),  # for who has chosen one, which nobody here has; tests/signin/test_own_password.py
    "help": EVERYBODY,
    "accessibility": EVERYBODY,
    "health": EVERYBODY,
    "health-ready": EVERYBODY,
    # tests whose planners cannot work
    "unplanned-tests": ADMINISTRATORS,
    "hand-over-tests": ADMINISTRATORS,
    # logging in through an institution
    "sso-start": EVERYBODY,
    "sso-callback": EVERYBODY,
    "sso-setups": ADMINISTRATORS,
    "sso-setup-test": ADMINISTRATORS,
    "sso-release": ADMINISTRATORS,
    # learning platforms: signin/test_lti_launches.py, pages/platforms
    "lti-start": EVERYBODY,
    "lti-launch": EVERYBODY,
    "lti-keys": EVERYBODY,
    "lti-platform": ADMINISTRATORS,
    "lti-platform-test": ADMINISTRATORS,
    "sources": ADMINISTRATORS,
    "source-test": ADMINISTRATORS,
    "source-person-release": ADMINISTRATORS,
    "access-keys": ADMINISTRATORS,
    "access-key-new": ADMINISTRATORS,
    "access-key-revoke": ADMINISTRATORS,
    "webhooks": ADMINISTRATORS,
    "webhook": ADMINISTRATORS,
    "webhook-pause": ADMINISTRATORS,
    "webhook-go-on": ADMINISTRATORS,
    "webhook-remove": ADMINISTRATORS,
    "api-docs": EVERYBODY,
    "sso-person-delete": ADMINISTRATORS,
    # the own account: of those that last, not of a slip
    "account": LOGGED_IN - CANDIDATES,
    "account-here": LOGGED_IN,
    "password-again": LOGGED_IN - CANDIDATES,
    "account-log-out-there": LOGGED_IN - CANDIDATES,
    "account-log-out-others": LOGGED_IN - CANDIDATES,
    "account-log-out-everywhere": LOGGED_IN - CANDIDATES,
    # joining by test code: for who logs in at an institution, and permanent users; tests/pages/join
    "join": frozenset(),
    "join-with-code": frozenset(),
    "join-look-up": frozenset(),
    "join-now": frozenset(),
    "join-waiting": frozenset(),
    "join-seen": frozenset(),
    "join-leave": frozenset(),
    # tests
    "deliver-tests": PLANNERS | {"stranger"},
    "new-test": PLANNERS | {"stranger"},
    "deliver-test": PLANNERS,
    "edit-test": PLANNERS,
    "edit-questions": PLANNERS,
    "add-from-test": PLANNERS,
    "add-from-test-save": PLANNERS,
    "copy-test": PLANNERS,
    "move-end": PLANNERS,
    "move-end-save": PLANNERS,
    "activate-test": PLANNERS,
    "deactivate-test": PLANNERS,
    "delete-test": PLANNERS,
    "archive-test": PLANNERS,
    "restore-test": PLANNERS,
    "history": PLANNERS,
    "history-csv": PLANNERS,
    "results": PLANNERS,
    "results-download": PLANNERS,
    "grade-scale": PLANNERS,
    "new-contributor": PLANNERS,
    "remove-contributor": PLANNERS,
    # candidates
    "candidates": PLANNERS,
    "candidates-columns": PLANNERS,
    "candidates-download": PLANNERS,
    "candidates-extra-time": PLANNERS,
    "candidates-extra-time-check": PLANNERS,
    "candidates-extra-time-save": PLANNERS,
    "candidates-location": PLANNERS,
    "spread": PLANNERS,
    "spread-save": PLANNERS,
    "spread-undo": PLANNERS,
    "candidates-location-save": PLANNERS,
    "candidates-remove": PLANNERS,
    "candidates-remove-confirmed": PLANNERS,
    "candidates-one-time-login": PLANNERS,
    "candidates-one-time-login-give": PLANNERS,
    "candidates-one-time-login-take-back": PLANNERS,
    "candidates-one-time-login-take-back-confirmed": PLANNERS,
    "candidate": PLANNERS,
    "candidate-versions": PLANNERS,
    "candidate-version": PLANNERS,
    "candidate-version-restore": PLANNERS,
    "renew-password": PLANNERS,
    # adding
    "add-one-time": PLANNERS,
    "arrange-one-time": PLANNERS,
    "add-generated": PLANNERS,
    "arrange-generated": PLANNERS,
    "add-from-file": PLANNERS,
    "one-time-template": PLANNERS,
    "add-from-sso": PLANNERS,
    "sso-template": PLANNERS,
    "add-permanent": PLANNERS,
    "add-permanent-selected": PLANNERS,
    "add-permanent-all": PLANNERS,
    "add-permanent-list": frozenset({"planner"}),  # a list belongs to one person, too
    "list-changes": frozenset({"planner"}),
    "add-new-members": frozenset({"planner"}),
    # lists of permanent users: tests/pages/user_lists/test_user_lists.py has those with whom one is shared
    "user-lists": KEEPERS,
    "user-list-new": KEEPERS,
    "user-list": frozenset({"planner", "administrator"}),
    "user-list-find": frozenset({"planner"}),
    "user-list-add-members": frozenset({"planner"}),
    "user-list-add-all": frozenset({"planner"}),
    "user-list-remove-members": frozenset({"planner"}),
    "user-list-rename": frozenset({"planner"}),
    "user-list-delete": frozenset({"planner"}),
    "user-list-share": frozenset({"planner"}),
    "user-list-unshare": frozenset({"planner"}),
    "user-list-hand-over": frozenset({"planner", "administrator"}),
    "user-list-to-test": frozenset({"planner"}),
    "import-preview": frozenset({"planner"}),  # a draft belongs to one person
    "confirm-import": frozenset({"planner"}),
    "cancel-import": frozenset({"planner"}),
    "mend-import": frozenset({"planner"}),
    "read-import-again": frozenset({"planner"}),
    "assign-columns": frozenset({"planner"}),
    "list-formats": PLANNERS | {"stranger"},
    "list-format-delete": frozenset({"planner"}),
    "download-wrong-rows": frozenset({"planner"}),
    "upload-mended-rows": frozenset({"planner"}),
    "imports": PLANNERS,
    "undo-import": PLANNERS,
    "undo-import-confirmed": PLANNERS,
    # candidates who come from a student system
    "new-test-from-source": PLANNERS | {"stranger"},
    "new-test-from-source-save": PLANNERS | {"stranger"},
    "roster": PLANNERS,
    "roster-connect": PLANNERS,
    "roster-connect-save": PLANNERS,
    "roster-look": PLANNERS,
    "roster-apply": PLANNERS,
    "roster-take": PLANNERS,
    "roster-by-itself": PLANNERS,
    "roster-disconnect": PLANNERS,
    # candidates who join by test code
    "test-code": PLANNERS,
    "test-code-live": PLANNERS,
    "test-code-approve": PLANNERS,
    "test-code-refuse": PLANNERS,
    "test-code-refuse-save": PLANNERS,
    "test-code-let-in": PLANNERS,
    "test-code-setup": PLANNERS,
    "test-code-large": PLANNERS,
    "test-code-replace": PLANNERS,
    # prepared people
    "prepared": PLANNERS,
    "prepared-add": PLANNERS,
    "prepared-person": PLANNERS,
    "prepared-remove": PLANNERS,
    "import-prepared": PLANNERS,
    "prepared-template": PLANNERS,
    # login details
    "login-details": PLANNERS,
    "login-details-ticked": PLANNERS,
    "login-details-list": PLANNERS,
    "login-details-print": PLANNERS,
    "login-details-print-six": PLANNERS,
    "login-details-csv": PLANNERS,
    "login-details-pdf": PLANNERS,
    "login-details-pdf-six": PLANNERS,
    "hall-papers": PLANNERS,
    "hall-papers-pdf": PLANNERS,
    "hall-papers-xlsx": PLANNERS,
    "void-slips-taken-out": PLANNERS,
    "hall-contacts": PLANNERS,
    "key-list": PLANNERS,
    "key-list-csv": PLANNERS,
    "key-list-share": PLANNERS,
    "share-names": PLANNERS,
    "candidate-history": PLANNERS,
    "monitor-key-list": WATCHERS,
    "one-time-logins": PLANNERS,
    "one-time-logins-given": PLANNERS,
    "reveal-login": WATCHERS,
    # Monitor
    "monitor": WATCHERS | {"stranger"},
    "monitor-test": WATCHERS,
    "monitor-live": WATCHERS,
    "monitor-columns": WATCHERS,
    "monitor-csv": WATCHERS,
    "monitor-xlsx": WATCHERS,
    "monitor-incident": PLANNERS,
    "monitor-incident-check": PLANNERS,
    "monitor-incident-save": PLANNERS,
    "monitor-candidate": WATCHERS,
    "monitor-seat": WATCHERS,
    # the door
    "doors": WATCHERS | {"stranger"},
    "door": WATCHERS,
    "door-people": WATCHERS,
    "door-marks": WATCHERS,
    "door-mark": WATCHERS,
    "door-absent": WATCHERS,
    "door-absent-take-back": WATCHERS,
    "door-seat": WATCHERS,
    "door-spare": WATCHERS,
    "door-spare-take-back": WATCHERS,
    "correct-attendance": WATCHERS,
    "spare-logins": PLANNERS,
    "spare-logins-make": PLANNERS,
    "spare-logins-remove": PLANNERS,
    "spare-logins-take-back": PLANNERS,
    "join-spare": PLANNERS,
    # Grade
    "grade": GRADERS | {"stranger"},
    "grade-test": GRADERS,
    "grade-next": GRADERS,
    "grade-csv": GRADERS,
    "grade-xlsx": GRADERS,
    "grade-submission": GRADERS,
    # what is kept about one person
    "people": ADMINISTRATORS,
    "person": ADMINISTRATORS,
    "person-export": ADMINISTRATORS,
    "person-erase": ADMINISTRATORS,
    # permanent users
    "permanent-users": PLANNERS | {"stranger", "administrator"},
    "permanent-user": PLANNERS | {"stranger", "administrator"},
    "permanent-user-rename": ADMINISTRATORS,
    "permanent-user-deactivate": ADMINISTRATORS,
    "permanent-user-reactivate": ADMINISTRATORS,
    "permanent-user-new-password": ADMINISTRATORS,
    "permanent-user-delete": ADMINISTRATORS,
    # rooms
    "rooms": KEEPERS,
    "room-new": KEEPERS,
    "rooms-many": KEEPERS,
    "room": KEEPERS,
    "room-merge": KEEPERS,
    "room-remove": KEEPERS,
    "room-bring-back": KEEPERS,
    # permanent users: their import, by administrators; a file belongs to one of them
    "user-import": ADMINISTRATORS,
    "user-import-template": ADMINISTRATORS,
    "user-import-preview": ADMINISTRATORS,
    "user-import-start": ADMINISTRATORS,
    "user-import-cancel": ADMINISTRATORS,
    "user-import-mend": ADMINISTRATORS,
    "user-import-read": ADMINISTRATORS,
    "user-import-wrong-rows": ADMINISTRATORS,
    "user-import-mended-rows": ADMINISTRATORS,
    "user-import-progress": ADMINISTRATORS,
    "user-import-live": ADMINISTRATORS,
    "user-formats": ADMINISTRATORS,
    "user-format-new": ADMINISTRATORS,
    "user-format-new-columns": ADMINISTRATORS,
    "user-format-edit": ADMINISTRATORS,
    "user-format-columns": ADMINISTRATORS,
    "user-format-delete": ADMINISTRATORS,
    "user-format-default": ADMINISTRATORS,
    # candidates' own pages
    "dashboard": CANDIDATES,
    "archive": CANDIDATES,
    "dashboard-seen": CANDIDATES,
    "sit": CANDIDATES,
    "sit-start": CANDIDATES,
    "sit-answer": CANDIDATES,
    "sit-write-here": CANDIDATES,
    "sit-seen": CANDIDATES,
    "sit-submit": CANDIDATES,
}
BROWSER = Client(raise_request_exception=True)
USUAL = ("GET", "POST")
METHODS = (*USUAL, "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_FORM = {"PUT", "PATCH", "DELETE"}  # what no browser sends
REFUSED = {403, 404}


def addresses() -> Iterator[URLPattern]:
    """Yield every address of the product; the back office and the API have tables of their own (test_access.py)."""
    resolvers = [get_resolver()]
    while resolvers:
        for found in resolvers.pop().url_patterns:
            if isinstance(found, URLResolver):
                if found.namespace not in {"admin", "api"}:
                    resolvers.append(found)
            else:
                yield found


PARAMETERS = {pattern.name or "": list(pattern.pattern.converters) for pattern in addresses()}
CALLED = {pattern.name or "": pattern.callback for pattern in addresses()}


class World:
    """Two exams: one with the whole cast, one of the stranger; each with a candidate, a draft and a contributor."""

    def __init__(self) -> None:
        planner = make_staff("planner", is_planner=True)
        colleague = make_staff("colleague", is_planner=True)
        stranger = make_staff("stranger", is_planner=True, is_invigilator=True, is_grader=True)
        invigilator = make_staff("invigilator", is_invigilator=True)
        grader = make_staff("grader", is_grader=True)
        administrator = make_staff("administrator", is_administrator=True)
        self.identity = SsoIdentity.objects.create(
            user=User.objects.create_user("sso-anna", kind=User.Kind.SSO),
            authentication_type="campus",
            sso_user_id="anna@havnes.example",
            sso_key="anna@havnes.example",
        )
        self.kari = make_permanent(username="kari.nordmann")
        until = timezone.now() + timedelta(days=1)
        self.access_key, _secret = make_key(
            name="Timetable", scopes=[Scope.TESTS_READ], all_tests=True, expires_at=until, by=administrator
        )
        self.webhook = subscribe(
            target="https://hooks.example/", events=[WebhookEvent.TEST_FINISHED], secret="0" * 16, key=self.access_key
        )
        where = dict.fromkeys(("authorization_url", "token_url", "keyset_url"), "https://lms.example.org/")
        LtiPlatform.objects.create(source="lms", issuer="https://lms.example.org", client_id="7", **where)
        self.room = Location.objects.create(building="Vesthall", room="V101")
        exam = make_test(planner=planner)
        contribute(exam, colleague, Role.PLANNER)
        contribute(exam, invigilator, Role.INVIGILATOR)
        contribute(exam, grader, Role.GRADER)
        add(exam, planner, "0001", "0002", "kari")
        open_now(activated(exam, planner))
        self.own = self.objects(exam, planner, administrator)
        other = make_test(planner=stranger, name="CHE1100 General Chemistry")
        contribute(other, stranger, Role.INVIGILATOR)
        contribute(other, stranger, Role.GRADER)
        add(other, stranger, "0001")
        open_now(activated(other, stranger))
        self.foreign = self.objects(other, stranger, stranger)
        candidate = Candidate.objects.select_related("user").get(test=exam, candidate_id="0001").user
        assert candidate is not None
        people = [planner, colleague, stranger, invigilator, grader, administrator]
        self.cast: dict[str, User | AnonymousUser] = {user.username: user for user in people}
        self.cast |= {"candidate": candidate, "nobody": AnonymousUser()}
        self.cookies = {who: logged_in(found) for who, found in self.cast.items()}

    def objects(self, test: Test, owner: User, importer: User) -> dict[str, Any]:
        """Return what stands in addresses: ids of the test, a candidate, a draft and a contributor."""
        draft = Import.objects.create(
            test=test, owner=owner, kind="one_time", file_sha256="0" * 64, expires_at=timezone.now() + timedelta(days=1)
        )
        return {
            "test_id": test.public_id,
            "candidate": Candidate.objects.get(test=test, candidate_id="0001").public_id,
            "draft_id": draft.public_id,
            "contributor": Contributor.objects.filter(test=test).latest("pk").public_id,
            "import_id": Import.objects.create(
                test=test,
                kind="one_time",
                status="done",
                file_sha256="0" * 64,
                added=1,
                expires_at=timezone.now() + timedelta(days=1),
            ).public_id,
            "list_id": PermanentUserList.objects.create(name="BIO2150", owner=owner).public_id,
            "user_import": waiting_users(importer, "Kari,Nordmann,,\n").public_id,
            "list_format": ListFormat.objects.create(kind="sso", name="Ours", owner=owner, fields={"x": ""}).public_id,
            "format_id": UserFileFormat.objects.create(name=f"Registry of {importer}").public_id,
            "revision": 1,
            "room_id": self.room.public_id,
            "prepared_id": PreparedPerson.objects.create(test=test, person="ola", person_key="ola").public_id,
            "code": "DLV123456789",
            "request_id": "nobodyasked",
            "identity": RosterIdentity.objects.create(
                user=owner,
                authentication_type="campus",
                claim="lin",
                login=test.name,
                login_key=test.public_id,
                refused_at=timezone.now(),
            ).public_id,
            "spread_id": Spread.objects.create(test=test).public_id,
            "kind": "csv",
            "ending": "csv",
            "slug": "campus",
            "username": self.identity.user.username,
            "user_id": self.kari.public_id,
            "account": owner.pk,
            "key": self.kari.pk,
            "key_id": self.access_key.public_id,
            "webhook_id": self.webhook.public_id,
        }


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Make both exams once for the whole table: `ask` takes back whatever an answer changed."""
    with django_db_blocker.unblock(), offering_sso(), offering_platform(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def db(world: World) -> None:
    """Stand in for pytest-django's own, which would begin and end a transaction for each test."""
    reset_queries()  # of the test before, and not only the last 9000 of all


@contextmanager
def offering_platform() -> Iterator[None]:
    """Let the settings name a learning platform beside the SSO setups."""
    source = lti_source()
    with override_settings(
        ROSTER_SOURCES=[source, source_settings("campus")],
        AUTHENTICATION_TYPES=[*settings.AUTHENTICATION_TYPES, *types_of(source)],
    ):
        yield


def logged_in(person: User | AnonymousUser) -> SimpleCookie:
    """Return the cookies of a browser in which the person is logged in."""
    browser = Client()
    if isinstance(person, User):
        browser.force_login(person, backend="candidates.signin.backends.PasswordBackend")
    return browser.cookies


def ask(
    cookies: SimpleCookie, method: str, address: str, data: str = "", headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return the answer to one request, and take back whatever it changed, a log-out included."""
    before = transaction.savepoint()  # no `atomic`: each transaction of the request is one of its own to the lock order
    browser = BROWSER  # who asks says the session alone
    browser.cookies = SimpleCookie({name: morsel.value for name, morsel in cookies.items()})
    answer = browser.generic(method, address, data, content_type="application/x-www-form-urlencoded", headers=headers)
    transaction.savepoint_rollback(before)
    return answer  # type: ignore[return-value]


def writes(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements that change something, but for sessions and records of who looked or was refused (C28)."""
    changing = ("INSERT", "UPDATE", "DELETE")
    found = [sql for sql in (query["sql"] for query in captured) if sql.strip().startswith(changing)]
    recorded = 'INSERT INTO "candidates_auditevent"'
    looking = ("'refused'", "'answer_read'", "'references_seen'")
    return [
        sql
        for sql in found
        if "candidates_session" not in sql and not (sql.startswith(recorded) and any(one in sql for one in looking))
    ]


def address_of(name: str, objects: dict[str, Any]) -> str:
    found = {**objects, "slug": "lms"} if name.startswith("lti-") else objects
    return reverse(name, kwargs={key: found[key] for key in PARAMETERS[name]})


def test_the_table_names_every_address() -> None:
    assert set(PARAMETERS) == set(TABLE)
    assert "" not in PARAMETERS, "an address has no name"


@pytest.mark.parametrize("name", sorted(TABLE))
def test_only_the_named_people_get_in(name: str, world: World) -> None:
    address = address_of(name, world.own)
    for who, cookies in world.cookies.items():
        for method in methods_of(name, who):
            with CaptureQueriesContext(connection) as captured:
                answer = ask(cookies, method, address)
            tried = f"{who} {method} {address}: {answer.status_code}"
            assert answer.status_code < 500, tried
            if (who, method) == ("planner", "GET"):
                assert takes_get(resolve(address).func) == (answer.status_code != 405), tried
            if method in {"GET", "HEAD", "OPTIONS"} or who not in TABLE[name]:
                assert writes(captured) == [], tried
            if who in TABLE[name]:
                assert answer.status_code not in REFUSED, tried
                if method in NO_FORM and name != "login":  # Django's own view takes PUT as POST
                    assert answer.status_code == 405, tried
            elif who == "nobody":
                # 405 tells nothing that is not public: which methods an address knows
                to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
                assert to_login or answer.status_code == 405, tried
            else:
                assert answer.status_code in refusals(name, who) | {405}, tried


def methods_of(name: str, who: str) -> tuple[str, ...]:
    """Return by which methods somebody asks: one who gets in by those that run code, who is refused as browsers do.

    Of the others each asks as the address is asked: whom it lets in and which methods it knows do not hang together.
    Who is not logged in tries every method there is.
    """
    there = [other for other in ("planner", *sorted(EVERYBODY)) if other in TABLE[name]]
    not_there = [other for other in ("stranger", *sorted(LOGGED_IN)) if other not in TABLE[name]]
    if who == "nobody":
        return METHODS
    if who in there[:1]:
        return (*USUAL, "HEAD", "PUT", "OPTIONS")
    if who in not_there[:1]:
        return (*USUAL, "PUT")
    return ("GET",) if takes_get(CALLED[name]) else ("POST",)


def refusals(name: str, who: str) -> set[int]:
    """Return how somebody is refused whom the table does not name: 403 without the role, 404 with it (C1-C14)."""
    if not PARAMETERS[name]:
        return {403}
    if "test_id" in PARAMETERS[name] and TABLE[name] == CANDIDATES:
        return {404}  # whoever has no place on a test finds none
    if "test_id" not in PARAMETERS[name] or not TABLE[name] & (WATCHERS | GRADERS):
        return REFUSED
    has_the_role = who == "stranger" or (who == "colleague" and TABLE[name] == {"planner"})  # a draft of one's own
    return {404} if has_the_role else {403}


NUMBERED: dict[str, type[Model]] = {
    "test_id": Test,
    "candidate": Candidate,
    "contributor": Contributor,
    "draft_id": Import,
    "import_id": Import,
    "prepared_id": PreparedPerson,
    "list_id": PermanentUserList,
    "user_id": PermanentUser,
    "user_import": Import,
    "format_id": UserFileFormat,
    "list_format": ListFormat,
}


@pytest.mark.parametrize("part", NUMBERED)
def test_nothing_is_found_by_the_number_that_the_database_counts_it_by(part: str, world: World) -> None:
    number = NUMBERED[part]._default_manager.get(public_id=world.own[part]).pk
    name = next(name for name in sorted(TABLE) if part in PARAMETERS[name])
    for who in sorted(TABLE[name]):
        for method in ("GET", "POST"):
            found = ask(world.cookies[who], method, address_of(name, world.own)).status_code
            missed = ask(world.cookies[who], method, address_of(name, {**world.own, part: str(number)})).status_code
            assert found not in REFUSED, f"{who} {method} {name}: {found}"
            assert missed in {404, 405}, f"{who} {method} {name}: {missed}"


# Addresses that answer with data, a part of a page or a file.
NO_PAGES = [
    "account-here",
    *(
        "sit-answer",
        "sit-seen",
        "dashboard-seen",
        "monitor-live",
        "door-people",
        "door-marks",
        "user-import-live",
        "arrange-one-time",
    ),
    *(
        "candidates-download",
        "login-details-csv",
        "login-details-pdf",
        "hall-papers-pdf",
        "hall-papers-xlsx",
        "key-list-csv",
        "monitor-csv",
        "monitor-xlsx",
        "grade-csv",
        "grade-xlsx",
        "results-download",
        "history-csv",
    ),
    *("download-wrong-rows", "user-import-wrong-rows", "one-time-template", "user-import-template"),
]


@pytest.mark.parametrize("name", NO_PAGES)
def test_data_parts_of_pages_and_files_are_refused_to_scripts_as_pages_are_to_people(name: str, world: World) -> None:
    as_script = {"Accept": "application/json", "HX-Request": "true", "X-Requested-With": "XMLHttpRequest"}
    for who, cookies in world.cookies.items():
        for method in ("GET", "POST"):
            if who not in TABLE[name]:
                answer = ask(cookies, method, address_of(name, world.own), headers=as_script)
                to_login = who == "nobody" and answer.status_code == 302 and answer["Location"].startswith("/login/")
                assert to_login or answer.status_code in REFUSED | {405}, f"{who} {method} {answer.status_code}"
                assert b"0001" not in answer.content


@pytest.mark.parametrize("name", sorted(name for name in TABLE if "test_id" in PARAMETERS[name]))
def test_the_objects_of_others_are_not_there(name: str, world: World) -> None:
    mixed = [world.foreign]
    for part in ("candidate", "draft_id", "import_id", "contributor", "list_id"):
        if part in PARAMETERS[name]:  # a foreign part under a test of one's own, and the reverse (C4)
            mixed += [{**world.own, part: world.foreign[part]}, {**world.foreign, part: world.own[part]}]
    for who in TABLE[name]:
        cookies = world.cookies[who]
        methods = [method for method in methods_of(name, who) if method in {*USUAL, "PUT"}]  # the others as these two
        for objects in mixed:
            for method in methods:
                answer = ask(cookies, method, address_of(name, objects))
                assert answer.status_code in {404, 405}, f"{who} {method} {answer.status_code}"

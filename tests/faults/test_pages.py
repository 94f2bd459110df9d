"""What people try with addresses, fields, texts: nothing more than is theirs (C5, C11, C15, C26, C71, C74)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates import audit
from candidates.credentials.secrets import new_password, new_username
from candidates.lifecycle.user_lists import make_list
from candidates.models import AuditEvent, Candidate, Contributor, PermanentUserList, Test, User
from tests.factories import activated, add, make_permanent, make_test, password_of

pytestmark = [pytest.mark.django_db, pytest.mark.pages]
ClientOf = Callable[[User | None], Client]
PROJECT = Path(__file__).resolve().parent.parent.parent


# Fields that no form has (C5) -----------------------------------------------------------------------------------------


def test_fields_that_a_form_does_not_have_are_passed_over(
    planner: User, stranger: User, client_of: ClientOf, exam: Test
) -> None:
    typed = {
        "name": "Typed",
        "opens_at_date": "2099-12-07",
        "opens_at_time": "09:00",
        "ends_at_date": "2099-12-07",
        "ends_at_time": "13:00",
    }
    smuggled = {
        "id": exam.pk,
        "pk": exam.pk,
        "public_id": exam.public_id,
        "activated_at": "2026-01-01",
        "first_opened_at": "2026-01-01",
        "candidate_count": "1500",
        "last_number": "77",
        "owner": stranger.pk,
        "planner": stranger.pk,
        "role": "planner",
        "is_staff": "on",
        "is_superuser": "on",
    }
    response = client_of(planner).post(reverse("new-test"), typed | smuggled)
    assert response.status_code == 302
    made = Test.objects.exclude(pk=exam.pk).get()
    assert (made.name, made.activated_at, made.candidate_count, made.last_number) == ("Typed", None, 0, 0)
    assert [one.user for one in Contributor.objects.filter(test=made)] == [planner]
    exam.refresh_from_db()
    assert exam.name != "Typed"
    planner.refresh_from_db()
    assert (planner.is_staff, planner.is_superuser) == (False, False)


# Of anything that is stored: whose it is, which row, which test and state, and what an account may do.
FOREIGN = ("id", "pk", "public_id", "owner", "user", "test", "kind", "activated_at", "started_at", "submitted_at")
ROLES_AND_RIGHTS = ("is_superuser", "is_administrator", "is_staff", "is_planner", "is_invigilator", "is_grader")


@dataclass
class Smuggling:
    """A form that is filled in rightly, and what is stored of it without the smuggled fields."""

    who: User
    address: str
    typed: dict[str, str]
    stored: Callable[[], object]
    then: object


def smuggling(what: str, people: dict[str, User], exam: Test) -> Smuggling:
    """Return the form of that name."""
    planner, colleague, administrator = (people[name] for name in ("planner", "colleague", "administrator"))
    names: tuple[str, ...]
    then: tuple[object, ...]
    if what == "list":
        lists = PermanentUserList.objects
        own = ("Spring", planner.pk)
        return Smuggling(
            planner, reverse("user-list-new"), {"name": "Spring"}, lambda: _only(lists, "name", "owner"), own
        )
    if what == "list's name":
        one = make_list(name="Spring", by=planner)
        address = reverse("user-list-rename", args=[one.public_id])
        lists = PermanentUserList.objects
        then = ("Autumn", planner.pk, one.pk)
        return Smuggling(planner, address, {"name": "Autumn"}, lambda: _only(lists, "name", "owner", "pk"), then)
    if what == "contributor":
        address = reverse("new-contributor", args=[exam.public_id])
        added = Contributor.objects.filter(user=people["stranger"])
        typed = {"person": str(people["stranger"].pk), "role": "grader"}
        return Smuggling(
            planner, address, typed, lambda: _only(added, "test", "role", "location"), (exam.pk, "grader", None)
        )
    if what == "candidate":
        (one_candidate,) = add(exam, planner, "0001")
        fields = {"candidate_id": "0002", "amount": "30", "building": "", "room": "", "private_reference": ""}
        was = {"was_candidate_id": "0001", "was_amount": "0"}
        address = reverse("candidate", args=[exam.public_id, one_candidate.public_id])
        names = ("pk", "test", "kind", "candidate_id", "extra_minutes", "incident_minutes", "user", "started_at")
        then = (one_candidate.pk, exam.pk, "one_time", "0002", 30, 0, None, None)
        return Smuggling(planner, address, fields | was, lambda: _only(Candidate.objects, *names), then)
    if what == "permanent user":
        kari = make_permanent()
        fields = {"first_name": "Karin", "last_name": "Nordmann", "email": "", "external_id": ""}
        was = {"was_first_name": "Kari", "was_last_name": "Nordmann"}
        rights = User.objects.filter(pk=kari.pk)
        address = reverse("permanent-user-rename", args=[kari.public_id])
        names = ("name", "kind", "username", *ROLES_AND_RIGHTS)
        then = ("Karin Nordmann", "permanent", kari.user.username, *[False] * 6)
        return Smuggling(administrator, address, fields | was, lambda: _only(rights, *names), then)
    address = f"/back-office/candidates/user/{colleague.pk}/change/"
    fields = {"username": "colleague", "name": "Marte Aune", "is_active": "on", "is_planner": "on", "is_grader": "on"}
    names = ("pk", "kind", "is_superuser", "is_grader")
    marte = User.objects.filter(username="colleague")
    return Smuggling(administrator, address, fields, lambda: _only(marte, *names), (colleague.pk, "staff", False, True))


def _only(rows: Any, *names: str) -> object:
    return rows.values_list(*names).get()


@pytest.mark.parametrize(
    "what", ["list", "list's name", "contributor", "candidate", "permanent user", "account of staff"]
)
def test_no_form_takes_an_owner_a_right_or_a_state_that_it_does_not_have(
    request: pytest.FixtureRequest, client_of: ClientOf, exam: Test, what: str
) -> None:
    names = ("planner", "colleague", "stranger", "administrator")
    people: dict[str, User] = {name: request.getfixturevalue(name) for name in names}
    other = make_test(planner=people["colleague"], name="Another test")
    form = smuggling(what, people, exam)
    foreign = {name: str(people["stranger"].pk) for name in FOREIGN} | {
        "test": str(other.pk),
        "kind": "permanent" if what != "permanent user" else "staff",
        "activated_at": "2026-01-01",
        "started_at": "2026-01-01",
        "submitted_at": "2026-01-01",
        "incident_minutes": "90",
        "last_number": "77",
        "password": "planted",
    }
    # the back office has a field for each role; nobody becomes a superuser by it
    rights = ROLES_AND_RIGHTS if what != "account of staff" else ("is_superuser",)
    response = client_of(form.who).post(form.address, form.typed | foreign | dict.fromkeys(rights, "on") | form.typed)
    assert response.status_code == 302
    assert form.stored() == form.then
    for name, person in people.items():
        before = person.password, person.is_superuser, person.kind
        person.refresh_from_db()
        assert (person.password, person.is_superuser, person.kind) == before, name


# Nobody logs in before there are slips (C15) --------------------------------------------------------------------------


def test_before_activation_nothing_that_somebody_can_know_logs_in(
    exam: Test, candidates: list[Candidate], planner: User
) -> None:
    def log_in(username: str, password: str) -> int:
        return Client().post("/login/", {"username": username, "password": password}).status_code

    for typed in (candidates[0].candidate_id, candidates[0].public_id, new_username()):
        assert [log_in(typed, password) for password in (typed, new_password())] == [422, 422]
    activated(exam, planner)
    candidates[0].refresh_from_db()
    assert candidates[0].user is not None
    assert log_in(candidates[0].user.username, password_of(candidates[0])) == 302


# Roles that are taken away (C11) --------------------------------------------------------------------------------------

PAGES = {"planner": "deliver-test", "invigilator": "monitor-test", "grader": "grade-test"}


@pytest.mark.parametrize("who", PAGES)
def test_a_role_that_is_taken_away_is_gone_at_the_next_click(
    open_exam: Test, client_of: ClientOf, request: pytest.FixtureRequest, who: str
) -> None:
    person = request.getfixturevalue(who)
    client = client_of(person)
    address = reverse(PAGES[who], args=[open_exam.public_id])
    assert client.get(address).status_code == 200
    User.objects.filter(pk=person.pk).update(**{f"is_{who}": False})
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("who", PAGES)
def test_who_is_no_contributor_any_more_finds_no_test_at_the_next_click(
    open_exam: Test, client_of: ClientOf, request: pytest.FixtureRequest, who: str
) -> None:
    person = request.getfixturevalue(who)
    client = client_of(person)
    address = reverse(PAGES[who], args=[open_exam.public_id])
    assert client.get(address).status_code == 200
    Contributor.objects.filter(test=open_exam, user=person).delete()
    assert client.get(address).status_code == 404


# One login on two devices (C26) ---------------------------------------------------------------------------------------


def test_each_device_that_logs_in_with_a_slip_is_recorded_with_its_address(candidate: Candidate) -> None:
    assert candidate.user is not None
    login = {"username": candidate.user.username, "password": password_of(candidate)}
    devices = {"192.0.2.7": Client(REMOTE_ADDR="192.0.2.7"), "192.0.2.8": Client(REMOTE_ADDR="192.0.2.8")}
    for device in devices.values():
        device.post("/login/", login)
    page = f"/test/{candidate.test.public_id}/"
    assert [device.get(page).status_code for device in devices.values()] == [200, 200]
    rows = AuditEvent.objects.filter(action=AuditEvent.Action.LOGIN, actor=candidate.user)
    assert [row.address for row in rows.order_by("pk")] == list(devices)


# What is written into the audit is text (C71) -------------------------------------------------------------------------


def test_the_audit_shows_what_is_in_it_as_text_and_each_act_in_one_row(
    administrator: User, planner: User, client_of: ClientOf, exam: Test
) -> None:
    name = "x\r\n2026-01-01 login Done <script>alert(1)</script>"
    Test.objects.filter(pk=exam.pk).update(name=name)
    exam.refresh_from_db()
    typed = {"reason": f"{name}\x1b[2J"}
    event = audit.record(AuditEvent.Action.TEST_CHANGED, by=planner, test=exam, detail=typed)
    assert str(event).endswith(" test_changed")
    client = client_of(administrator)
    for address in ("/back-office/candidates/auditevent/", f"/back-office/candidates/auditevent/{event.pk}/change/"):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert "\x1b" not in page


# Nothing of the installation is served (C74) --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/admin/",
        "/.env",
        "/.git/config",
        "/.git/HEAD",
        "/db.sqlite3",
        "/manage.py",
        "/static/",
        "/static/candidates/",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/candidates/sitting/sitting.js.map",
        "/media/",
        "/__debug__/",
        "/robots.txt~",
    ],
)
def test_an_address_that_looks_behind_the_pages_finds_nothing(
    administrator: User, client_of: ClientOf, address
) -> None:
    for who in (None, administrator):
        response = client_of(who).get(address)
        assert response.status_code == 404 or "/login/" in response["Location"]
        text = b"".join(response) if response.streaming else response.content
        for word in (b"SECRET_KEY", b"Traceback", b"URLconf", b"settings", b"Index of"):
            assert word not in text


def test_no_script_names_a_source_map() -> None:
    scripts = sorted((PROJECT / "candidates" / "static").rglob("*.js"))
    assert "sitting.js" in {script.name for script in scripts}
    for script in scripts:
        assert "sourceMappingURL" not in script.read_text(), script.name


def test_a_fault_of_ours_shows_no_trace(planner: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a text from inside")

    monkeypatch.setattr("candidates.pages.tests.views.render", broken)
    client = client_of(planner)
    client.raise_request_exception = False
    response = client.get("/deliver/tests/")
    assert response.status_code == 500
    assert "Something went wrong here" in response.content.decode()
    for word in ("a text from inside", "Traceback", "RuntimeError", str(PROJECT)):
        assert word not in response.content.decode()

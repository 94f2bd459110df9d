"""The pages of permanent users: the list, one of them, and what administrators do."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.models import AuditEvent, Candidate, ListMember, ListShare, PermanentUser, PermanentUserList, Test, User
from tests.factories import activated, add, make_permanent, make_test, open_now
from tests.support.permanent import put_on

ClientOf = Callable[[User | None], Client]
PASSWORD = "a long winter evening"
ACTS = ("rename", "deactivate", "reactivate", "new-password", "delete")


def address(person: PermanentUser, act: str = "") -> str:
    return reverse(f"permanent-user-{act}" if act else "permanent-user", args=[person.public_id])


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


@pytest.fixture
def kari(db: None) -> PermanentUser:
    return make_permanent(
        "Kari", "Nordmann", username="kari.nordmann", email="kari@uni.example", external_id="S1", password=PASSWORD
    )


@pytest.fixture
def ola(db: None) -> PermanentUser:
    """Somebody whose name and password were made here."""
    return make_permanent("Ola", "Ødegård")


def logged_in(password: str = PASSWORD) -> Client:
    browser = Client()
    assert browser.post("/login/", {"username": "kari.nordmann", "password": password}).status_code == 302
    assert SESSION_KEY in browser.session
    return browser


def gets_in(username: str, password: str) -> bool:
    return Client().post("/login/", {"username": username, "password": password}).status_code == 302


# The list -----------------------------------------------------------------------------------------------------------


def test_it_is_the_first_page_of_administrators(client_of: ClientOf, administrator: User) -> None:
    assert client_of(administrator).get("/").headers["Location"] == "/permanent-users/"


def test_without_users_it_says_how_they_come(client_of: ClientOf, administrator: User, planner: User) -> None:
    assert "No permanent user is stored yet" in text_of(client_of(administrator).get("/permanent-users/"))
    assert "Ask yours" in text_of(client_of(planner).get("/permanent-users/"))


def test_administrators_see_everything_but_passwords(
    client_of: ClientOf, administrator: User, kari: PermanentUser, ola: PermanentUser
) -> None:
    text = text_of(client_of(administrator).get("/permanent-users/"))
    for words in ("2 permanent users, by last name", "Kari Nordmann", "kari@uni.example", "S1", "Ola Ødegård"):
        assert words in text
    assert ola.user.shown_username in text
    assert kari.user.password not in text
    assert text.index("Kari Nordmann") < text.index("Ola Ødegård")
    assert "Deactivated</span>" not in text


def test_planners_see_neither_e_mail_nor_external_id(client_of: ClientOf, planner: User, kari: PermanentUser) -> None:
    browser = client_of(planner)
    for page in ("/permanent-users/", address(kari)):
        text = text_of(browser.get(page))
        assert "Kari Nordmann" in text
        assert "kari.nordmann" in text
        assert "kari@uni.example" not in text
        assert ">S1<" not in text
        assert "Give a new password" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ode", ["Ola Ødegård"]),
        ("q=NORDMANN+kari", ["Kari Nordmann"]),
        ("q=s1", ["Kari Nordmann"]),
        ("status=deactivated", ["Ola Ødegård"]),
        ("status=active", ["Kari Nordmann"]),
        ("status=anything&list=none&page=x", ["Kari Nordmann", "Ola Ødegård"]),
        ("q=%00", ["Kari Nordmann", "Ola Ødegård"]),
    ],
)
def test_it_is_searched_and_filtered(
    client_of: ClientOf, planner: User, kari: PermanentUser, ola: PermanentUser, query: str, found: list[str]
) -> None:
    User.objects.filter(pk=ola.pk).update(is_active=False)
    text = text_of(client_of(planner).get(f"/permanent-users/?{query}"))
    assert [name for name in ("Kari Nordmann", "Ola Ødegård") if f">{name}</a>" in text] == found


def test_nobody_found_leads_back_to_all(client_of: ClientOf, planner: User, kari: PermanentUser) -> None:
    text = text_of(client_of(planner).get("/permanent-users/?q=nobody"))
    assert "No user matches ‘nobody’." in text
    assert "Show all 1" in text


def test_only_own_and_shared_lists_are_shown(
    client_of: ClientOf, planner: User, colleague: User, kari: PermanentUser, ola: PermanentUser
) -> None:
    own = PermanentUserList.objects.create(name="Spring", owner=planner)
    shared = PermanentUserList.objects.create(name="Autumn", owner=colleague)
    private = PermanentUserList.objects.create(name="Private of Marte", owner=colleague)
    ListShare.objects.create(list=shared, user=planner)
    for one in (own, shared, private):
        ListMember.objects.create(list=one, person=kari)
    browser = client_of(planner)
    assert "Autumn, Spring" in text_of(browser.get("/permanent-users/"))
    for page in ("/permanent-users/", address(kari)):
        text = text_of(browser.get(page))
        assert "Autumn" in text
        assert "Private of Marte" not in text
    filtered = text_of(browser.get(f"/permanent-users/?list={own.public_id}"))
    assert "Kari Nordmann" in filtered
    assert "Ola Ødegård" not in filtered
    everybody = text_of(browser.get(f"/permanent-users/?list={private.public_id}"))
    assert "Ola Ødegård" in everybody  # another's list is no filter, and its name is not told


def many(count: int, name: str = "user") -> None:
    users = User.objects.bulk_create(
        User(username=f"{name}.{n:05}", kind="permanent", password="!") for n in range(count)
    )
    people = [PermanentUser(user=user, first_name="Anna", last_name=f"Berg {user.username}") for user in users]
    for person in people:
        person.name_keys(username=person.user.username)
    PermanentUser.objects.bulk_create(people)


def test_50_stand_on_a_page(client_of: ClientOf, planner: User) -> None:
    many(120)
    browser = client_of(planner)
    first, last = text_of(browser.get("/permanent-users/")), text_of(browser.get("/permanent-users/?page=3&q=anna"))
    assert first.count('<th scope="row"') == 50
    assert "1–50 of 120 permanent users" in first
    assert "?page=2" in first
    assert last.count('<th scope="row"') == 20
    assert "101–120 of 120: ‘anna’." in last
    assert "Next 50" not in last
    assert "There are not so many users." in text_of(browser.get("/permanent-users/?page=99"))


@pytest.mark.slow
def test_more_than_1000_are_not_counted_out(client_of: ClientOf, planner: User) -> None:
    many(1100)
    assert "1–50 of more than 1000: ‘anna’." in text_of(client_of(planner).get("/permanent-users/?q=anna"))


def test_a_page_asks_as_often_with_many_users_as_with_few(
    client_of: ClientOf, administrator: User, kari: PermanentUser
) -> None:
    browser = client_of(administrator)
    one = PermanentUserList.objects.create(name="Spring", owner=administrator)
    ListMember.objects.create(list=one, person=kari)
    many(60, "few")
    pages = ("/permanent-users/", "/permanent-users/?status=active&q=a", address(kari))

    def counts() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(page).status_code == 200
            found.append(len(captured))
        return found

    few = counts()
    many(500, "more")
    assert counts() == few
    assert max(few) <= 10


# One of them --------------------------------------------------------------------------------------------------------


def test_a_planner_sees_the_tests_that_the_planner_plans(
    client_of: ClientOf, planner: User, stranger: User, administrator: User, kari: PermanentUser
) -> None:
    mine, theirs = make_test(planner=planner, name="Mine"), make_test(planner=stranger, name="Theirs")
    put_on(kari, mine, candidate_id="K-1")
    put_on(kari, theirs)
    text = text_of(client_of(planner).get(address(kari)))
    assert "Mine" in text
    assert "K-1" in text
    assert "Theirs" not in text
    assert "others plan" not in text  # not even how many there are
    for_administrators = text_of(client_of(administrator).get(address(kari)))
    assert "Mine" not in for_administrators
    assert "On 2 tests that others plan." in for_administrators


def test_somebody_who_does_not_exist_is_not_found(client_of: ClientOf, administrator: User) -> None:
    assert client_of(administrator).get("/permanent-users/nobody/").status_code == 404


def test_a_reactivation_is_no_page(client_of: ClientOf, administrator: User, kari: PermanentUser) -> None:
    assert client_of(administrator).get(address(kari, "reactivate")).status_code == 405


# Rename -------------------------------------------------------------------------------------------------------------


def sent(person: PermanentUser, **changes: str) -> dict[str, str]:
    stored = {"first_name": person.first_name, "last_name": person.last_name}
    stored |= {"email": person.user.email, "external_id": person.external_id}
    return {**stored, **{f"was_{name}": value for name, value in stored.items()}, **changes}


def test_a_new_name_is_found_and_candidate_ids_stay(
    client_of: ClientOf, administrator: User, planner: User, kari: PermanentUser
) -> None:
    place = put_on(kari, make_test(planner=planner))
    browser = client_of(administrator)
    page = text_of(browser.get(address(kari, "rename")))
    assert "Candidate IDs on tests stay as they are" in page
    answer = browser.post(address(kari, "rename"), sent(kari, last_name="  Ås  Nordmann ", email=""), follow=True)
    assert "Kari Ås Nordmann is changed." in text_of(answer)
    kari.refresh_from_db()
    place.refresh_from_db()
    assert (kari.full_name, kari.user.name, kari.user.email) == ("Kari Ås Nordmann", "Kari Ås Nordmann", "")
    assert (kari.user.username, kari.sort_key, place.candidate_id) == (
        "kari.nordmann",
        "}s nordmann kari",
        "Kari Nordmann",
    )
    assert PermanentUser.objects.matching("aas").count() == 0
    assert PermanentUser.objects.matching("as kari.nordmann").get() == kari
    event = AuditEvent.objects.get(action="permanent_user_changed")
    assert event.detail == {"user": kari.public_id, "changed": ["last_name", "email"]}


def test_an_external_id_of_somebody_else_is_a_sentence(
    client_of: ClientOf, administrator: User, kari: PermanentUser, ola: PermanentUser
) -> None:
    answer = client_of(administrator).post(address(ola, "rename"), sent(ola, external_id="S1", first_name="Olav"))
    assert answer.status_code == 422
    assert "Another permanent user has this external ID." in text_of(answer)
    assert 'value="Olav"' in text_of(answer)  # nothing typed is lost
    ola.refresh_from_db()
    assert (ola.first_name, ola.external_id) == ("Ola", "")
    assert not AuditEvent.objects.filter(action="permanent_user_changed").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first_name": "", "last_name": " "}, "Write a first name, a last name, or both."),
        ({"first_name": "K" * 50, "last_name": "N" * 50}, "First and last name together can have at most 100"),
        ({"first_name": "x" * 101}, "Use at most 100 characters."),
        ({"first_name": "Ka\u202eri"}, "There is a character inside that nobody can see"),
        ({"external_id": "1,23E+11"}, "digits are lost"),
        ({"email": "kari"}, "E-mail"),
    ],
)
def test_what_cannot_be_a_name_is_refused(
    client_of: ClientOf, administrator: User, kari: PermanentUser, changes: dict[str, str], words: str
) -> None:
    answer = client_of(administrator).post(address(kari, "rename"), sent(kari, **changes))
    assert answer.status_code == 422
    assert words in text_of(answer)
    kari.refresh_from_db()
    assert kari.full_name == "Kari Nordmann"


def test_two_administrators_lose_nothing_of_each_other(
    client_of: ClientOf, administrator: User, kari: PermanentUser
) -> None:
    browser = client_of(administrator)
    seen = sent(kari)
    browser.post(address(kari, "rename"), {**seen, "first_name": "Karin"})
    browser.post(address(kari, "rename"), {**seen, "external_id": "S2"})
    kari.refresh_from_db()
    assert (kari.first_name, kari.external_id) == ("Karin", "S2")
    answer = browser.post(address(kari, "rename"), {**seen, "first_name": "Karoline"})
    assert answer.status_code == 422
    assert "Somebody else has changed this to “Karin” meanwhile." in text_of(answer)
    kari.refresh_from_db()
    assert kari.first_name == "Karin"
    again = {**seen, "first_name": "Karoline", "was_first_name": "Karin", "was_external_id": "S2", "external_id": "S2"}
    browser.post(address(kari, "rename"), again)
    kari.refresh_from_db()
    assert kari.first_name == "Karoline"


# In and out ---------------------------------------------------------------------------------------------------------


def test_who_is_deactivated_is_out_at_the_next_click_and_can_come_back(
    client_of: ClientOf, administrator: User, kari: PermanentUser
) -> None:
    session, browser = logged_in(), client_of(administrator)
    assert "Deactivate Kari Nordmann?" in text_of(browser.get(address(kari, "deactivate")))
    assert session.get("/dashboard/").status_code == 200
    browser.post(address(kari, "deactivate"))
    assert session.get("/dashboard/").status_code == 302
    assert not gets_in("kari.nordmann", PASSWORD)
    assert "Deactivated" in text_of(browser.get(address(kari)))
    browser.post(address(kari, "reactivate"))
    assert gets_in("kari.nordmann", PASSWORD)
    told = [event.detail for event in AuditEvent.objects.filter(action="permanent_user_changed").order_by("pk")]
    assert told == [{"user": kari.public_id, "is_active": active} for active in (False, True)]
    again = browser.post(address(kari, "reactivate"), follow=True)
    assert "can log in already" in text_of(again)
    assert AuditEvent.objects.filter(action="permanent_user_changed").count() == 2


@pytest.mark.parametrize("act", ["deactivate", "new-password"])
def test_what_breaks_into_a_running_test_names_it_first(
    client_of: ClientOf, administrator: User, planner: User, kari: PermanentUser, act: str
) -> None:
    test = make_test(planner=planner, name="Running now")
    place = put_on(kari, test)
    open_now(activated(test, planner))
    assert "is writing" not in text_of(client_of(administrator).get(address(kari, act)))
    Candidate.objects.filter(pk=place.pk).update(started_at=timezone.now())
    assert "Kari Nordmann is writing Running now now." in text_of(client_of(administrator).get(address(kari, act)))


# A new password -----------------------------------------------------------------------------------------------------


def new_password_in(response: Any) -> str:
    shown = response.content.decode().partition("<dt>Password</dt><dd>")[2].partition("</dd>")[0]
    assert len(shown) == 15
    return str(shown)


def test_a_new_password_is_shown_once_and_ends_sessions(
    client_of: ClientOf, administrator: User, planner: User, kari: PermanentUser
) -> None:
    place = put_on(kari, make_test(planner=planner))
    session, browser = logged_in(), client_of(administrator)
    assert "works for all their tests" in text_of(browser.get(address(kari, "new-password")))
    answer = browser.post(address(kari, "new-password"))
    assert "no-store" in answer["Cache-Control"]
    shown = new_password_in(answer)
    assert session.get("/dashboard/").status_code == 302
    assert not gets_in("kari.nordmann", PASSWORD)
    assert gets_in("kari.nordmann", shown.upper())
    place.refresh_from_db()
    assert place.slip_version == 2
    event = AuditEvent.objects.get(action="password_renewed", test=None)
    assert event.detail == {"user": kari.public_id}
    for page in (address(kari), "/permanent-users/", address(kari, "new-password")):
        text = text_of(browser.get(page))
        assert shown not in text
        assert shown.replace("-", "") not in text


def test_a_password_is_found_nowhere_afterwards(
    client_of: ClientOf, administrator: User, kari: PermanentUser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    browser = client_of(administrator)
    answer = browser.post(address(kari, "new-password"))
    shown = new_password_in(answer)
    assert gets_in("kari.nordmann", shown)
    assert not gets_in("kari.nordmann", PASSWORD)
    secrets = (shown, shown.replace("-", ""), PASSWORD)
    for model in apps.get_models():
        for row in model._default_manager.values():
            assert not [secret for secret in secrets if secret in repr(row)], model
    assert not [secret for secret in secrets if secret in caplog.text]
    assert not [secret for secret in secrets if secret in repr(dict(browser.session.items()))]
    assert not [secret for secret in secrets if secret in str(answer.headers)]


def test_without_an_audit_row_there_is_no_new_password(
    client_of: ClientOf, administrator: User, kari: PermanentUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kari.user.password

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(AuditEvent.objects, "create", broken)
    with pytest.raises(RuntimeError):
        client_of(administrator).post(address(kari, "new-password"))
    kari.user.refresh_from_db()
    assert kari.user.password == before


# Deleting -----------------------------------------------------------------------------------------------------------


def test_somebody_on_no_test_is_deleted_for_good(client_of: ClientOf, administrator: User, kari: PermanentUser) -> None:
    logged_in()
    browser = client_of(administrator)
    assert "on no test" in text_of(browser.get(address(kari, "delete")))
    answer = browser.post(address(kari, "delete"), follow=True)
    assert "The user is deleted." in text_of(answer)
    assert not User.objects.filter(username="kari.nordmann").exists()
    assert browser.get(address(kari)).status_code == 404
    assert browser.post(address(kari, "delete")).status_code == 404
    assert_nobody_knows(kari)


def test_somebody_on_a_test_that_is_not_over_stays(
    client_of: ClientOf, administrator: User, planner: User, kari: PermanentUser
) -> None:
    put_on(kari, make_test(planner=planner))
    for ask in ("get", "post"):
        answer = getattr(client_of(administrator), ask)(address(kari, "delete"))
        assert answer.status_code == 409
        assert "on 1 test that is not over" in text_of(answer)
    assert User.objects.filter(username="kari.nordmann").exists()


def test_of_somebody_who_sat_tests_results_stay_without_a_person(
    client_of: ClientOf, administrator: User, planner: User, kari: PermanentUser, ola: PermanentUser
) -> None:
    test = make_test(planner=planner)
    add(test, planner, "0001")
    test.refresh_from_db()
    place = put_on(kari, test, candidate_id="0002", private_reference="Kari Nordmann, row 3")
    other = put_on(ola, test)
    open_now(activated(test, planner), minutes_ago=29 * 60)  # over for 25 hours
    session = logged_in()
    ListMember.objects.create(list=PermanentUserList.objects.create(name="Spring", owner=planner), person=kari)
    browser = client_of(administrator)
    assert "On 1 test that is over" in text_of(browser.get(address(kari, "delete")))
    browser.post(address(kari, "delete"))
    assert session.get("/dashboard/").status_code == 302
    place.refresh_from_db()
    assert (place.candidate_id, place.private_reference) == ("0002", "")
    account = place.user
    assert account is not None
    assert (account.name, account.email, account.is_active) == ("", "", False)
    assert account.password.startswith("!")
    assert not PermanentUser.objects.filter(pk=account.pk).exists()
    assert not ListMember.objects.exists()
    assert Test.objects.get(pk=test.pk).candidate_count == 3
    assert_nobody_knows(kari)
    # the pages of the test and of others go on
    assert client_of(planner).get(reverse("candidates", args=[test.public_id])).status_code == 200
    assert client_of(planner).get(reverse("candidate", args=[test.public_id, place.public_id])).status_code == 200
    other.refresh_from_db()
    assert other.user is not None
    assert other.user.name == "Ola Ødegård"


def assert_nobody_knows(person: PermanentUser) -> None:
    """Assert that no row of any table says who the deleted person was."""
    for model in apps.get_models():
        for row in model._default_manager.values():
            for secret in ("kari.nordmann", "Nordmann", "kari@uni.example"):
                assert secret not in repr(row), (model, row)
    event = AuditEvent.objects.get(action="permanent_user_deleted")
    assert event.detail["user"] == person.public_id
    assert AuditEvent.objects.filter(action="login", actor_name__startswith="deleted-").exists()

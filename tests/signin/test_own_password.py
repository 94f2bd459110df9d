"""Everybody with a chosen password changes it; one that somebody else has set is changed before anything else opens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from candidates.errors import Refused
from candidates.models import AuditEvent, Candidate, PermanentUser, SealedPassword, User
from candidates.signin.own_password import change_own_password
from tests.factories import make_permanent, make_staff

ClientOf = Callable[[User | None], Client]
OLD, NEW = "a fjord in the morning", "a mountain in the evening"
PAGE = "/account/password/"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        "candidates.signin.hashers.KeyedArgon2Hasher",
    ]


@pytest.fixture
def ingrid(db: None) -> User:
    """A planner with a password."""
    return User.objects.create_user("ingrid", OLD, email="ingrid.solheim@havnes.example", is_planner=True)


def logged_in(username: str = "ingrid", password: str = OLD) -> Client:
    browser = Client()
    assert browser.post("/login/", {"username": username, "password": password}).status_code == 302
    return browser


def change(browser: Client, current: str = OLD, new: str = NEW) -> Any:
    return browser.post(PAGE, {"current_password": current, "new_password": new})


def test_a_new_password_ends_every_other_session_and_this_one_goes_on(ingrid: User) -> None:
    here, there = logged_in(), logged_in()
    assert "Changed" not in here.get(PAGE).content.decode()
    answer = change(here)
    assert answer.status_code == 302
    assert here.get("/deliver/tests/").status_code == 200
    assert there.get("/deliver/tests/")["Location"].startswith("/login/")
    assert logged_in(password=NEW).get("/deliver/tests/").status_code == 200
    ingrid.refresh_from_db()
    assert ingrid.password_changed_at is not None
    event = AuditEvent.objects.get(action="password_changed")
    assert (event.actor, event.outcome) == (ingrid, "done")
    assert OLD not in str(event.detail)
    assert NEW not in str(event.detail)


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("short", "at least 12 characters"),
        ("password1234", "too common"),
        ("ingrid.solheim@havnes", "similar"),
        (OLD, "Choose another one"),
        ("x" * 5000, "Use at most"),
        ("a mountain\x00 in the evening", "cannot be typed at a login"),
        ("", "Fill this in."),
    ],
)
def test_a_password_that_is_of_no_use_is_refused_and_the_old_one_stays(ingrid: User, new: str, sentence: str) -> None:
    answer = change(logged_in(), new=new)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert OLD not in page
    assert logged_in().get("/deliver/tests/").status_code == 200


def test_wrong_tries_are_recorded_and_braked_as_logins_are(ingrid: User) -> None:
    browser = logged_in()
    answers = [change(browser, current=f"wrong {n}").status_code for n in range(13)]
    assert answers == [422] * 9 + [429] * 4
    refused = AuditEvent.objects.filter(action="password_changed", outcome="refused", actor=ingrid)
    assert refused.count() == 10
    assert not AuditEvent.objects.filter(action="login_refused").exists()
    assert change(browser).status_code == 429  # nor with the right one, until the brake is off
    assert "wrong" not in str(list(refused.values_list("detail", flat=True))).replace("wrong password", "")


@pytest.mark.parametrize("address", ["add/", "{}/password/"])
def test_a_password_set_in_the_back_office_is_changed_before_anything_else_opens(
    ingrid: User, administrator: User, client_of: ClientOf, address: str
) -> None:
    office, users = client_of(administrator), "/back-office/candidates/user/"
    sent = {"username": "berit", "password1": OLD, "password2": OLD, "is_administrator": "on", "is_planner": "on"}
    if address == "add/":
        assert office.post(f"{users}add/", sent).status_code == 302
    else:
        berit = User.objects.create_user("berit", NEW, is_administrator=True, is_planner=True)
        assert office.post(users + address.format(berit.pk), sent).status_code == 302
    browser = logged_in("berit")
    shut = (
        "/deliver/tests/",
        "/permanent-users/",
        "/back-office/",
        "/back-office/candidates/user/add/",
        "/sso/setups/",
    )
    for path in shut:
        for method in (browser.get, browser.post):
            answer = method(path)
            assert (answer.status_code, answer["Location"]) == (302, PAGE), path
    assert not User.objects.filter(username="").exists()
    page = browser.get(PAGE).content.decode()
    assert "Choose a password of your own" in page
    assert browser.get("/help/").status_code == 200
    newer = "a valley at noon in May"
    assert change(browser, new=newer)["Location"] == "/"
    assert browser.get("/deliver/tests/").status_code == 200
    assert Client().post("/login/", {"username": "berit", "password": OLD}).status_code == 422


def test_who_has_to_change_it_can_still_log_out(ingrid: User) -> None:
    User.objects.update(must_change_password=True)
    browser = logged_in()
    browser.post("/logout/")
    assert browser.get(PAGE)["Location"].startswith("/login/")


def test_nobody_else_has_to_change_it(ingrid: User) -> None:
    make_permanent(username="kari.nordmann", password=OLD)
    User.objects.create_superuser("root", OLD)
    assert not User.objects.filter(must_change_password=True).exists()
    assert logged_in("kari.nordmann").get("/dashboard/").status_code == 200
    assert logged_in("root").get("/back-office/").status_code == 200


@pytest.mark.parametrize("address", ["password_change/", "password_change/done/", "candidates/user/{}/password/"])
def test_the_back_office_has_no_other_way_to_the_own_one(address: str, db: None) -> None:
    root = User.objects.create_superuser("root", OLD)
    browser = logged_in("root")
    sent = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW, "password1": NEW, "password2": NEW}
    path = f"/back-office/{address.format(root.pk)}"
    assert [browser.get(path)["Location"], browser.post(path, sent)["Location"]] == [PAGE, PAGE]
    root.refresh_from_db()
    assert root.check_password(OLD)


def test_a_permanent_user_changes_a_password_of_a_file(db: None) -> None:
    kari = make_permanent(username="kari.nordmann", password=OLD)
    assert change(logged_in("kari.nordmann")).status_code == 302
    assert logged_in("kari.nordmann", NEW).get("/dashboard/").status_code == 200
    kari.user.refresh_from_db()
    assert kari.user.password.startswith("deliver_argon2$")  # under a key outside the database, as before


def test_a_slip_with_a_password_that_was_changed_shows_it_no_more(permanent_place: Candidate) -> None:
    user = permanent_place.user
    assert user is not None
    change_own_password(user, NEW)
    permanent_place.refresh_from_db()
    assert permanent_place.slip_version == 2
    assert not SealedPassword.objects.filter(user=user).exists()
    assert logged_in(user.username, NEW).get("/dashboard/").status_code == 200


@pytest.fixture
def permanent_place(exam: Any, planner: User) -> Candidate:
    """A permanent user with a chosen name and a password that was made here, on a test."""
    kari: PermanentUser = make_permanent(username="kari.nordmann")
    assert kari.user.has_made_password
    return Candidate.objects.create(
        test=exam, kind="permanent", user=kari.user, candidate_id="Kari", candidate_key="kari", sort_key="kari"
    )


def test_a_slip_is_not_changed_by_who_holds_it(candidate: Candidate, client_of: ClientOf) -> None:
    assert candidate.user is not None
    browser = client_of(candidate.user)
    assert [browser.get(PAGE).status_code, change(browser).status_code] == [403, 403]
    made = make_permanent("Ola")  # both name and password were made
    assert client_of(made.user).get(PAGE).status_code == 403


def test_a_new_password_that_was_given_at_the_same_moment_stays(ingrid: User) -> None:
    live = User.objects.get(pk=ingrid.pk)
    live.set_password("given by somebody else")
    live.save()
    with pytest.raises(Refused, match="Somebody else has just given you a new password"):
        change_own_password(ingrid, NEW)
    live.refresh_from_db()
    assert live.check_password("given by somebody else")


def test_an_account_of_before_is_not_held(client_of: ClientOf, db: None) -> None:
    browser = client_of(make_staff("old", is_planner=True))
    assert browser.get(reverse("deliver-tests")).status_code == 200

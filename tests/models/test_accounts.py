"""Accounts: how they are made, shown, and who sits tests."""

import pytest
from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ValidationError

from candidates.models import PermanentUser, SsoIdentity, User
from candidates.models.accounts import GENERATED_NAME, is_reserved_shape
from candidates.models.permanent_users import search_fold
from tests.factories import make_permanent, make_staff

pytestmark = pytest.mark.django_db


def test_an_account_without_a_password_lets_nobody_in_with_one() -> None:
    user = User.objects.create_user("kari", None)
    assert not is_password_usable(user.password)
    assert not user.check_password("")


def test_a_chosen_password_is_hashed_with_argon2() -> None:
    user = User.objects.create_user("kari", "correct horse battery")
    assert user.password.startswith("argon2$argon2id$")
    assert "m=19456,t=2,p=1" in user.password
    assert user.check_password("correct horse battery")


def test_an_administrator_of_the_back_office_plans_nothing() -> None:
    user = User.objects.create_superuser("arne", "correct horse battery")
    assert (user.is_staff, user.is_superuser, user.is_administrator) == (True, True, True)
    assert (user.is_planner, user.is_invigilator, user.is_grader) == (False, False, False)


@pytest.mark.parametrize("kind", ["staff", "sso"])
@pytest.mark.parametrize("username", ["6czep34v", "2boooooo", "2b-franke"])
def test_an_account_that_could_not_log_in_is_not_made(kind: str, username: str) -> None:
    with pytest.raises(ValidationError, match="kept for one-time users"):
        User.objects.create_user(username, "correct horse battery", kind=kind)
    assert not User.objects.exists()


@pytest.mark.parametrize("kind", ["one_time", "permanent"])
def test_generated_names_are_for_those_they_are_made_for(kind: str) -> None:
    assert User.objects.create_user("6czep34v", None, kind=kind).username == "6czep34v"


@pytest.mark.parametrize(
    "username",
    [
        "6czep34v",
        "6c\u00e9\u00e6p34v",
        "2b-frank",
        "6CZEP34V",
        "0czep34v",
        "1czep34v",
        "6izep34v",
        "c6zep34v",
        "6czep34",
        "6czep34vv",
        "",
    ],
)
def test_the_product_and_the_database_mean_the_same_names(username: str) -> None:
    assert is_reserved_shape(username) == GENERATED_NAME.check({"username": username})


def test_the_natural_key_is_the_user_name() -> None:
    assert User.objects.get_by_natural_key(make_staff("kari").username).username == "kari"


@pytest.mark.parametrize(("kind", "sits"), [("staff", False), ("one_time", True), ("permanent", True), ("sso", True)])
def test_everybody_but_staff_sits_tests(kind: str, sits: bool) -> None:
    assert User(kind=kind).is_candidate is sits


def test_a_generated_user_name_is_shown_as_on_the_slip() -> None:
    assert User(username="6czep34v", kind="one_time").shown_username == "6cze-p34v"
    assert User(username="6czep34v", kind="permanent").shown_username == "6cze-p34v"
    assert User(username="kari", kind="permanent").shown_username == "kari"
    assert User(username="2", kind="permanent").shown_username == "2"


def test_people_are_called_by_their_name_where_there_is_one() -> None:
    assert str(User(username="kari", name="Kari Nordmann")) == "Kari Nordmann"
    assert str(User(username="6czep34v", kind="one_time")) == "6cze-p34v"


def test_only_active_staff_is_offered_as_contributors() -> None:
    for username, name in (("b", "Berit"), ("a", "Åse"), ("c", "Arne")):
        make_staff(username, name)
    make_staff("gone", "Gone", is_active=False)
    User.objects.create(username="p", name="Permanent", kind="permanent")
    User.objects.create(username="6czep34v", kind="one_time", password="!")
    assert {user.name for user in User.objects.staff_to_add()} == {"Arne", "Berit", "Åse"}


def test_an_sso_identity_and_a_permanent_user_say_who_they_are() -> None:
    assert str(SsoIdentity(authentication_type="Feide", sso_user_id="kari@u.no")) == "Feide: kari@u.no"
    assert str(PermanentUser(first_name="", last_name="Nordmann")) == "Nordmann"


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("Ødegård", "odegard"),
        ("  KARI   Nordmann ", "kari nordmann"),
        ("Łukasz Großmann", "lukasz grossmann"),
        ("Æsir", "aesir"),
    ],
)
def test_people_are_found_without_case_accents_and_odd_spaces(typed: str, folded: str) -> None:
    assert search_fold(typed) == folded


def test_permanent_users_are_found_by_every_word_in_names_user_name_email_and_external_id() -> None:
    kari = make_permanent("Kari", "Ødegård", username="kari.o", email="ko@uni.example", external_id="S1234")
    make_permanent("Ola", "Nordmann", username="ola")
    for words in ("kari", "odegard KARI", "ødeg", "kari.o", "ko@uni", "s1234 kari", "1234"):
        assert list(PermanentUser.objects.matching(words)) == [kari], words
    assert PermanentUser.objects.matching("").count() == 2
    assert not PermanentUser.objects.matching("kari nordmann").exists()
    assert not PermanentUser.objects.matching("%").exists()


def test_permanent_users_stand_in_the_order_of_last_and_first_names() -> None:
    for first, last in (("Kari", "Ås"), ("Ola", "Berg"), ("Anna", "Berg"), ("Per", "aas")):
        make_permanent(first, last)
    assert [str(one) for one in PermanentUser.objects.all()] == ["Anna Berg", "Ola Berg", "Kari Ås", "Per aas"]

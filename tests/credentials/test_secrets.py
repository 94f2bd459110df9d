"""Generated user names and passwords: their shape, how they are typed, and where they never stand."""

import math

import pytest
from django.db.models import Q

from candidates.credentials.keys import verifier_keys
from candidates.credentials.secrets import PASSWORD_LENGTH, new_password, new_username, show_password
from candidates.models import Candidate, User
from candidates.models.accounts import GENERATED_NAME, is_generated_name, show_username
from candidates.models.ids import ALPHABET
from candidates.text import fold
from tests.factories import password_of


def test_a_password_has_64_bits_and_no_look_alikes() -> None:
    assert PASSWORD_LENGTH * math.log2(len(ALPHABET)) >= 64
    assert not set("01ilo") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 31


def test_passwords_use_every_symbol_in_every_place_and_do_not_repeat() -> None:
    made = [new_password() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(password) == PASSWORD_LENGTH for password in made)
    for place in range(PASSWORD_LENGTH):
        assert {password[place] for password in made} == set(ALPHABET)


@pytest.mark.django_db
def test_every_new_user_name_has_the_reserved_shape_in_code_and_in_the_database() -> None:
    names = {new_username() for _ in range(300)}
    assert all(is_generated_name(name) for name in names)
    User.objects.bulk_create([User(username=name, kind="one_time", password="!") for name in names])
    assert User.objects.filter(Q(kind="one_time") & GENERATED_NAME).count() == len(names)


@pytest.mark.parametrize("name", ["20231234", "kari", "s1234567", "6cze-p34v", "6czep34", "6czep34vv", "6lzep34v", ""])
def test_names_that_people_have_are_not_of_the_reserved_shape(name: str) -> None:
    assert not is_generated_name(name)


@pytest.mark.parametrize(
    "typed",
    [
        "k5dm-3yj8-34ff4",
        "K5DM-3YJ8-34FF4",
        "k5dm3yj834ff4",
        "k5dm 3yj8 34ff4",
        "  k5dm-3yj8-34ff4\t",
        "k5dm\u20133yj8\u201434ff4",  # en and em dash, as word processors make them
        "k5dm\u20113yj8\u201134ff4",  # non-breaking hyphen
        "k5dm\u00ad3yj8\u00ad34ff4",  # soft hyphen
        "k5dm\u00a03yj8\u300034ff4",  # non-breaking and ideographic space
        "k5dm\u200b-3yj8-34ff4\ufeff",  # zero width space, byte order mark
        "\uff4b\uff15\uff44\uff4d-3yj8-34ff4",  # full width
    ],
)
def test_a_password_is_taken_however_it_is_typed(typed: str) -> None:
    assert fold(typed) == "k5dm3yj834ff4"


# hyphen to horizontal bar, minus, small em dash, small and full-width hyphen-minus, hyphen bullet, modifier minus
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043\u02d7"


@pytest.mark.parametrize("dash", DASHES, ids=lambda dash: f"U+{ord(dash):04X}")
def test_every_dash_that_a_keyboard_makes_is_a_hyphen(dash: str) -> None:
    assert fold(f"6cze{dash}p34v") == "6czep34v"
    assert is_generated_name(fold(f"6CZE{dash}P34V"))
    assert fold(f"k5dm{dash}3yj8{dash}34ff4") == "k5dm3yj834ff4"


@pytest.mark.parametrize("typed", ["k5dm-3yj8-34ff5", "k5dm_3yj8_34ff4", "k5dm.3yj834ff4", "k5dm-3yj8-34ff44"])
def test_another_password_stays_another(typed: str) -> None:
    assert fold(typed) != "k5dm3yj834ff4"


def test_folding_leaves_off_what_nobody_types() -> None:
    assert len(fold("k" * 1_000_000)) <= 256


def test_codes_are_printed_in_groups_that_fold_back() -> None:
    assert show_username("6czep34v") == "6cze-p34v"
    assert show_password("k5dm3yj834ff4") == "k5dm-3yj8-34ff4"
    password, name = new_password(), new_username()
    assert (fold(show_password(password)), fold(show_username(name))) == (password, name)


def test_no_object_shows_a_secret_when_it_is_printed(candidate: Candidate) -> None:
    password = password_of(candidate)
    assert candidate.user is not None
    sealed = candidate.user.sealed_password
    shown = " ".join(f"{thing!r} {thing}" for thing in (candidate, candidate.user, sealed, *verifier_keys().values()))
    for secret in (password, show_password(password), sealed.token, candidate.user.password.rpartition("$")[2]):
        assert secret not in shown
    assert all(key.secret.hex() not in shown and repr(key.secret) not in shown for key in verifier_keys().values())

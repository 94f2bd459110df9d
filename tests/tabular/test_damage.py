"""What spreadsheets and keyboards do to IDs: it is seen, and what was probably meant is offered, never written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.intake.notices import NearNames
from candidates.tabular.damage import (
    digits_meant,
    spreadsheet_damage,
    tidied,
    typed_date,
    usual_letters,
)


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("1,23E+11", None),
        ("1.23457e+11", None),
        ("2,31E+03", None),
        ("5,1E-05", None),
        ("2,310E+03", "2310"),
        ("2.3100E+03", "2310"),
        ("1,00E+05", "1E5"),
        ("5E+05", "5E5"),
    ],
)
def test_an_exponent_is_damage_and_is_mended_only_where_no_digit_is_lost(shown, meant):
    damage = spreadsheet_damage(shown)
    assert damage is not None
    assert (damage.kind, damage.proposal) == ("exponent", meant)
    assert ("digits are lost" in damage.message) == (meant is None)


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("01. mar", "1-3"),
        ("1.mar", "1-3"),
        ("1-Mar", "1-3"),
        ("3. des", "3-12"),
        ("12-Dec-26", "12-12"),
        ("mar.01", "3-1"),
        ("Mar-01", "3-1"),
        ("2026-03-01", "1-3"),
        ("2026-03-01 00:00:00", "1-3"),
        ("01.03.2026", "1-3"),
        ("1/3/26", None),
        ("3/4", None),
    ],
)
def test_a_date_is_damage_and_what_was_typed_is_offered_where_the_order_is_known(shown, typed):
    damage = spreadsheet_damage(shown)
    assert damage is not None
    assert (damage.kind, damage.proposal, typed_date(shown)) == ("date", typed, typed)


@pytest.mark.parametrize("shown", ["#N/A", "#REF!", "#VERDI!", "#NAME?", "######", "#DIV/0!"])
def test_an_error_of_the_spreadsheet_is_damage_without_a_way_back(shown):
    damage = spreadsheet_damage(shown)
    assert damage is not None
    assert (damage.kind, damage.proposal) == ("error", None)


@pytest.mark.parametrize(
    "value",
    [
        "0001",
        "12E5",
        "1e3",
        "BIO2150-3",
        "MAR-A",
        "10-11",
        "#7",
        "Mars",
        "1.2.3.4",
        "kand-1",
        "1E5",
        "45/67",
        "99.99.2026",
        "",
    ],
)
def test_ordinary_ids_are_no_damage(value):
    assert spreadsheet_damage(value) is None


@pytest.mark.parametrize(
    ("value", "usual"),
    [
        ("А001", "A001"),  # Cyrillic
        ("ВIO-7", "BIO-7"),
        ("Οla", "Ola"),  # Greek
        ("００１２", "0012"),
        ("𝟙𝟚", "12"),
        ("A001", None),
        ("Åse", None),
        ("Анна", None),
        ("Ωmega7", None),
        ("", None),
    ],
)
def test_letters_that_only_look_like_the_usual_ones_are_seen(value, usual):
    assert usual_letters(value) == usual


@given(st.text(max_size=20))
def test_usual_letters_never_touches_plain_text_and_is_done_at_once(value):
    usual = usual_letters(value)
    if value.isascii():
        assert usual is None
    if usual is not None:
        assert usual != value
        assert usual_letters(usual) is None


@pytest.mark.parametrize(
    ("value", "meant"),
    [("O123", "0123"), ("12O4", "1204"), ("l001", "1001"), ("I7", None), ("OO1", None), ("B123", None), ("0123", None)],
)
def test_letters_among_digits_are_seen(value, meant):
    assert digits_meant(value) == meant


@pytest.mark.parametrize(
    ("raw", "value", "said"),
    [
        ("A\u030ase", "Åse", "two parts"),
        ("\u00a00001", "0001", "space of another kind"),
        ("0001\u2003", "0001", "space of another kind"),
        (" 0001 ", "0001", ""),
        ("Åse ", "Åse", ""),
    ],
)
def test_what_cleaning_changed_unseen_is_said(raw, value, said):
    found = tidied(raw, value)
    assert said in found
    assert bool(found) == bool(said)


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_can_be_looked_at(one, other):
    assert isinstance(spreadsheet_damage(one), str | None)
    assert isinstance(digits_meant(one), str | None)
    assert isinstance(tidied(one, other), str)


KNOWN = [("Vesthall", "V101"), ("", "R102"), ("Nordbygg", "2.02")]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        (("vesthall", "v101"), ("Vesthall", "V101")),
        (("Vest hall", "V-101"), ("Vesthall", "V101")),
        (("", "r 102"), ("", "R102")),
        (("Vesthall", "V101"), None),
        (("Vesthall", "V102"), None),
        (("nordbygg", "2-02"), ("Nordbygg", "2.02")),
        (("Nordbygg", "202"), None),
        (("", "V101"), None),
    ],
)
def test_a_location_that_differs_only_for_a_machine_is_found(name, near):
    assert NearNames(KNOWN).of(name) == near


@given(
    st.tuples(st.text(max_size=8), st.text(max_size=8)), st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)))
)
def test_a_near_name_is_known_and_another_one(name, known):
    near = NearNames(known).of(name)
    assert near is None or (near != name and near in known)

"""Checking single cells (D2, D11, D12, D21; F8, F9, C39, C42, C45)."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.intake.cells import (
    CellProblem,
    clean_candidate_id,
    clean_place,
    looks_personal,
)
from candidates.intake.extra_time import parse_extra_time
from candidates.intake.sso_ids import clean_sso_user_id
from candidates.tabular.exporting import guard_formula


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("0001", "0001"),
        ("  0001\t", "0001"),
        ("\u00a05895\u00a0", "5895"),
        ("A\u030ase", "Åse"),
        ("=1+1", "=1+1"),
        ("'=1+1", "=1+1"),
        ("'@x", "@x"),
        ("''=1", "'=1"),
        ("'quoted", "'quoted"),
        ("+4712345678", "+4712345678"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{7*7}}", "{{7*7}}"),
        ("%0d%0a", "%0d%0a"),
        ("👩‍🎓", "👩‍🎓"),
        ("7" * 100, "7" * 100),
    ],
)
def test_an_id_is_stored_as_typed_apart_from_trimming_and_nfc(raw, stored):
    assert clean_candidate_id(raw) == stored


@pytest.mark.parametrize(
    ("raw", "words", "proposal"),
    [
        ("", "Write a Candidate ID", None),
        (" \u00a0\t", "Write a Candidate ID", None),
        ("7" * 101, "A Candidate ID can have at most 100 characters.", None),
        ("7" * 102, "A Candidate ID can have at most 100 characters.", None),
        ("'=" + "7" * 100, "A Candidate ID can have at most 100 characters.", None),
        ("\ufdfa" * 20, "at most 100", None),
        ("00\u200b01", "ZERO WIDTH SPACE", "0001"),
        ("\u202e0001", "RIGHT-TO-LEFT OVERRIDE", "0001"),
        ("00\x0001", "U+0000", "0001"),
        ("00\ud80001", "U+D800", "0001"),
        ("\u200b", "ZERO WIDTH SPACE", None),
        ("00\n01", "line break", "00 01"),
        ("0001\r\n", "line break", "0001"),
        ("00\t01", "line break or a tab", "00 01"),
        ("00\u00a001", "space of another kind", "00 01"),
        ("00\u200a01", "space of another kind", "00 01"),
        ("“0001”", "quotation marks", "0001"),
        ('"0001"', "quotation marks", "0001"),
        ("Bj\ufffdrn", "Letters were lost", None),
    ],
)
def test_an_id_that_cannot_be_right_is_refused_with_a_proposal_where_there_is_one(raw, words, proposal):
    with pytest.raises(CellProblem) as refused:
        clean_candidate_id(raw)
    assert words in refused.value.message
    assert refused.value.proposal == proposal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a1", "A1"),
        ("Åse", "A\u030aSE"),
        ("1", "１"),
        ("straße", "STRASSE"),
        (" 7", "7 "),
        ("ﬁn", "FIN"),
        ("K", "\u212a"),
    ],
)
def test_ids_that_people_cannot_tell_apart_have_one_key(one, other):
    assert candidate_key(one) == candidate_key(other)


@pytest.mark.parametrize(("one", "other"), [("6", "0006"), ("a b", "ab"), ("å", "a"), ("0", "O")])
def test_ids_that_differ_have_two_keys(one, other):
    assert candidate_key(one) != candidate_key(other)


@given(st.text(max_size=120))
def test_a_clean_id_stays_clean_and_survives_export_and_import(raw):
    with suppress(CellProblem):
        clean = clean_candidate_id(raw)
        assert 1 <= len(clean) <= 100
        assert clean == unicodedata.normalize("NFC", clean).strip()
        assert clean_candidate_id(guard_formula(clean)) == clean
        key = candidate_key(clean)
        assert key
        assert candidate_key(key) == key
        assert len(key) <= 300


@given(st.from_regex(r"'{0,2}[=+\-@＝＋－＠][a-z0-9]{0,9}", fullmatch=True))
def test_what_looks_like_a_formula_survives_export_and_import(value):
    assert guard_formula(value).startswith("'")
    assert clean_candidate_id(guard_formula(value)) == value


def minutes(raw: str, *, duration: int = 180, limit: int = 2880) -> int:
    return parse_extra_time(raw, duration_minutes=duration, limit=limit)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", 0),
        (" \u00a0", 0),
        ("0", 0),
        ("30", 30),
        (" 30 ", 30),
        ("030", 30),
        ("2880", 2880),
        ("25 %", 45),
        ("25%", 45),
        ("25\u00a0%", 45),
        ("33 %", 60),
        ("12,5 %", 23),
        ("12.5%", 23),
        ("0 %", 0),
    ],
)
def test_extra_time_is_whole_minutes_or_a_percentage_rounded_up(raw, expected):
    assert minutes(raw) == expected


@pytest.mark.parametrize(
    ("raw", "words", "proposal"),
    [
        ("30 min", "Write whole minutes, like 30.", "30"),
        ("30min.", "Write whole minutes", "30"),
        ("30 minutter", "Write whole minutes", "30"),
        ("30.0", "Write whole minutes", "30"),
        ("30,00", "Write whole minutes", "30"),
        ("+30", "Write whole minutes", "30"),
        ("٣٠", "Write whole minutes", "30"),
        ("-15", "cannot be less than 0", "15"),
        ("−15", "cannot be less than 0", "15"),
        ("3.5", "Write whole minutes", None),
        ("1e3", "Write whole minutes", None),
        ("0x1E", "Write whole minutes", None),
        ("1_000", "Write whole minutes", None),
        ("1:30", "Write whole minutes", "90"),
        ("0:30", "Write whole minutes", "30"),
        ("01:30:00", "Write whole minutes", "90"),
        ("1:30 t", "Write whole minutes", "90"),
        ("1h30", "Write whole minutes", "90"),
        ("1 t 30 min", "Write whole minutes", "90"),
        ("1 time og 30 minutter", "Write whole minutes", "90"),
        ("1 Std. 30 Min", "Write whole minutes", "90"),
        ("1,5 timer", "Write whole minutes", "90"),
        ("1 t. 30 min.", "Write whole minutes", "90"),
        ("1½ h", "Write whole minutes", "90"),
        ("½ time", "Write whole minutes", "30"),
        ("90 min", "Write whole minutes", "90"),
        ("2 timmar", "Write whole minutes", "120"),
        ("25 prosent", "Write whole minutes", "45"),
        ("+25 %", "Write whole minutes", "45"),
        ("x1.5", "Write whole minutes", "90"),
        ("1.5", "In hours, 1.5 is 90; as a factor, 90 on top", None),
        ("1,25", "In hours, 1,25 is 75; as a factor, 45 on top", None),
        ("0.25", "In hours, 0.25 is 15; as a factor, 45 on top", None),
        ("1.0", "In hours, 1.0 is 60; as a factor, 0 on top", None),
        ("1:75", "Write whole minutes", None),
        ("1,333 t", "Write whole minutes", None),
        ("thirty", "Write whole minutes", None),
        ("½", "Write whole minutes", None),
        ("2881", "at most 2880 minutes", None),
        ("9" * 29, "at most 2880 minutes", None),
        ("9" * 10_000, "at most 2880 minutes", None),
        ("9999 %", "at most 2880 minutes", None),
    ],
)
def test_extra_time_that_is_no_whole_minutes_is_refused(raw, words, proposal):
    with pytest.raises(CellProblem) as refused:
        minutes(raw)
    assert words in refused.value.message
    assert refused.value.proposal == proposal


@given(st.text(max_size=40) | st.from_regex(r"[-+]?[0-9]{1,6}[.,]?[0-9]{0,3} ?(%|min)?", fullmatch=True))
def test_any_extra_time_is_within_the_limit_or_a_sentence(raw):
    try:
        assert 0 <= minutes(raw, limit=600) <= 600
    except CellProblem as problem:
        proposal = problem.proposal
        if proposal is not None:
            assert proposal.isascii()
            assert proposal.isdecimal()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("Henrik Bergström", "name"),
        ("kari.ødegård", "name"),
        ("Kari", "name"),
        ("Bergström, Henrik", "name"),
        ("anna@uni.example", "email"),
        ("01010112345", "national"),
        ("41018012345", "national"),
        ("010101 12345", "national"),
        ("811218-9876", "national"),
        ("19811218-9876", "national"),
        ("0001", None),
        ("BIO-17", None),
        ("A", None),
        ("KAND", None),
        ("12345678901", None),
        ("8112189875", None),
        ("=1+1", None),
        ("", None),
    ],
)
def test_ids_that_tell_graders_who_somebody_is_are_seen(raw, kind):
    assert looks_personal(raw) == kind


@given(st.text(max_size=60))
def test_any_text_can_be_looked_at(raw):
    assert looks_personal(raw) in {"email", "national", "name", None}


def test_an_sso_user_id_has_no_space_and_keeps_its_case():
    assert clean_sso_user_id(" Anna@Uni.example ") == "Anna@Uni.example"
    with pytest.raises(CellProblem, match="Every SSO candidate needs"):
        clean_sso_user_id(" ")
    with pytest.raises(CellProblem, match="space inside") as refused:
        clean_sso_user_id("tor inge.moe@havnes.example")
    assert refused.value.proposal == "toringe.moe@havnes.example"


def test_a_place_may_be_empty_and_has_a_longest_name():
    assert clean_place(" Lesesal  Ø ") == "Lesesal Ø"
    assert clean_place("") == ""
    with pytest.raises(CellProblem, match="It has 101 characters"):
        clean_place("x" * 101)


@pytest.mark.parametrize("raw", ["A1\ufe0f", "A1\U000e0100", "A\u180b1", "0\u17b41"])
def test_a_selector_that_nobody_sees_is_no_part_of_an_id(raw):
    with pytest.raises(CellProblem, match="nobody can see"):
        clean_candidate_id(raw)


@pytest.mark.parametrize("raw", ["❤\ufe0f1", "1\ufe0f\u20e3", "葛\U000e0100", "👩\u200d🚀"])
def test_a_selector_that_people_see_is_kept(raw):
    assert clean_candidate_id(raw) == raw


def test_no_space_is_left_behind_the_guard_of_an_export():
    assert clean_candidate_id("' =1") == "=1"

"""Joiners are spelling where their script writes them, and hidden characters everywhere else (RFC 5892, CONTEXTJ)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.intake.accounts.cleaning import clean_name, clean_username
from candidates.intake.cells import CellProblem, clean_candidate_id, clean_place
from candidates.tabular.hidden import JOINER, NON_JOINER, hidden_character, spell_out

SPELT = [
    "علی\u200cرضا",  # Persian
    "حسینی\u200cنژاد",
    "نور\u200cالدین",  # behind a letter that joins nothing, as people write it
    "خانه\u200cهای",
    "ශ්\u200dරී",  # Sinhala
    "क्\u200dष",  # Devanagari
    "क्\u200cष",
    "र\u200d्य",
    "র\u200d্যাব",  # Bengali: in front of the virama
    "ന്\u200d",  # Malayalam: at the end of the word
    "ശ്രീമാന്\u200d നായര്\u200d",
    "ಸಾಫ್ಟ್\u200cವೇರ್",  # Kannada
    "సాఫ్ట్\u200cవేర్",  # Telugu
    "اردو\u200cزبان",  # Urdu
]
HIDDEN = [
    *("An\u200cna", "An\u200dna", "\u200cAnna", "Anna\u200d", "00\u200c01", "12\u200d", "Åse\u200c Moe", "Bj\u200dørn"),
    *("\u200cعلی", "علی\u200c", "علی\u200c\u200cرضا", "علی\u200c رضا", "علی\u200cAnna", "Anna\u200cعلی", "क\u200cA"),
    *("Ан\u200cна", "Ελ\u200dένη", "金\u200d田", "١\u200c٢", "\u200d", "क्\u200d\u200b", "عل\u200b\u200cی"),
]


@pytest.mark.parametrize("text", SPELT)
def test_where_the_script_writes_them_they_are_kept(text):
    assert hidden_character(text) is None
    assert spell_out(text) == text
    assert clean_name(text) == clean_place(text) == clean_candidate_id(text)
    assert NON_JOINER in clean_name(text) or JOINER in clean_name(text)


@pytest.mark.parametrize("text", HIDDEN)
def test_everywhere_else_they_are_hidden(text):
    assert hidden_character(text) is not None
    assert NON_JOINER not in spell_out(text).replace("علی\u200c", "علی")
    with pytest.raises(CellProblem, match="nobody can see"):
        clean_name(text)


def test_what_is_proposed_keeps_the_joiners_that_belong_there():
    with pytest.raises(CellProblem) as refused:
        clean_name("علی\u200cرضا\u200b")
    assert refused.value.proposal == "علی\u200cرضا"


def test_two_ids_that_differ_in_joiners_alone_are_one():
    assert candidate_key("نور\u200cالدین") == candidate_key("نورالدین")


@pytest.mark.parametrize("name", ["علی\u200cرضا", "क्\u200dष"])
def test_a_username_has_none_because_nobody_knows_at_the_login_whether_to_type_it(name):
    with pytest.raises(CellProblem) as refused:
        clean_username(name)
    assert refused.value.proposal == name.replace("\u200c", "").replace("\u200d", "")


@given(st.text("aAé1 ÅЖα金-", max_size=6), st.sampled_from("\u200c\u200d"), st.text("aAé1 ÅЖα金-", max_size=6))
def test_between_letters_that_need_none_no_joiner_passes(before, joiner, after):
    assert hidden_character(before + joiner + after) == joiner

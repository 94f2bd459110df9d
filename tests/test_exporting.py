"""Cells that look like formulas leave the product harmless and come back unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.exporting import guard_formula, unguard_formula

DANGEROUS = [
    *("=1+1", "+47 12345678", "-1", "@x", "\t=x", "\rx", "\nx", "\0x"),
    *("＝1", "＋1", "－1", "＠x", "  =1", "'=1", "''@x"),
]
HARMLESS = ["", "1004", "0001", "a=b", "'x", "'", "x-1", "O'Hara", "–5", "😀"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    assert guard_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert guard_formula(text) == text
    assert unguard_formula(text) == text


@pytest.mark.parametrize("text", DANGEROUS + HARMLESS)
def test_an_exported_cell_comes_back_unchanged(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@＝ \t\r\nx"), st.characters()), max_size=8))
def test_any_text_comes_back_unchanged(text: str) -> None:
    assert unguard_formula(guard_formula(text)) == text

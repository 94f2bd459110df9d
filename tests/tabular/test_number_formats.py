"""A number stands in the proposal as the spreadsheet shows it (F8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.tabular.number_formats import shown_number, shown_text


@pytest.mark.parametrize(
    ("value", "layout", "shown"),
    [
        (12, '"K"0000', "K0012"),
        (12, '0000"-A"', "0012-A"),
        (12, "\\K0000", "K0012"),
        (12, "K0000", "K0012"),
        (12, '[Red]"K"0000', "K0012"),
        (12, '[$-414]"K"0000;[Red]-"K"0000', "K0012"),
        (12, '"K"General', "K12"),
        (12, '"K"0000_)', "K0012"),
        (12, '"K""L"000', "KL012"),
        (-5, '"K"0000', "-K0005"),
        (-5, '"K"0000;[Red]"M"0000', "M0005"),
        (0, '"K"0000;-0;"none"', "none"),
        (0, '"K"0000', "K0000"),
        (12, '"K"0000;@', "K0012"),
        (30, '0 "min"', "30 min"),
        (1.5, '0.00" h"', "1.50 h"),
        (1.25, '0.0##" h"', "1.25 h"),
        (2.5, '0" h"', "3 h"),
        (123456, "000-000", "123-456"),
        (12, "00-00", "00-12"),
        (1234, '#,##0 "min"', "1234 min"),
        (0.25, '0%" more"', "25% more"),
        (12, '* 0"x"', "12x"),
        (3, '"no number"', "no number"),
        (12, "[<100]0;0.0", None),
        (12, "# ?/?", None),
        (12, "0.0E+00", None),
        (12, '0,"k"', None),
        (10**15, '"K"0', None),
        (1e300, '"K"0', None),
    ],
)
def test_a_number_is_shown_as_in_a_spreadsheet(value, layout, shown):
    assert shown_number(value, layout) == shown


@pytest.mark.parametrize(
    ("value", "layout", "shown"),
    [
        ("0012", '"K"@', "K0012"),
        ("0012", '0;0;0;"K"@', "K0012"),
        ("0012", '@"-A"', "0012-A"),
        ("0012", "@", "0012"),
        ("0012", "General", "0012"),
        ("0012", '"K"0000', "0012"),
        ("0012", "0000;@", "0012"),
    ],
)
def test_a_text_is_shown_as_in_a_spreadsheet(value, layout, shown):
    assert shown_text(value, layout) == shown


@given(
    st.integers(-(10**15), 10**15) | st.floats(allow_nan=True, allow_infinity=True),
    st.text('0#?.,%@;"\\_*[]$-<>=RedGeneralKE/ 1e', max_size=20),
)
def test_any_format_shows_a_text_or_is_not_known(value, layout):
    shown = shown_number(value, layout)
    assert shown is None or isinstance(shown, str)
    assert isinstance(shown_text("0012", layout), str)


@given(st.integers(0, 10**14), st.integers(1, 15), st.sampled_from(["K", "MAT-", "x y", "№"]))
def test_a_prefix_and_zeros_stand_before_the_digits(number, zeros, prefix):
    assert shown_number(number, f'"{prefix}"{"0" * zeros}') == prefix + str(number).zfill(zeros)

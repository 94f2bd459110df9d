"""Numbers in sentences: 1500 as everywhere, and from five digits on in groups, 10,000."""

import pytest
from django import forms

from candidates.pages.shared.base import DeliverForm
from candidates.text import Grouped, plural


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (1500, "1500"), (9999, "9999"), (10_000, "10,000"), (-12_345, "-12,345"), (10**6, "1,000,000")],
)
def test_from_five_digits_on_a_number_is_grouped(number: int, words: str) -> None:
    assert str(Grouped(number)) == f"{Grouped(number)}" == words


def test_a_grouped_number_still_chooses_the_plural() -> None:
    assert [plural(n, "user") for n in (1, 1500, 150_000)] == ["1 user", "1500 users", "150,000 users"]


def test_a_text_that_is_too_long_says_so_in_groups() -> None:
    class Text(DeliverForm):
        several = forms.CharField(widget=forms.Textarea, max_length=10_000, required=False)

    form = Text({"several": "x" * 10_001})
    assert form.errors["several"] == ["Use at most 10,000 characters. These are 10,001."]

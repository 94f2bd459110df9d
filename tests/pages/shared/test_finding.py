"""One way of searching candidates, for planners, in Monitor and at the door."""

import pytest

from candidates.pages.shared.finding import Sought, Who, fold_words
from candidates.pages.shared.searching import OTHER_FIELDS, Match, Rank

AAS = Who("0417", "Aas, Reidun", "477031", "reidun.aas@havnes.example", "", "6mn4-ams2")


def match(typed: str, who: Who) -> Match | None:
    return Sought.of(typed).matches([who])[0]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("lunde, tarjei", "Tarjei Lunde"),
        ("noor al-hashimi", "Al-Hashimi, Noor"),
        ("sunde isaksen", "Greta Sunde-Isaksen"),
        ("Sunde-Isaksen", "Sunde Isaksen, Greta"),
        ("odegard ase", "Åse Ødegård"),
        ("ØDEGÅRD", "odegard"),
        ("a\u030ase", "Åse"),  # decomposed
        ("OBrien", "Sean O’Brien"),
        ("o'brien", "O\u02bcBrien"),
        ("strasse", "Straße"),
        ("łódź", "LODZ"),
        ("ilker", "İlker"),
        ("nguyễn", "Nguyen Van"),
        ("ёлкин", "Елкин Пётр"),
        ("عمر", "عُمَر"),
        ("علیرضا", "علی\u200cرضا"),
        ("太郎", "東京太郎"),
        ("ｋａｒｉ", "Kari"),
    ],
)
def test_a_name_is_found_by_its_words_in_any_order_without_case_accents_and_punctuation(typed: str, name: str) -> None:
    assert match(typed, Who("1", name)) is not None


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("aas", "Name"),
        ("reidun aas", "Name"),
        ("477031", "Private reference"),
        ("7703", "Private reference"),
        ("reidun.aas@", "SSO user ID"),
        ("6mn4-ams2", "Username"),
        ("6MN4AMS2", "Username"),
        ("6mn4", "Username"),
        ("aas 477031", "Private reference"),  # a part in each: the longer word is named
        ("0417 aas", "Name"),
    ],
)
def test_every_field_is_searched_and_named(typed: str, label: str) -> None:
    found = match(typed, AAS)
    assert found is not None
    assert str(found.label) == label


@pytest.mark.parametrize("typed", ["0418", "aas nilsen", "%", "_", "''", "-", "6mn", "aas reidun q", "\u200d"])
def test_what_does_not_occur_finds_nobody(typed: str) -> None:
    assert match(typed, AAS) is None


def test_a_search_for_nothing_finds_nobody_and_nobody_is_searched_in_vain() -> None:
    assert match("", AAS) is None
    assert Sought.of("aas").matches([]) == []


def test_the_best_match_comes_first_the_candidate_id_before_all_others() -> None:
    people = [
        Who("x-aas", "Aas"),
        Who("aas-1"),
        Who("aas"),
        Who("1", "Aas"),
        Who("2", "Reidun Aas"),
        Who("3", "Kaas"),
        Who("aa", "s.aas.aa.ss"),
    ]
    ranks = [found.rank for found in Sought.of("AAS").matches(people) if found is not None]
    whole, start, inside = (OTHER_FIELDS + rank for rank in Rank)
    assert ranks == [
        Rank.INSIDE,
        Rank.START,
        Rank.WHOLE,
        whole,
        start,
        inside,
        start,
    ]


def test_a_candidate_id_is_found_as_it_is_typed_and_by_its_words() -> None:
    assert match("12-3", Who("12-34")) == Match(Rank.START)
    assert match("12 34", Who("12-34")) == Match(Rank.INSIDE)
    assert match("12-34", Who("1 12 34")) is None  # other IDs with these numbers are others
    assert match("nordmann, kåri", Who("kari nordmann")) == Match(Rank.INSIDE)


def test_whoever_may_not_know_who_somebody_is_searches_the_candidate_id_alone() -> None:
    assert match("aas", Who("0417")) is None
    assert match("0417", Who("0417")) == Match(Rank.WHOLE)


def test_many_are_folded_as_each_alone() -> None:
    names = ["Ødegård,  Åse", "", "O’Brien", "a\nb", "Sunde-Isaksen"]
    assert fold_words("\n".join(name.replace("\n", " ") for name in names)).split("\n") == [
        "odegard ase", "", "obrien", "a b", "sunde isaksen",
    ]  # fmt: skip
    assert [found is not None for found in Sought.of("b").matches([Who("1", name) for name in names])] == [
        False, False, True, True, False,
    ]  # fmt: skip

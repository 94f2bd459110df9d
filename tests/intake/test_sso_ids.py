"""What cannot be an SSO user ID has a proposal, and what is unlike the others is pointed out; usual lists are not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.authentication_types import AuthenticationType, Client
from candidates.intake.cells import CellProblem
from candidates.intake.columns import MappedRow
from candidates.intake.problems import check_rows
from candidates.intake.sso_ids import clean_sso_user_id, is_one_letter_off
from candidates.models.accounts import MAX_SSO_LENGTH

ANNA = "anna.moe@havnes.no"


@pytest.mark.parametrize(
    "usual",
    [
        *(ANNA, "Anna.Moe@Havnes.no", "s123456@student.havnes.no", "bjørn@havnes.no", "a+b@x", "ab12345", "ab-12"),
        *("auth0|5f7c8ec7c33c6c004bbafe82", "00u1abcd/xyz", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "HAVNES\\anna"),
        *("https://orcid.example/0000-0002", "anna_gmail.com#EXT#@havnes.example", "o'neil@x.no", "анна@хавнес.рф"),
        "a1=b/c+d",
    ],
)
def test_what_may_be_an_id_is_taken_as_it_is(usual):
    assert clean_sso_user_id(usual) == usual


@pytest.mark.parametrize(
    "odd",
    [
        *("Anna Moe <anna.moe@havnes.no>", '"Moe, Anna" <anna.moe@havnes.no>', "<anna.moe@havnes.no>"),
        *("mailto:anna.moe@havnes.no", "MAILTO: anna.moe@havnes.no?subject=Hei", "mailto:anna.moe%40havnes.no"),
        *(
            "anna.moe@havnes.no;",
            "anna.moe@havnes.no,",
            ";anna.moe@havnes.no",
            "anna.moe@havnes.no.",
            "(anna.moe@havnes.no)",
        ),
        *(
            "anna.moe@havnes,no",
            "anna,moe@havnes.no",
            "anna.moe@@havnes.no",
            "anna.moe@havnes..no",
            "anna.moe(at)havnes.no",
        ),
        *("anna.moe @havnes.no", "anna.moe@ havnes.no", "anna. moe@havnes.no", "«anna.moe@havnes.no»"),
        *("\u0430nna.moe@havnes.no", "anna.m\u043ee@havnes.no", "anna.moe\uff20havnes.no", "anna.m\u03bfe@havnes.no"),
        *("SMTP:anna.moe@havnes.no", "E-post: anna.moe@havnes.no", "Anna <mailto:anna.moe@havnes.no>;"),
        *("(anna.moe@havnes.no)", "anna.moe(at)havnes.no", "anna.\u200cmoe@havnes.no"),
    ],
)
def test_what_cannot_be_an_id_has_a_proposal(odd):
    with pytest.raises(CellProblem) as refused:
        clean_sso_user_id(odd)
    assert (refused.value.proposal, refused.value.doubt) == (ANNA, "")
    assert clean_sso_user_id(ANNA) == ANNA


def test_a_joiner_that_its_script_writes_is_no_part_of_an_id_that_people_type():
    with pytest.raises(CellProblem, match="nobody can see") as refused:
        clean_sso_user_id("می\u200cر@havnes.no")
    assert refused.value.proposal == "میر@havnes.no"


def test_the_longest_id_that_can_be_stored_is_taken_and_no_longer_one():
    assert clean_sso_user_id("a" * MAX_SSO_LENGTH) == "a" * MAX_SSO_LENGTH
    with pytest.raises(CellProblem, match=f"has {MAX_SSO_LENGTH + 1} characters. It can have at most {MAX_SSO_LENGTH}"):
        clean_sso_user_id("a" * (MAX_SSO_LENGTH + 1))


@pytest.mark.parametrize(
    "odd",
    [
        "a@x.no; b@x.no",
        "a@x.no, b@x.no",
        "@havnes.no",
        "anna@",
        "NULL",
        "None",
        "N/A",
        "-",
        "аннаmoe@havnes.no",
        "a@b@c",
    ],
)
def test_what_nobody_can_mend_for_sure_has_no_proposal(odd):
    with pytest.raises(CellProblem) as refused:
        clean_sso_user_id(odd)
    assert refused.value.proposal is None


def test_what_the_provider_writes_in_front_does_not_belong_to_it():
    with pytest.raises(CellProblem) as refused:
        clean_sso_user_id("feide:anna@havnes.no", prefix="feide:")
    assert refused.value.proposal == "anna@havnes.no"


@given(st.text(max_size=40) | st.emails().map(lambda one: f"Anna <{one}>"))
def test_a_proposal_is_an_id_that_is_taken(text):
    try:
        assert clean_sso_user_id(text)
    except CellProblem as refused:
        if refused.proposal is not None and "hidden" not in refused.message:
            again = refused.proposal
            for _step in range(3):  # one fault is named at a time
                try:
                    assert clean_sso_user_id(again)
                    break
                except CellProblem as more:
                    if more.proposal is None:
                        break
                    again = more.proposal
            else:
                pytest.fail(f"{text!r} is never mended")


# Unlike the others --------------------------------------------------------------------------------------------------


def unlike(ids, **more):
    rows = [
        MappedRow(number, {"candidate_id": f"{number:05}", "sso_user_id": one}) for number, one in enumerate(ids, 1)
    ]
    found = check_rows(
        rows, existing={}, duration=120, limit=600, sso=AuthenticationType("c", "Campus", "fold"), **more
    )
    return [(one.row, one.cell, one.proposal) for one in found.warnings if one.kind == "unlike"]


PEOPLE = [
    f"{name}@havnes.no" for name in ("anna", "berit", "cato.dahl", "dina", "emil", "frida.gran", "geir", "ola-per")
]


@pytest.mark.parametrize(
    ("odd", "proposal"),
    [
        ("hanne", "hanne@havnes.no"),
        ("hanne@havnse.no", "hanne@havnes.no"),
        ("hanne@havnes.n", "hanne@havnes.no"),
        ("hanne@havnees.no", "hanne@havnes.no"),
        ("hanne@hawnes.no", "hanne@havnes.no"),
        ("hanne@elsewhere.se", None),
        ("hanne@student.havnes.no", None),
    ],
)
def test_who_has_another_realm_or_none_is_pointed_out(odd, proposal):
    assert unlike([*PEOPLE, odd]) == [(9, odd, proposal)]


def test_who_is_on_the_test_counts_as_well():
    people = dict.fromkeys(PEOPLE, "x")
    assert unlike(["hanne@havnse.no"], people=people) == [(1, "hanne@havnse.no", "hanne@havnes.no")]


def test_an_id_with_a_realm_among_such_without_is_pointed_out():
    assert unlike([*(f"s{n:06}" for n in range(9)), "s000010@havnes.no"]) == [(10, "s000010@havnes.no", None)]


@pytest.mark.parametrize("odd", ["ab1234", "abc1234", "ab1234O", "a123456"])
def test_an_id_that_is_written_unlike_nearly_all_others_is_pointed_out(odd):
    ids = [f"ab{n:05}@havnes.no" for n in range(30)]
    assert [row for row, _cell, _proposal in unlike([*ids, f"{odd}@havnes.no"])] == [31]


@pytest.mark.parametrize(
    "ids",
    [
        PEOPLE,
        [*PEOPLE, *(one.replace("havnes.no", "fjord.no") for one in PEOPLE[:4])],
        [f"anna{n}@school{n}.no" for n in range(20)],
        ["anna@havnes.no", "berit@fjord.no"],
        ["anna", "berit@fjord.no", "cato"],
        [f"{n:05x}" for n in range(4096, 4196)],
        [*(f"{letter}@havnes.no" for letter in "abcdefghijkl"), "anna@havnes.no"],
        [one.upper() if place % 2 else one for place, one in enumerate(PEOPLE)],
    ],
)
def test_a_usual_list_has_nobody_who_is_unlike(ids):
    assert unlike(ids) == []


def test_the_setup_says_what_an_id_looks_like():
    client = Client("https://x", "c", "s", claim_prefix="feide:")
    feide = AuthenticationType("feide", "Feide", "fold", client, r"[a-z.]+@havnes\.no")
    rows = [
        MappedRow(n, {"candidate_id": str(n), "sso_user_id": one})
        for n, one in enumerate(["Anna@havnes.no", "b1@havnes.no"], 1)
    ]
    found = check_rows(rows, existing={}, duration=60, limit=60, sso=feide)
    assert [row.sso_user_id for row in found.ready] == ["Anna@havnes.no"]
    assert [(one.row, "Feide" in one.message) for one in found.problems] == [(2, True)]


@given(st.text("abc.", min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_one_slip_of_the_fingers_is_one_letter_off(word, chance):
    place = chance.randrange(len(word))
    slips = [
        word[:place] + word[place + 1 :],
        word[:place] + "x" + word[place:],
        word[:place] + "x" + word[place + 1 :],
        word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    ]
    for slip in slips:
        assert is_one_letter_off(word, slip) == (word != slip)
        assert is_one_letter_off(slip, word) == (word != slip)
    assert not is_one_letter_off(word, f"{word}xy")
    assert not is_one_letter_off(word, word)


def test_1500_realms_that_all_differ_are_compared_in_one_pass(monkeypatch):
    asked = []
    monkeypatch.setattr("candidates.intake.sso_ids.is_one_letter_off", lambda one, other: asked.append(one))
    ids = [f"a{n}@havnes.no" for n in range(1000)] + [f"a{n}@x{n}.no" for n in range(500)]
    random.Random(1).shuffle(ids)
    assert len(unlike(ids)) == 500
    assert len(asked) <= 1500

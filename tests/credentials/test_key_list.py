"""The key list: who has which slip, in the order of the slips, and never a password."""

import pytest

from candidates.credentials.key_list import HEAD, key_list_file, open_key_list
from candidates.credentials.opening import Action, Choice, open_details
from candidates.credentials.refusals import NotShown
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, Location, Test, User
from tests.factories import contribute, give_logins


def test_the_key_list_lies_in_the_order_of_the_slips_and_holds_no_password(
    sso_exam: Test, anna: Candidate, planner: User
) -> None:
    other = Candidate.objects.get(candidate_id="5002")
    give_logins(sso_exam, planner, anna, other)
    lines = open_key_list(test=sso_exam, choice=Choice(), action=Action.KEY_LIST_SHOWN, by=planner)
    opened = open_details(test=sso_exam, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
    assert [line.username for line in lines] == [slip.username for slip in opened.sheet.slips]
    assert [(line.candidate_id, line.private_reference, line.sso_user_id, line.place) for line in lines] == [
        ("5002", "Name of 5002", "5002@uni.example", "Nordbygg 2.02"),
        ("5001", "Name of 5001", "5001@uni.example", "Vesthall V101"),
        ("0001", "", "", ""),
    ]
    text = key_list_file(sso_exam, lines).content.decode("utf-8-sig")
    assert text.splitlines()[0] == ",".join(HEAD)
    for slip in opened.sheet.slips:
        assert slip.password not in text
        assert slip.username in text


def test_no_cell_of_the_key_list_runs_as_a_formula(anna: Candidate, planner: User) -> None:
    Candidate.objects.filter(pk=anna.pk).update(private_reference="=HYPERLINK(1)")
    give_logins(anna.test, planner, anna)
    lines = open_key_list(test=anna.test, choice=Choice(), action=Action.KEY_LIST_CSV, by=planner)
    assert ',"\'=HYPERLINK(1)",' in key_list_file(anna.test, lines).content.decode()


def test_the_key_list_is_as_hidden_as_the_slips(sso_exam: Test, anna: Candidate, planner: User) -> None:
    give_logins(sso_exam, planner, anna)
    deactivate(test=sso_exam, by=planner)
    with pytest.raises(NotShown):
        open_key_list(test=sso_exam, choice=Choice(), action=Action.KEY_LIST_CSV, by=planner)
    event = AuditEvent.objects.get(action=Action.KEY_LIST_CSV)
    assert (event.outcome, event.detail) == ("refused", {"reason": "not_activated"})


def test_where_nobody_who_is_chosen_has_a_slip_the_key_list_says_so_to_each_in_their_words(
    sso_exam: Test, planner: User, invigilator: User
) -> None:
    here = Choice(
        location_ids=frozenset({Location.objects.get(room="V101").pk})
    )  # where SSO candidates sit, who have no login of ours
    with pytest.raises(NotShown, match="None of the chosen candidates has login details"):
        open_key_list(test=sso_exam, choice=here, action=Action.KEY_LIST_SHOWN, by=planner)
    Test.objects.filter(pk=sso_exam.pk).update(invigilators_may_open_key_list=True)
    with pytest.raises(NotShown, match="Nobody in your room has a slip"):
        open_key_list(test=sso_exam, choice=here, action=Action.KEY_LIST_SHOWN, by=invigilator)
    rows = AuditEvent.objects.filter(action=Action.KEY_LIST_SHOWN)
    assert {(row.outcome, row.detail["reason"]) for row in rows} == {("refused", "nobody")}


def test_who_may_not_know_who_the_candidates_are_has_no_key_list_whoever_asks_for_it(
    sso_exam: Test, anna: Candidate, planner: User, invigilator: User, grader: User
) -> None:
    give_logins(sso_exam, planner, anna)
    Test.objects.filter(pk=sso_exam.pk).update(invigilators_may_open_key_list=True, invigilators_see_names=False)
    contribute(sso_exam, grader, "invigilator")
    for who, words in ((invigilator, "do not see who the candidates are"), (grader, "Who grades a test")):
        with pytest.raises(NotShown, match=words):
            open_key_list(test=sso_exam, choice=Choice(), action=Action.KEY_LIST_SHOWN, by=who)
    reasons = [row.detail["reason"] for row in AuditEvent.objects.filter(outcome="refused").order_by("pk")]
    assert reasons == ["names_hidden", "grades"]
    assert open_key_list(test=sso_exam, choice=Choice(), action=Action.KEY_LIST_SHOWN, by=planner)

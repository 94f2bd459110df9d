"""Who works on a test: the rules that hold whoever asks, and at the same time."""

import pytest
from django.db import IntegrityError, transaction

from candidates.errors import Refused
from candidates.lifecycle import planners
from candidates.lifecycle.anonymity import NotAnonymous
from candidates.lifecycle.contributors import add_contributors, remove_contributors
from candidates.lifecycle.planners import hand_over_tests, refuse_without_planner
from candidates.models import AuditEvent, Candidate, Contributor, User
from tests.factories import add, contribute, make_staff, make_test

Role = Contributor.Role


def of(test, user, role=Role.PLANNER):
    return Contributor.objects.select_related("user", "location").get(test=test, user=user, role=role)


def test_one_person_may_have_several_roles(planner, exam):
    person = make_staff("two", is_planner=True, is_grader=True)
    for role in (Role.PLANNER, Role.GRADER):
        add_contributors(test=exam, users=[person], role=role, by=planner, confirmed=True)
    assert Contributor.objects.filter(test=exam, user=person).count() == 2
    assert AuditEvent.objects.filter(action="contributor_added", test=exam).count() == 2


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("change", [{}, {"is_active": False}])
def test_who_lacks_the_system_role_or_may_not_log_in_is_refused(planner, exam, role, change):
    person = make_staff("x", is_planner=True, is_invigilator=True, is_grader=True)
    User.objects.filter(pk=person.pk).update(**(change or {f"is_{role}": False}))
    person.refresh_from_db()
    with pytest.raises(Refused, match="does not have the role"):
        add_contributors(test=exam, users=[person], role=role, by=planner)


def test_a_candidate_is_refused(planner, candidate):
    with pytest.raises(Refused, match="does not have the role"):
        add_contributors(test=candidate.test, users=[candidate.user], role=Role.GRADER, by=planner)


def test_staff_who_sits_the_test_is_refused(planner, scheduled_exam):
    person = make_staff("sits", is_grader=True)
    Candidate.objects.filter(test=scheduled_exam, candidate_id="0001").update(user=person)
    with pytest.raises(Refused, match="is a candidate of the test"):
        add_contributors(test=scheduled_exam, users=[person], role=Role.GRADER, by=planner)


def test_a_location_is_for_invigilators_only(planner, exam, room):
    person = make_staff("x", is_grader=True)
    with pytest.raises(Refused, match="Only an invigilator"):
        add_contributors(test=exam, users=[person], role=Role.GRADER, rooms=[room], by=planner)


def test_adding_twice_is_refused_and_the_constraint_holds_it(planner, grader, exam):
    with pytest.raises(Refused, match="already"):
        add_contributors(test=exam, users=[grader], role=Role.GRADER, by=planner)
    with pytest.raises(IntegrityError), transaction.atomic():
        contribute(exam, grader, Role.GRADER)
    assert not AuditEvent.objects.filter(action="contributor_added").exists()


def test_the_last_planner_stays(planner, colleague, exam):
    mine, theirs = of(exam, planner), of(exam, colleague)
    remove_contributors(test=exam, contributors=[theirs], by=planner)
    with pytest.raises(Refused, match="A test needs a planner"):
        remove_contributors(test=exam, contributors=[mine], by=planner)
    assert of(exam, planner)


@pytest.mark.parametrize("change", [{"is_planner": False}, {"is_active": False}])
def test_a_planner_who_cannot_work_any_more_does_not_count_as_the_other_one(planner, colleague, exam, change):
    User.objects.filter(pk=colleague.pk).update(**change)
    with pytest.raises(Refused, match="A test needs a planner"):
        remove_contributors(test=exam, contributors=[of(exam, planner)], by=planner)
    remove_contributors(test=exam, contributors=[of(exam, colleague)], by=planner)


def test_taking_away_what_is_gone_says_so(planner, grader, exam):
    found = of(exam, grader, Role.GRADER)
    remove_contributors(test=exam, contributors=[found], by=planner)
    with pytest.raises(Refused, match="removed already"):
        remove_contributors(test=exam, contributors=[of_copy(found)], by=planner)
    assert AuditEvent.objects.filter(action="contributor_removed").count() == 1


def of_copy(contributor):
    """Return what another page still holds of a contributor."""
    return Contributor(pk=contributor.pk or 10**6, test=contributor.test, user=contributor.user, role=contributor.role)


def test_a_role_on_another_test_is_not_touched(planner, grader, exam):
    other = make_test(planner=planner)
    contribute(other, grader, Role.GRADER)
    with pytest.raises(Refused, match="removed already"):
        remove_contributors(test=exam, contributors=[of(other, grader, Role.GRADER)], by=planner)
    assert of(other, grader, Role.GRADER)


def test_a_role_that_was_taken_away_while_the_form_was_sent_is_not_given_on_the_test(planner, exam):
    person = make_staff("x", is_grader=True)
    User.objects.filter(pk=person.pk).update(is_grader=False)  # the page still knows the person as a grader
    with pytest.raises(Refused, match="does not have the role Grader"):
        add_contributors(test=exam, users=[person], role=Role.GRADER, by=planner)
    assert not Contributor.objects.filter(user=person).exists()


# Handing over ---------------------------------------------------------------------------------------------------------


def test_only_administrators_hand_tests_over(planner, colleague, exam):
    for by in (planner, User(is_administrator=True)):
        with pytest.raises(Refused, match="Only administrators"):
            hand_over_tests(to=colleague, by=by, of=planner)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_planner": False}])
def test_who_can_no_longer_plan_gets_no_test(planner, stranger, administrator, change):
    test = make_test(planner=planner)
    User.objects.filter(pk=stranger.pk).update(**change)
    with pytest.raises(Refused, match="does not have the role Planner"):
        hand_over_tests(to=stranger, by=administrator, of=planner)
    assert not Contributor.objects.filter(test=test, user=stranger).exists()


def test_a_candidate_of_one_of_the_tests_gets_none_of_them(planner, stranger, administrator):
    sat, other = make_test(planner=planner, name="Sat"), make_test(planner=planner, name="Other")
    [place] = add(sat, planner, "0001")
    Candidate.objects.filter(pk=place.pk).update(user=stranger, kind="permanent")
    with pytest.raises(Refused, match="is a candidate of “Sat” and so cannot work on it"):
        hand_over_tests(to=stranger, by=administrator, of=planner)
    assert not Contributor.objects.filter(user=stranger, test__in=[sat, other]).exists()


def test_a_grader_is_made_planner_only_where_somebody_has_confirmed_that_grading_is_not_anonymous_then(
    planner, stranger, administrator
):
    test = make_test(planner=planner)
    contribute(test, stranger, Role.GRADER)
    with pytest.raises(NotAnonymous, match="plans and grades this test"):
        hand_over_tests(to=stranger, by=administrator, of=planner)
    assert hand_over_tests(to=stranger, by=administrator, of=planner, confirmed=True) == [test]


def test_who_is_made_planner_of_a_test_at_the_moment_of_leaving_is_looked_at_again(planner, monkeypatch):
    planned_alone = planners.planned_alone

    def made_planner_first(user):
        make_test(planner=user)
        return planned_alone(user)

    monkeypatch.setattr(planners, "planned_alone", made_planner_first)
    with pytest.raises(Refused, match="has just been made planner of a test"), transaction.atomic():
        refuse_without_planner(planner)

"""Who grades a test and would know whose answer it is: said before the role is given, and as long as it is so."""

import pytest
from django.urls import reverse

from candidates.lifecycle.anonymity import NotAnonymous
from candidates.lifecycle.contributors import add_contributors, remove_contributors
from candidates.models import AuditEvent, Contributor, User
from tests.factories import Role, contribute, make_test

PAIRS = [
    (["planner"], "grader", "plans and grades this test"),
    (["grader"], "planner", "plans and grades this test"),
    (["invigilator"], "grader", "invigilates and grades this test"),
    (["grader"], "invigilator", "invigilates and grades this test"),
    (["invigilator", "grader"], "planner", "plans, invigilates and grades this test"),
]


@pytest.mark.parametrize(("has", "gets", "words"), PAIRS)
def test_who_would_know_whose_answer_it_is_gets_the_role_only_when_that_is_confirmed(
    exam, planner, stranger, client_of, has, gets, words
):
    for role in has:
        contribute(exam, stranger, role)
    browser, address = client_of(planner), reverse("new-contributor", args=[exam.public_id])
    fields = {"person": stranger.pk, "role": gets}
    asked = browser.post(address, fields)
    assert asked.status_code == 422
    html = asked.content.decode()
    assert f"Sigurd Fremmed {words}" in html
    assert "For this person grading is not anonymous." in html
    assert f'value="{stranger.pk} {gets}"' in html
    assert not Contributor.objects.filter(test=exam, user=stranger, role=gets).exists()
    # a tick for somebody or something else confirms nothing
    for other in ("on", f"{planner.pk} {gets}", f"{stranger.pk} other"):
        assert browser.post(address, fields | {"confirmed": other}).status_code == 422
    done = browser.post(address, fields | {"confirmed": f"{stranger.pk} {gets}"}, follow=True).content.decode()
    assert f"Sigurd Fremmed {words}" in done  # on the page of the test
    added = Contributor.objects.get(test=exam, user=stranger, role=gets)
    remove_contributors(test=exam, contributors=[added], by=planner)
    page = browser.get(reverse("deliver-test", args=[exam.public_id])).content.decode()
    assert ("not anonymous" in page) is (len(has) == 2)


def test_planner_and_invigilator_in_one_touch_no_grading(exam, planner, stranger, client_of):
    contribute(exam, stranger, Role.INVIGILATOR)
    address = reverse("new-contributor", args=[exam.public_id])
    answer = client_of(planner).post(address, {"person": stranger.pk, "role": "planner"}, follow=True)
    assert "Sigurd Fremmed is on the test now." in answer.content.decode()
    assert "not anonymous" not in answer.content.decode()


def test_the_line_goes_when_the_person_can_work_no_more(exam, planner, stranger, client_of):
    for role in (Role.GRADER, Role.PLANNER):
        contribute(exam, stranger, role)
    address = reverse("deliver-test", args=[exam.public_id])
    assert "Sigurd Fremmed plans and grades this test" in client_of(planner).get(address).content.decode()
    User.objects.filter(pk=stranger.pk).update(is_grader=False)
    assert "not anonymous" not in client_of(planner).get(address).content.decode()


def test_no_other_path_gives_such_a_role_without_a_word(exam, planner, stranger, administrator, client_of):
    contribute(exam, stranger, Role.PLANNER)
    with pytest.raises(NotAnonymous):
        add_contributors(test=exam, users=[stranger], role=Role.GRADER, by=planner)
    alone = make_test(planner=planner)
    contribute(alone, stranger, Role.GRADER)
    browser, address = client_of(administrator), reverse("hand-over-tests", args=[planner.pk])
    asked = browser.post(address, {"planner": stranger.pk})
    assert asked.status_code == 422
    assert "Sigurd Fremmed plans and grades this test" in asked.content.decode()
    assert not AuditEvent.objects.filter(action="contributor_added").exists()
    assert browser.post(address, {"planner": stranger.pk, "confirmed": str(stranger.pk)}).status_code == 302
    assert Contributor.objects.get(test=alone, user=stranger, role="planner")

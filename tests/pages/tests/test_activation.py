"""Activate and deactivate a test: each on a page that asks first."""

import pytest

from candidates.lifecycle.sitting import start
from candidates.models import SealedPassword, Test
from tests.factories import add, make_test


def address(test, rest="activate/"):
    return f"/deliver/tests/{test.public_id}/{rest}"


def test_the_page_before_says_what_will_happen_and_changes_nothing(planner, client_of, exam, candidates):
    html = client_of(planner).get(address(exam)).content.decode()
    assert "3 one-time users get login details" in html
    assert "Activate test" in html
    exam.refresh_from_db()
    assert not exam.is_activated
    assert not SealedPassword.objects.exists()


def test_activation_says_its_outcome_first(planner, client_of, exam, candidates):
    response = client_of(planner).post(address(exam), follow=True)
    assert response.redirect_chain[-1][0] == address(exam, "")
    html = response.content.decode()
    assert "<strong>The test is activated.</strong> 3 one-time users have a username and password now." in html
    assert "Candidate login details" in html


def test_a_second_click_is_told_that_the_test_is_activated(planner, client_of, exam, candidates):
    client = client_of(planner)
    client.post(address(exam))
    response = client.post(address(exam))
    assert response.status_code == 409
    html = response.content.decode()
    assert "The test is activated already. Nothing was changed." in html
    assert "Scheduled" in html
    assert SealedPassword.objects.count() == 3
    assert client.get(address(exam)).url == address(exam, "")


@pytest.mark.parametrize(("method", "status"), [("get", 422), ("post", 409)])
def test_a_test_without_candidates_is_not_activated_and_says_why(planner, client_of, method, status):
    exam = make_test(planner=planner)
    response = getattr(client_of(planner), method)(address(exam))
    assert response.status_code == status
    assert "No candidate is on the test. Add candidates, then activate it." in response.content.decode()
    exam.refresh_from_db()
    assert not exam.is_activated


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_test_that_has_ended_is_not_activated(planner, client_of, exam, candidates, clock, method):
    clock.move(days=4)
    client = client_of(planner)
    response = getattr(client, method)(address(exam))
    assert response.status_code in {409, 422}
    assert "The test has ended already." in response.content.decode()
    assert not Test.objects.activated().exists()


def test_deactivation_asks_first_and_keeps_the_login_details(planner, client_of, scheduled_exam):
    client = client_of(planner)
    tokens = set(SealedPassword.objects.values_list("token", flat=True))
    html = client.get(address(scheduled_exam, "deactivate/")).content.decode()
    assert "3 one-time users cannot log in meanwhile" in html
    html = client.post(address(scheduled_exam, "deactivate/"), follow=True).content.decode()
    assert "<strong>The test is deactivated.</strong>" in html
    html = client.get(address(scheduled_exam)).content.decode()
    assert "3 one-time users keep what they have" in html
    html = client.post(address(scheduled_exam), follow=True).content.decode()
    assert "No new login details were needed." in html
    assert set(SealedPassword.objects.values_list("token", flat=True)) == tokens


def test_once_a_candidate_has_opened_the_test_it_stays_activated(planner, client_of, candidate):
    start(candidate=candidate)
    client = client_of(planner)
    there = address(candidate.test, "deactivate/")
    assert client.get(there).url == address(candidate.test, "")
    response = client.post(there)
    assert response.status_code == 409
    assert "A candidate has opened the test, so it stays activated." in response.content.decode()
    candidate.test.refresh_from_db()
    assert candidate.test.is_activated


def test_a_demo_test_is_activated_without_candidates(planner, client_of):
    demo = make_test(planner=planner, is_demo=True)
    Test.objects.filter(pk=demo.pk).update(opens_at=None, ends_at=None)
    client = client_of(planner)
    assert "everybody who can log in may try it" in client.get(address(demo)).content.decode()
    html = client.post(address(demo), follow=True).content.decode()
    assert "Everybody who can log in may try it" in html
    assert "Candidate login details" not in html
    assert client.post(address(demo, "deactivate/")).status_code == 302


def test_the_page_before_repeats_what_somebody_should_look_at(planner, client_of, exam):
    add(exam, planner, "Kari Nordmann")
    assert "1 Candidate ID looks like a name" in client_of(planner).get(address(exam)).content.decode()

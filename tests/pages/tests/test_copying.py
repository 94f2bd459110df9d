"""Copy a test on its page: the end follows the opening, and what is said about the copy."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.models import AuditEvent, Candidate, Contributor, Test, User
from tests.factories import add, contribute, make_test


@pytest.fixture
def fields(exam):
    """What the page sends for a copy half a year later, with an empty day for the end."""
    day = timezone.localdate(exam.opens_at) + timedelta(days=182)
    clock = timezone.localtime(exam.opens_at), timezone.localtime(exam.ends_at)
    return {
        "name": "BIO2150, resit",
        "opens_at_date": day.isoformat(),
        "opens_at_time": f"{clock[0]:%H:%M}",
        "ends_at_date": "",
        "ends_at_time": f"{clock[1]:%H:%M}",
        "setup": "on",
        "contributors": "on",
        "rooms": "on",
        "who": "all",
    }


def address(test):
    return f"/deliver/tests/{test.public_id}/copy/"


def test_a_copy_takes_one_day_and_two_clicks(planner, client_of, exam, fields):
    add(exam, planner, "0001", "0002")
    client = client_of(planner)
    html = client.get(address(exam)).content.decode()
    assert "2 planners, 1 invigilator and 1 grader; invigilators keep their rooms" in html
    assert "All 2, without extra time" in html
    assert "handed in nothing" not in html  # the test is not over
    answer = client.post(address(exam), fields, follow=True)
    copy = Test.objects.get(name="BIO2150, resit")
    assert "with 2 candidates" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"/deliver/tests/{copy.public_id}/"
    apart = timezone.localdate(exam.ends_at) - timezone.localdate(exam.opens_at)
    assert timezone.localdate(copy.ends_at) == timezone.localdate(copy.opens_at) + apart
    assert f"{timezone.localtime(copy.ends_at):%H:%M}" == fields["ends_at_time"]
    history = client.get(f"/deliver/tests/{copy.public_id}/history/").content.decode()
    assert f"Created the test as a copy of “{exam.name}”" in history
    assert f"Added 2 candidates from the test “{exam.name}”" in history


def test_a_copy_that_is_sent_twice_is_made_once(planner, client_of, exam, fields):
    client = client_of(planner)
    for _time in range(2):
        client.post(address(exam), fields | {"who": "nobody"})
    assert Test.objects.filter(name="BIO2150, resit").count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"opens_at_date": ""}, "Write the date as well."),
        ({"opens_at_date": "30.2.2027"}, "That day does not exist."),
        ({"name": ""}, "Fill this in."),
        ({"name": "BIO [2]"}, "Leave out square brackets"),
        ({"ends_at_date": "2001-01-01"}, "The end must lie after the opening"),
        ({"who": "nothing"}, "is not in it"),
        ({"who": "everything"}, "is not in it"),
    ],
)
def test_what_does_not_fit_makes_no_test_and_stays_on_the_page(planner, client_of, exam, fields, change, sentence):
    add(exam, planner, "0001")
    answer = client_of(planner).post(address(exam), fields | change)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Test.objects.count() == 1


def test_an_archived_test_is_copied_and_stays_as_it_is(planner, client_of, exam, fields):
    Test.objects.filter(pk=exam.pk).update(activated_at=timezone.now(), archived_at=timezone.now())
    assert "Copy this test" in client_of(planner).get(f"/deliver/tests/{exam.public_id}/").content.decode()
    assert client_of(planner).post(address(exam), fields | {"who": "nobody"}).status_code == 302
    assert Test.objects.get(name="BIO2150, resit").archived_at is None


def test_who_stays_behind_is_said(planner, client_of, exam, fields):
    User.objects.filter(username="grader").update(is_active=False)
    html = client_of(planner).post(address(exam), fields | {"who": "nobody"}, follow=True).content.decode()
    assert "Elin Haugland is not on the copy" in html
    assert not Contributor.objects.filter(test__name="BIO2150, resit", role="grader").exists()


def test_a_demo_test_is_copied_without_times_and_without_candidates(planner, client_of):
    demo = Test.objects.create(name="Try it", is_demo=True)
    contribute(demo, planner, "planner")
    html = client_of(planner).get(address(demo)).content.decode()
    assert 'name="who"' not in html
    assert client_of(planner).post(address(demo), {"name": "Try it again"}).status_code == 302
    assert Test.objects.get(name="Try it again").is_demo


def test_a_text_and_a_test_of_somebody_else_stay_unseen(planner, stranger, client_of, exam, fields):
    assert client_of(stranger).get(address(exam)).status_code == 404
    assert client_of(stranger).post(address(exam), fields).status_code == 404


# --- Candidates from another test ---------------------------------------------------------------------------------


@pytest.fixture
def other(planner):
    """Another test of the planner, with two candidates, of whom 0001 has extra time."""
    test = make_test(planner=planner, name="BIO1100 last term")
    add(test, planner, "0001", "0002", extra={"0001": 30})
    return test


def from_test(test, rest=""):
    return f"/deliver/tests/{test.public_id}/candidates/add/from-test/{rest}"


def test_candidates_of_another_test_are_seen_before_they_are_added(planner, client_of, exam, other):
    add(exam, planner, "0002")
    client, fields = client_of(planner), {"other": other.public_id, "who": "extra", "rooms": "on"}
    assert "BIO1100 last term" in client.get(from_test(exam)).content.decode()
    asked = client.post(from_test(exam), fields)
    html = asked.content.decode()
    assert "Add 1 candidate from “BIO1100 last term”?" in html
    assert "1 candidate left out. On this test already: 0002." in html
    assert not Candidate.objects.filter(test=exam, candidate_id="0001").exists()
    seen = asked.context["plan"].fingerprint
    done = client.post(from_test(exam, "save/"), fields | {"seen": seen}, follow=True)
    assert "1 candidate added from “BIO1100 last term”." in done.content.decode()
    assert Candidate.objects.get(test=exam, candidate_id="0001").extra_minutes == 30
    detail = AuditEvent.objects.filter(action="candidates_added", test=exam).latest("pk").detail
    assert detail["source"] == "test: BIO1100 last term"


def test_whoever_changed_meanwhile_is_shown_again_before_anybody_is_added(planner, client_of, exam, other):
    client, fields = client_of(planner), {"other": other.public_id, "who": "all", "rooms": "on"}
    seen = client.post(from_test(exam), fields).context["plan"].fingerprint
    add(other, planner, "0003")
    answer = client.post(from_test(exam, "save/"), fields | {"seen": seen})
    assert answer.status_code == 409
    assert "have changed since you looked" in answer.content.decode()
    assert "Add 3 candidates" in answer.content.decode()
    assert not Candidate.objects.of_test(exam).exists()


def test_more_than_there_is_room_for_are_not_offered(planner, client_of, exam, other):
    Test.objects.filter(pk=exam.pk).update(candidate_count=1499)
    answer = client_of(planner).post(from_test(exam), {"other": other.public_id, "who": "all"})
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "2 are too many: this test has room for 1 more." in html
    assert "Add 2 candidates</button>" not in html


@pytest.mark.parametrize("who", ["nothing", "everything", "nobody", ""])
def test_who_cannot_be_meant_is_refused(planner, client_of, exam, other, who):
    answer = client_of(planner).post(from_test(exam), {"other": other.public_id, "who": who})
    assert answer.status_code in (409, 422)
    assert "ds-error-summary" in answer.content.decode()


def test_a_test_of_somebody_else_cannot_be_taken_from(planner, stranger, client_of, exam):
    theirs = make_test(planner=stranger, name="Secret exam")
    add(theirs, stranger, "0001")
    client = client_of(planner)
    assert "Secret exam" not in client.get(from_test(exam)).content.decode()
    for rest, more in (("", {}), ("save/", {"seen": "x"})):
        answer = client.post(from_test(exam, rest), {"other": theirs.public_id, "who": "all", **more})
        assert answer.status_code == 422
    assert not Candidate.objects.of_test(exam).exists()

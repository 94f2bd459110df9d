"""The planner's tests: list, set-up, one test, moving its end."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from candidates.credentials.opening import Choice, open_details
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, Contributor, Location, Test
from candidates.text import when
from tests.factories import activated, add, add_many, make_test, open_now

LIST = "/deliver/tests/"


def page(test, rest=""):
    return f"{LIST}{test.public_id}/{rest}"


def filled(test=None, client=None, **changes):
    """Return what the browser posts for a new test, or for the edit page of one."""
    fields = {
        "name": "BIO2150 Cell Biology",
        "information": "Bring your card.",
        "questions": "1. Why?",
        "opens_at_date": "2030-12-02",
        "opens_at_time": "09:00",
        "ends_at_date": "2030-12-02",
        "ends_at_time": "13:00",
        "duration_minutes": "",
        "invigilators_may_open_logins": "on",
        "invigilators_see_names": "on",
    }
    if test is not None:
        form = client.get(page(test, "edit/")).context["form"]
        opens, ends = (timezone.localtime(moment) for moment in test.window)
        fields |= {
            "name": test.name,
            "information": test.information,
            "questions": test.questions,
            "opens_at_date": f"{opens:%Y-%m-%d}",
            "opens_at_time": f"{opens:%H:%M}",
            "ends_at_date": f"{ends:%Y-%m-%d}",
            "ends_at_time": f"{ends:%H:%M}",
            "seen": form["seen"].value(),
        }
    return fields | changes


def printed(test, by):
    """Print everybody's slip."""
    open_details(test=test, choice=Choice(), action=AuditEvent.Action.DETAILS_PRINTED, by=by)


# The list -------------------------------------------------------------------------------------------------------------


def test_the_list_shows_my_tests_with_status_and_places_taken(planner, client_of, scheduled_exam):
    make_test(name="Somebody else's")
    html = client_of(planner).get(LIST).content.decode()
    assert scheduled_exam.name in html
    assert "Scheduled" in html
    assert "3 / 1500" in html
    assert "Somebody else" not in html


def test_the_first_visit_says_how_to_begin(planner, client_of):
    html = client_of(planner).get(LIST).content.decode()
    assert "You plan no test yet" in html
    assert "Create new" in html
    assert "<table" not in html


@pytest.mark.parametrize("search", ["økologi", "ØKOLOGI", "skog økologi"])
def test_the_search_finds_every_word_in_any_case(planner, client_of, exam, search):
    make_test(planner=planner, name="Økologi i skog")
    html = client_of(planner).get(LIST, {"q": search}).content.decode()
    assert "Økologi i skog" in html
    assert exam.name not in html
    assert "1 of 2 tests" in html


def test_a_search_without_a_match_says_so(planner, client_of, exam):
    html = client_of(planner).get(LIST, {"q": "<b>kari"}).content.decode()
    assert "No test matches ‘&lt;b&gt;kari’." in html
    assert "Show all 1" in html


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "A"), ("-name", "C"), ("opens", "B"), ("-opens", "A"), ("ends", "B")]
)
def test_the_list_is_sorted_by_what_is_asked_and_tests_without_times_come_last(planner, client_of, sort, first):
    make_test(planner=planner, name="A", opens_in=timedelta(days=9))
    make_test(planner=planner, name="B", opens_in=timedelta(days=1))
    demo = make_test(planner=planner, name="C", is_demo=True)
    Test.objects.filter(pk=demo.pk).update(opens_at=None, ends_at=None)
    rows = client_of(planner).get(LIST, {"sort": sort}).context["found"].rows
    assert rows[0].name == first
    if "name" not in sort:
        assert rows[-1].name == "C"


@pytest.mark.parametrize("sort", [None, "", "x__y", "-"])
def test_running_and_next_tests_come_first_in_the_list(planner, client_of, sort):
    def one(name, days, active):
        test = make_test(planner=planner, name=name)
        add(test, planner, "0001")
        if active:
            activated(test, planner)
        opens_at = timezone.now() + timedelta(days=days)
        Test.objects.filter(pk=test.pk).update(opens_at=opens_at, ends_at=opens_at + timedelta(hours=4))

    one("next week, scheduled", 7, True)
    one("long over", -30, True)
    one("never activated and over", -2, False)
    one("running", -0.05, True)
    one("tomorrow, created", 1, False)
    one("over yesterday", -1, True)
    html = client_of(planner).get(LIST, {} if sort is None else {"sort": sort})
    assert [row.name for row in html.context["found"].rows] == [
        *("running", "tomorrow, created", "next week, scheduled"),
        *("over yesterday", "never activated and over", "long over"),
    ]
    assert "6 tests, running and next ones first" in html.content.decode()


@pytest.mark.parametrize(
    ("rest", "title"),
    [
        ("edit/", "Edit set-up: {} – Deliver"),
        ("contributors/new/", "Add contributors: {} – Deliver"),
        ("end/", "Move the end: {} – Deliver"),
        ("deactivate/", "Deactivate the test? {} – Deliver"),
    ],
)
def test_titles_of_pages_name_the_test(planner, client_of, scheduled_exam, rest, title):
    html = client_of(planner).get(page(scheduled_exam, rest)).content.decode()
    assert f"<title>{title.format(scheduled_exam.name)}</title>" in html


@pytest.mark.parametrize("address", [LIST, "/monitor/", "/grade/"])
def test_first_pages_have_no_breadcrumb_that_repeats_their_heading(stranger, client_of, exam, address):
    html = client_of(stranger).get(address).content.decode()
    assert "<h1" in html
    assert "Breadcrumb" not in html


def test_pages_below_them_have_one(planner, client_of, exam):
    assert "Breadcrumb" in client_of(planner).get(page(exam)).content.decode()


@pytest.mark.parametrize(("minutes", "words"), [(10, "10 min"), (180, "3 h")])
def test_the_duration_is_said_once(planner, client_of, minutes, words):
    exam = make_test(planner=planner, duration_minutes=minutes)
    html = client_of(planner).get(page(exam)).content.decode()
    assert f"<dd>{words} from each candidate’s own start</dd>" in html


def test_the_list_asks_as_little_for_many_tests_as_for_few(planner, client_of, exam, django_assert_num_queries):
    client = client_of(planner)
    for _number in range(30):
        make_test(planner=planner)
    with django_assert_num_queries(4):  # session, person, tests, spare logins that nobody has
        assert client.get(LIST).status_code == 200


# A new test -----------------------------------------------------------------------------------------------------------


def test_who_makes_a_test_is_its_planner_and_it_is_recorded(planner, client_of):
    response = client_of(planner).post(f"{LIST}new/", filled())
    test = Test.objects.get()
    assert response.url == page(test)
    assert (test.window[1] - test.window[0]) == timedelta(hours=4)
    assert Contributor.objects.get(test=test).user == planner
    assert AuditEvent.objects.get(action="test_created", test=test).actor == planner


def test_invigilators_may_open_login_details_unless_the_planner_says_no(planner, client_of):
    client = client_of(planner)
    assert client.get(f"{LIST}new/").context["form"]["invigilators_may_open_logins"].value() is True
    assert "They may open them, one candidate at a time" in _summary_of_new(client, filled())
    silent = {name: value for name, value in filled(name="Silent").items() if name != "invigilators_may_open_logins"}
    assert "They may not open them" in _summary_of_new(client, silent)
    tests = Test.objects.order_by("pk").values_list("invigilators_may_open_logins", flat=True)
    assert list(tests) == [True, False]


def _summary_of_new(client, fields):
    return client.post(f"{LIST}new/", fields, follow=True).content.decode()


def test_a_planner_hides_names_from_invigilators_and_shows_them_again_also_while_the_test_is_activated(
    planner, client_of, exam
):
    client = client_of(planner)
    assert client.get(f"{LIST}new/").context["form"]["invigilators_see_names"].value() is True
    add(exam, planner, "0001")
    activated(exam, planner)
    seen = "They see names and private references in Monitor and at the door; graders never do"
    assert seen in client.get(page(exam)).content.decode()
    for allowed, words in (("", "They see Candidate IDs alone, like graders"), ("1", seen)):
        answer = client.post(page(exam, "names/"), {"allowed": allowed}, follow=True)
        assert words in " ".join(answer.content.decode().split())
        assert Test.objects.get(pk=exam.pk).invigilators_see_names is bool(allowed)
    client.post(page(exam, "names/"), {"allowed": "1"})  # changes nothing, and says nothing
    changes = AuditEvent.objects.filter(action="test_changed").order_by("pk").values_list("detail", flat=True)
    assert list(changes) == [{"invigilators_see_names": [True, False]}, {"invigilators_see_names": [False, True]}]


@pytest.mark.parametrize("may", [True, False])
def test_whether_invigilators_may_open_login_details_is_changed_before_activation_alone(planner, client_of, exam, may):
    Test.objects.filter(pk=exam.pk).update(invigilators_may_open_logins=not may)
    client = client_of(planner)
    fields = filled(exam, client, invigilators_may_open_logins="on" if may else "")
    add(exam, planner, "0001")
    activated(exam, planner)
    assert client.post(page(exam, "edit/"), fields).status_code == 409
    assert Test.objects.get(pk=exam.pk).invigilators_may_open_logins is not may
    deactivate(test=exam, by=planner)
    assert client.post(page(exam, "edit/"), fields).status_code == 302
    assert Test.objects.get(pk=exam.pk).invigilators_may_open_logins is may
    assert AuditEvent.objects.get(action="test_changed").detail == {"invigilators_may_open_logins": [not may, may]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Fill this in"),
        ({"name": "n" * 501}, "Use at most 500 characters. These are 501."),
        ({"name": "BIO [2150]"}, "Leave out square brackets"),
        ({"name": "BIO\u202e2150"}, "U+202E"),
        ({"name": "BIO\n2150"}, "U+000A"),
        ({"ends_at_time": "09:00"}, "The end must lie after the opening"),
        ({"ends_at_date": "2030-12-01"}, "The end must lie after the opening"),
        ({"opens_at_date": "", "opens_at_time": ""}, "Write a date and a time."),
        ({"ends_at_date": "9999-01-01"}, "Choose a year from"),
        ({"opens_at_date": "2031-02-29"}, "That day does not exist"),
        ({"duration_minutes": "0"}, "Write 1 or more."),
        ({"duration_minutes": "2881"}, "Write 2880 or less."),
        ({"duration_minutes": "2 h"}, "Write a whole number"),
        ({"is_demo": "on", "opens_at_date": "", "opens_at_time": ""}, "Write a date and a time."),
        ({"opens_at_date": "2030-03-31", "opens_at_time": "02:30"}, "does not exist that night"),
        ({"opens_at_date": "2030-10-27", "opens_at_time": "02:30"}, "comes twice that night"),
    ],
)
def test_a_test_that_does_not_fit_is_refused_with_a_sentence_and_nothing_typed_is_lost(
    planner, client_of, changes, sentence
):
    response = client_of(planner).post(f"{LIST}new/", filled(**changes))
    assert response.status_code == 422
    html = response.content.decode()
    assert sentence in html
    assert "Nothing is saved yet" in html
    assert "Bring your card." in html
    assert not Test.objects.exists()


def test_a_leap_day_is_a_day(planner, client_of):
    fields = filled(opens_at_date="2032-02-29", ends_at_date="2032-02-29")
    assert client_of(planner).post(f"{LIST}new/", fields).status_code == 302
    opens_at, ends_at = (timezone.localtime(moment).date() for moment in Test.objects.get().window)
    assert opens_at == ends_at == date(2032, 2, 29)


def test_the_longest_name_and_duration_are_taken(planner, client_of):
    client_of(planner).post(f"{LIST}new/", filled(name="n" * 500, duration_minutes="2880"))
    assert Test.objects.get().duration_minutes == 2880


def test_a_duration_longer_than_the_window_is_stored_with_a_warning(planner, client_of):
    response = client_of(planner).post(f"{LIST}new/", filled(duration_minutes="241"), follow=True)
    assert "The duration is longer than the test is open." in response.content.decode()
    assert Test.objects.get().duration_minutes == 241


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"opens_at_date": "2025-12-02", "ends_at_date": "2025-12-02"}, "The end of the test has passed already, Tue"),
        ({"opens_at_date": "2098-12-02", "ends_at_date": "2098-12-02"}, "opens more than a year from now, Tue"),
        ({"ends_at_date": "2030-12-04", "ends_at_time": "09:01"}, "The test is open for 2 days, from Mon"),
    ],
)
def test_odd_times_are_stored_with_a_warning_by_both_forms(planner, client_of, clock, changes, sentence):
    clock.set(datetime(2030, 11, 1, tzinfo=UTC))
    client = client_of(planner)
    assert sentence in client.post(f"{LIST}new/", filled(**changes), follow=True).content.decode()
    made = Test.objects.get()
    assert sentence in client.post(page(made, "edit/"), filled(made, client, **changes), follow=True).content.decode()


def test_usual_times_bring_no_warning(planner, client_of, clock):
    clock.set(datetime(2030, 11, 1, tzinfo=UTC))
    two_days = filled(ends_at_date="2030-12-04", ends_at_time="09:00", duration_minutes="240")
    html = client_of(planner).post(f"{LIST}new/", two_days, follow=True).content.decode()
    assert html.count("ds-alert") == 1
    assert "The test is created.</strong> Add candidates, then activate it." in html


def test_a_demo_test_needs_no_times(planner, client_of):
    times = dict.fromkeys(("opens_at_date", "opens_at_time", "ends_at_date", "ends_at_time"), "")
    response = client_of(planner).post(f"{LIST}new/", filled(is_demo="on", **times), follow=True)
    assert Test.objects.get().is_demo
    assert "of 1500 candidates" not in response.content.decode()
    assert "Activate it, and everybody who can log in may try it." in response.content.decode()
    assert "Add candidates" not in response.content.decode()


@pytest.mark.parametrize(("night", "minutes"), [("2030-03-31", 120), ("2030-10-27", 240)], ids=["spring", "autumn"])
def test_a_window_over_a_night_of_two_clocks_lasts_its_real_minutes(planner, client_of, night, minutes):
    client_of(planner).post(
        f"{LIST}new/", filled(opens_at_date=night, opens_at_time="01:00", ends_at_date=night, ends_at_time="04:00")
    )
    assert Test.objects.get().window_minutes == minutes


def test_the_hour_that_the_spring_night_leaves_out_is_refused_with_the_reason_and_nothing_is_stored(planner, client_of):
    night = {"opens_at_date": "2030-03-31", "ends_at_date": "2030-03-31"}
    response = client_of(planner).post(f"{LIST}new/", filled(**night, opens_at_time="02:30", ends_at_time="04:00"))
    assert response.status_code == 422
    assert "02:30 does not exist that night" in response.content.decode()
    assert not Test.objects.exists()


@pytest.mark.parametrize(("later", "hours"), [("", 1), ("on", 2)])
def test_the_later_of_two_half_past_twos_can_be_chosen(planner, client_of, later, hours):
    night = {"opens_at_date": "2030-10-27", "opens_at_time": "01:30", "ends_at_date": "2030-10-27"}
    client_of(planner).post(
        f"{LIST}new/",
        filled(**night, ends_at_time="02:30", ends_at_asked="2030-10-27 02:30", ends_at_later=later),
    )
    assert Test.objects.get().window_minutes == hours * 60


# Changing the set-up --------------------------------------------------------------------------------------------------


def test_a_change_of_the_set_up_is_stored_and_recorded(planner, client_of, exam):
    client = client_of(planner)
    response = client.post(page(exam, "edit/"), filled(exam, client, name="BIO2151", duration_minutes="180"))
    assert response.url == page(exam)
    exam.refresh_from_db()
    assert (exam.name, exam.duration_minutes) == ("BIO2151", 180)
    assert set(AuditEvent.objects.get(action="test_changed").detail) == {"name", "duration_minutes"}


def test_saving_the_page_as_it_came_changes_nothing(planner, client_of):
    exam = make_test(planner=planner, information="One\nTwo", questions="Three\nFour")
    client = client_of(planner)
    client.post(page(exam, "edit/"), filled(exam, client, information="One\r\nTwo", questions="Three\r\nFour"))
    assert not AuditEvent.objects.filter(action="test_changed").exists()


def test_planners_who_change_different_fields_both_succeed(planner, colleague, client_of, exam):
    first, second = client_of(planner), client_of(colleague)
    mine, theirs = filled(exam, first, name="New name"), filled(exam, second, duration_minutes="120")
    assert first.post(page(exam, "edit/"), mine).status_code == 302
    assert second.post(page(exam, "edit/"), theirs).status_code == 302
    exam.refresh_from_db()
    assert (exam.name, exam.duration_minutes) == ("New name", 120)


def test_the_second_planner_who_changes_the_same_field_sees_the_conflict_and_may_insist(
    planner, colleague, client_of, exam
):
    first, second = client_of(planner), client_of(colleague)
    mine = filled(exam, first, name="Mine")
    theirs = filled(exam, second, name="Theirs", information="Their text")
    first.post(page(exam, "edit/"), mine)
    response = second.post(page(exam, "edit/"), theirs)
    assert response.status_code == 409
    html = response.content.decode()
    assert "Somebody else changed this meanwhile, to: Mine" in html
    assert 'value="Theirs"' in html
    assert "Their text" in html
    exam.refresh_from_db()
    assert (exam.name, exam.information) == ("Mine", "")
    second.post(page(exam, "edit/"), theirs | {"seen": response.context["form"]["seen"].value()})
    exam.refresh_from_db()
    assert (exam.name, exam.information) == ("Theirs", "Their text")


def test_times_that_only_clash_together_are_refused_and_not_a_crash(planner, colleague, client_of, exam):
    first, second = client_of(planner), client_of(colleague)
    late = timezone.localtime(exam.window[1] - timedelta(minutes=1))
    early = timezone.localtime(exam.window[0] + timedelta(minutes=1))
    mine = filled(exam, first, opens_at_date=f"{late:%Y-%m-%d}", opens_at_time=f"{late:%H:%M}")
    theirs = filled(exam, second, ends_at_date=f"{early:%Y-%m-%d}", ends_at_time=f"{early:%H:%M}")
    assert first.post(page(exam, "edit/"), mine).status_code == 302
    response = second.post(page(exam, "edit/"), theirs)
    assert response.status_code == 409
    assert "now the end lies before the opening" in response.content.decode()


def test_an_edit_that_meets_an_activated_test_is_refused_and_nothing_typed_is_lost(
    planner, client_of, exam, candidates
):
    client = client_of(planner)
    late = filled(exam, client, name="Too late")
    activated(exam, planner)
    response = client.post(page(exam, "edit/"), late)
    assert response.status_code == 409
    html = response.content.decode()
    assert "The test is activated, so its set-up is locked" in html
    assert 'value="Too late"' in html
    exam.refresh_from_db()
    assert exam.name != "Too late"


def test_the_edit_page_of_an_activated_test_points_to_the_end(planner, client_of, scheduled_exam):
    html = client_of(planner).get(page(scheduled_exam, "edit/")).content.decode()
    assert "set-up is locked, except its end" in html
    assert "Save" not in html


def test_a_test_with_candidates_does_not_become_a_demo_test(planner, client_of, exam, candidates):
    client = client_of(planner)
    response = client.post(page(exam, "edit/"), filled(exam, client, is_demo="on"))
    assert response.status_code == 409
    assert "a demo test has none" in response.content.decode()


@pytest.mark.parametrize("seen", ["", "{}", "[]", "x", '{"name": 1}', "[" * 100_000])
def test_a_page_that_came_back_incomplete_is_refused(planner, client_of, exam, seen):
    client = client_of(planner)
    assert client.post(page(exam, "edit/"), filled(exam, client) | {"seen": seen}).status_code == 422


# Moving the end -------------------------------------------------------------------------------------------------------


def asked(client, test, moment, **changes):
    local = timezone.localtime(moment)
    seen = test.ends_at.isoformat()
    fields = {"ends_at_date": f"{local:%Y-%m-%d}", "ends_at_time": f"{local:%H:%M}", "seen": seen}
    return client.post(page(test, "end/"), fields | changes)


def confirmed(client, asking, **changes):
    """Press the button of the page that asks."""
    return client.post(asking.context["action"], asking.context["confirmed"].initial | changes)


def writing(test, *candidate_ids):
    Candidate.objects.filter(test=test, candidate_id__in=candidate_ids).update(started_at=timezone.now())


def end_of(test):
    return type(test).objects.get(pk=test.pk).ends_at


def test_the_end_of_an_activated_test_is_moved_by_the_page_that_asks(planner, client_of, open_exam):
    later = open_exam.ends_at + timedelta(minutes=20)
    client = client_of(planner)
    assert client.get(page(open_exam, "end/")).status_code == 200
    writing(open_exam, "0001")
    response = asked(client, open_exam, later)
    html = response.content.decode()
    assert response.status_code == 200
    assert f"Move the end to {when(later)}" in html
    assert "1 candidate" in html
    assert 'data-color="danger"' not in html
    assert [(one.extra, one.count, one.after - one.before) for one in response.context["found"].groups] == [
        (0, 2, timedelta(minutes=20)),
        (30, 1, timedelta(minutes=20)),
    ]
    assert end_of(open_exam) == open_exam.ends_at  # nothing is moved by asking
    assert confirmed(client, response).url == page(open_exam)
    assert end_of(open_exam) == later


def test_an_end_that_is_now_says_for_how_many_it_ends(planner, client_of, open_exam):
    writing(open_exam, "0001", "0002")  # 0002 has 30 minutes of extra time, kari has not started
    Candidate.objects.filter(candidate_id="kari").update(extra_minutes=0)
    client = client_of(planner)
    response = asked(client, open_exam, timezone.now())
    html = response.content.decode()
    assert "End the test for 1 candidate?" in html
    assert re.search(r'data-color="danger"[^>]*>End the test for 1 candidate<', html)
    Candidate.objects.filter(candidate_id="kari").update(started_at=timezone.now())
    again = confirmed(client, response)
    assert again.status_code == 409
    assert "It would now end for more candidates than you saw." in again.content.decode()
    assert end_of(open_exam) == open_exam.ends_at
    assert confirmed(client, again).status_code == 302
    assert end_of(open_exam) < timezone.now()


def test_an_end_that_is_now_while_nobody_writes_asks_as_well(planner, client_of, open_exam):
    html = asked(client_of(planner), open_exam, timezone.now()).content.decode()
    assert "End the test now?" in html
    assert "Nobody" in html


def test_an_end_much_later_is_looked_at(planner, client_of, open_exam):
    response = asked(client_of(planner), open_exam, open_exam.ends_at + timedelta(days=300))
    html = response.content.decode()
    assert "more than a month after the present one" in html
    assert "The test is open for 300 days" in html
    usual = asked(client_of(planner), open_exam, open_exam.ends_at + timedelta(minutes=20)).content.decode()
    assert "more than a month" not in usual
    assert "Look at the dates" not in usual


def test_a_later_end_says_who_can_write_again(planner, client_of, open_exam):
    writing(open_exam, "0001", "0002", "kari")
    Candidate.objects.filter(candidate_id="kari").update(submitted_at=timezone.now())
    ended = timezone.now() - timedelta(minutes=5)
    type(open_exam).objects.filter(pk=open_exam.pk).update(ends_at=ended)
    open_exam.refresh_from_db()
    response = asked(client_of(planner), open_exam, timezone.now() + timedelta(hours=1))
    found = response.context["found"]
    assert (found.writing, found.again, found.over) == (1, 1, 0)
    assert "1 candidate whose time is over and who did not submit can write again." in response.content.decode()


def test_an_end_that_was_moved_since_the_page_asked_stays(planner, client_of, open_exam):
    client = client_of(planner)
    asking = asked(client, open_exam, open_exam.ends_at + timedelta(minutes=40))
    confirmed(client, asked(client, open_exam, open_exam.ends_at + timedelta(minutes=20)))
    late = confirmed(client, asking)
    assert late.status_code == 409
    assert "Somebody else moved the end meanwhile." in late.content.decode()
    assert end_of(open_exam) == open_exam.ends_at + timedelta(minutes=20)


@pytest.mark.parametrize("changes", [{"seen": ""}, {"ends_at": "tomorrow"}, {"over": "x"}, {"ends_at": "2030-01-01"}])
def test_a_confirmation_that_is_not_whole_is_refused(planner, client_of, open_exam, changes):
    client = client_of(planner)
    asking = asked(client, open_exam, open_exam.ends_at + timedelta(minutes=40))
    assert confirmed(client, asking, **changes).status_code == 422
    assert end_of(open_exam) == open_exam.ends_at


def test_the_end_that_is_there_already_is_no_change(planner, client_of, open_exam):
    client = client_of(planner)
    asking = asked(client, open_exam, open_exam.ends_at + timedelta(minutes=20))
    assert asked(client, open_exam, open_exam.ends_at).url == page(open_exam)
    assert confirmed(client, asking).status_code == confirmed(client, asking).status_code == 302
    assert "Nothing was changed." in client.get(page(open_exam)).content.decode()


@pytest.mark.parametrize(
    ("shift", "status", "sentence"),
    [(timedelta(minutes=-20), 422, "after the opening"), (timedelta(minutes=-2), 409, "cannot lie in the past")],
)
def test_the_end_does_not_move_into_the_past_or_before_the_opening(
    planner, client_of, open_exam, shift, status, sentence
):
    response = asked(client_of(planner), open_exam, timezone.now() + shift)
    assert response.status_code == status
    assert sentence in response.content.decode()


def test_of_two_who_move_the_end_the_second_is_told(planner, client_of, open_exam):
    client = client_of(planner)
    before = open_exam.ends_at.isoformat()
    confirmed(client, asked(client, open_exam, open_exam.ends_at + timedelta(minutes=20)))
    response = asked(client, open_exam, open_exam.ends_at + timedelta(minutes=40), seen=before)
    assert response.status_code == 409
    assert "Somebody else moved the end meanwhile" in response.content.decode()
    again = response.context["form"]["seen"].value()
    assert asked(client, open_exam, open_exam.ends_at + timedelta(minutes=40), seen=again).status_code == 200


@pytest.mark.parametrize("seen", ["", "yesterday", "2030-01-01"])
def test_an_end_without_what_the_page_showed_is_refused(planner, client_of, open_exam, seen):
    assert asked(client_of(planner), open_exam, open_exam.ends_at, seen=seen).status_code == 422


def test_a_test_that_is_not_activated_has_no_end_to_move(planner, client_of, exam):
    client = client_of(planner)
    assert client.get(page(exam, "end/")).url == page(exam)
    response = asked(client, exam, exam.ends_at + timedelta(hours=1))
    assert response.status_code == 409
    assert "Change its end under Edit" in response.content.decode()


# One test -------------------------------------------------------------------------------------------------------------


def test_the_page_counts_candidates_and_says_who_finishes_when(planner, client_of, exam, candidates):
    response = client_of(planner).get(page(exam))
    html = response.content.decode()
    assert "3 of 1500 candidates" in html
    assert "Who finishes when" in html
    assert [(one.extra, one.count) for one in response.context["page"].finishes] == [(0, 2), (30, 1)]
    assert "at the latest" not in html


def test_with_a_duration_the_ends_are_the_latest_ones(planner, client_of):
    exam = make_test(planner=planner, duration_minutes=180)
    add(exam, planner, "0001", extra=30)
    response = client_of(planner).get(page(exam))
    assert "Ends at the latest" in response.content.decode()
    assert response.context["page"].finishes[0].ends_at == exam.window[1] + timedelta(minutes=30)


def test_the_checklist_names_what_is_missing_and_locks_the_button(planner, client_of):
    exam = make_test(planner=planner)
    html = client_of(planner).get(page(exam)).content.decode()
    assert "No candidate is added yet" in html
    assert "No grader is on the test" in html
    assert 'aria-disabled="true"' in html
    assert "No candidate is on the test. Add candidates, then activate it." in html


def test_the_checklist_shows_ids_that_look_like_names_and_who_has_no_room(planner, client_of, exam):
    add(exam, planner, "0001", location=("Vesthall", "V101"))
    add(exam, planner, "Kari Nordmann", "ola.hansen@havnes.example")
    html = client_of(planner).get(page(exam)).content.decode()
    assert "2 Candidate IDs look like names" in html
    assert "candidates/?look=personal" in html
    assert "2 candidates have no room" in html
    assert "candidates/?place=none" in html


def test_a_room_that_is_too_full_shared_or_removed_is_pointed_out_before_and_after_activation(planner, client_of, exam):
    add(exam, planner, "0001", "0002", location=("Vesthall", "V101"))
    add(make_test(planner=planner, name="PHY1010 Physics"), planner, "0001", location=("Vesthall", "V101"))
    room = Location.objects.get()
    Location.objects.update(capacity=3)
    browser = client_of(planner)
    html = browser.get(page(exam)).content.decode()
    assert "1 room is used by another test at the same time" in html
    assert "Vesthall V101: PHY1010, 3 of 3 seats." in html
    Location.objects.filter(pk=room.pk).update(capacity=2, is_active=False)
    html = browser.get(page(exam)).content.decode()
    assert "1 room has more candidates than seats" in html
    assert "Vesthall V101: 3 for 2 seats." in html
    assert "1 room was removed from the rooms" in html
    assert 'candidates/spread/">Spread them' in html
    activated(exam, planner)
    assert "Vesthall V101: 3 for 2 seats." in browser.get(page(exam)).content.decode()


def test_where_no_room_is_used_nobody_is_said_to_miss_one(planner, client_of, exam, candidates):
    html = client_of(planner).get(page(exam)).content.decode()
    assert "3 candidates added" in html
    assert "no room" not in html


def test_the_page_of_an_activated_test_offers_login_details(planner, client_of, scheduled_exam):
    html = client_of(planner).get(page(scheduled_exam)).content.decode()
    assert "Candidate login details" in html
    assert "Passwords can be shown until" in html
    assert "Deactivate test" in html
    assert "Activate test" not in html
    assert "since that print" not in html


def test_after_a_print_the_page_counts_slips_that_are_missing_or_wrong(planner, client_of, scheduled_exam, candidates):
    printed(scheduled_exam, planner)
    client = client_of(planner)
    html = client.get(page(scheduled_exam)).content.decode()
    assert ", 3 candidates</dd>" in html
    assert "since that print" not in html
    add(scheduled_exam, planner, "0100")
    assert "1 added since that print." in client.get(page(scheduled_exam)).content.decode()
    later = scheduled_exam.ends_at + timedelta(hours=1)
    confirmed(client, asked(client, scheduled_exam, later))
    html = client.get(page(scheduled_exam)).content.decode()
    assert "1 added and 3 changed since that print." in html
    assert "Print these 4" in html


def test_when_passwords_are_gone_the_page_says_so_and_offers_no_print(planner, client_of, scheduled_exam, clock):
    printed(scheduled_exam, planner)
    add(scheduled_exam, planner, "0100")
    clock.move(days=3, hours=4 + 24 + 1)
    html = client_of(planner).get(page(scheduled_exam)).content.decode()
    assert "Finished" in html
    assert "Passwords could be shown until" in html
    assert "since that print" not in html


def test_moving_the_end_during_the_test_leaves_slips_as_they_are(planner, client_of, scheduled_exam, candidates):
    printed(scheduled_exam, planner)
    open_exam = open_now(scheduled_exam)
    client = client_of(planner)
    confirmed(client, asked(client, open_exam, open_exam.window[1] + timedelta(hours=1)))
    html = client.get(page(open_exam)).content.decode()
    assert "Candidate login details" in html
    assert "since that print" not in html


def test_the_page_asks_as_little_for_many_candidates_as_for_few(planner, client_of, django_assert_num_queries):
    client = client_of(planner)
    for count in (10, 300):
        exam = make_test(planner=planner)
        add_many(exam, planner, count)
        activated(exam, planner)
        # session, person, test, how candidates join, student system, candidates, contributors, prints, views, activator
        with django_assert_num_queries(10):
            assert client.get(page(exam)).status_code == 200


# How it is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [None, ""])
def test_pages_that_only_show_take_no_post(planner, client_of, exam, rest):
    assert client_of(planner).post(LIST if rest is None else page(exam, rest)).status_code == 405

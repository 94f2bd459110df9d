"""Adding one-time users: typed rows and generated rows."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.intake import typed
from candidates.intake.door import add_candidates
from candidates.models import Candidate
from tests.factories import activated, add, add_many, make_test, open_now

WAYS = ["add-one-time", "add-generated"]
ARRANGING = ["arrange-one-time", "arrange-generated"]


@pytest.fixture
def browser(client_of, planner):
    return client_of(planner)


def at(name, test):
    return reverse(name, args=[test.public_id])


def rows(*pairs, after=0, **more):
    return {"id": [pair[0] for pair in pairs], "extra": [pair[1] for pair in pairs], "after": after, **more}


def stored(test):
    return list(Candidate.objects.of_test(test).values_list("candidate_id", "extra_minutes"))


def cells(response):
    text = response.content.decode()
    return re.findall(r'id="id-\d+"[^>]* value="([^"]*)"', text)


# Add new ------------------------------------------------------------------------------------------------------------


def test_add_new_is_preselected_and_says_how_many_places_are_left(browser, exam, planner):
    add(exam, planner, "0001", "0002")
    response = browser.get(at("add-one-time", exam))
    assert at("add-one-time", exam) == f"/deliver/tests/{exam.public_id}/candidates/add/one-time/"
    assert response.status_code == 200
    for words in (
        '<h1 class="ds-heading" data-size="md" id="title">Add one-time users</h1>',
        "2 of 1500 candidates are on BIO2150 Cell Biology, written exam. 1498 places are left.",
        f'<a href="{at("add-one-time", exam)}" aria-current="page">Add new</a>',
        f'<a href="{at("add-generated", exam)}">Auto-generate candidates</a>',
        f'<a href="{at("add-from-file", exam)}">Import from file</a>',
        'placeholder="0003"',
        "Add another",
        "Save",
    ):
        assert words in response.content.decode()


def test_typed_rows_are_saved_and_an_empty_id_becomes_the_number_that_was_shown(browser, exam, planner):
    add(exam, planner, "0007")
    response = browser.post(at("add-one-time", exam), rows(("kari", "30"), ("", ""), (" 12 ", "25 %"), after=7))
    assert response.status_code == 302
    assert response["Location"] == reverse("candidates", args=[exam.public_id])
    assert stored(exam) == [("0007", 0), ("0008", 0), ("12", 60), ("kari", 30)]


def test_the_same_form_sent_twice_adds_its_rows_once(browser, exam):
    browser.post(at("add-one-time", exam), rows(("", "")))
    response = browser.post(at("add-one-time", exam), rows(("", "")))
    assert response.status_code == 422
    assert "0001 was given to somebody else since this page was opened." in response.content.decode()
    assert 'placeholder="0002"' in response.content.decode()
    assert stored(exam) == [("0001", 0)]


def test_wrong_cells_are_named_in_the_summary_and_at_the_cell_and_nothing_typed_is_lost(browser, exam, planner):
    add(exam, planner, "1017")
    response = browser.post(at("add-one-time", exam), rows(("1017", ""), ("ny <b>", "½ h"), ("fine", "15")))
    text = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Add one-time users" in text
    assert "Nothing is saved yet: 2 cells to fix" in text
    assert '<a class="ds-link" href="#id-1">Candidate ID in row 1: 1017 is already on this test.</a>' in text
    assert '<a class="ds-link" href="#extra-2">Extra time in row 2: Write whole minutes, like 30.</a>' in text
    assert '<p class="ds-validation-message" id="extra-2-why">Write whole minutes, like 30.</p>' in text
    assert cells(response) == ["1017", "ny &lt;b&gt;", "fine"]
    assert 'value="½ h"' in text
    assert 'value="15"' in text
    assert stored(exam) == [("1017", 0)]


def test_a_name_as_id_is_saved_and_warned_of(browser, exam):
    response = browser.post(at("add-one-time", exam), rows(("Kari Nordmann", "")), follow=True)
    said = [str(message) for message in response.context["messages"]]
    assert stored(exam) == [("Kari Nordmann", 0)]
    assert said == [
        "1 candidate added.",
        "Check 1 Candidate ID. Kari Nordmann: Looks like a name. Graders see it.",
    ]


def test_candidates_added_to_an_activated_test_can_log_in_at_once(browser, scheduled_exam):
    response = browser.post(at("add-one-time", scheduled_exam), rows(("late", "")), follow=True)
    assert "1 candidate added." in response.content.decode()
    assert "The test is activated, so they have a username and password already." in response.content.decode()


@pytest.mark.parametrize("name", WAYS)
def test_past_the_cap_nothing_is_added_and_the_page_says_how_many_fit(browser, exam, planner, name):
    add_many(exam, planner, 1499)
    response = browser.post(at(name, exam), rows(("a", ""), ("b", "")))
    text = response.content.decode()
    assert response.status_code == 422
    assert "2 are too many: 1 place is left of 1500. Nothing is added." in text
    assert "this test has room for 1 more" in text
    assert cells(response) == ["a", "b"]
    assert len(stored(exam)) == 1499


def test_an_id_that_somebody_takes_while_rows_are_saved_is_named_at_its_cell(browser, exam, planner, monkeypatch):
    def late(**more):
        add(exam, planner, "kari")
        return add_candidates(**more)

    monkeypatch.setattr(typed, "add_candidates", late)
    response = browser.post(at("add-one-time", exam), rows(("kari", "30"), ("ola", "")))
    assert response.status_code == 422
    assert "Candidate ID in row 1: kari is already on this test." in response.content.decode()
    assert "ola" not in dict(stored(exam))


@pytest.mark.parametrize("name", [*WAYS, "add-from-file"])
def test_a_finished_test_says_why_nobody_can_be_added(browser, scheduled_exam, name):
    open_now(scheduled_exam, minutes_ago=500)
    response = browser.get(at(name, scheduled_exam))
    assert "The test has ended, so nobody can be added any more." in response.content.decode()
    assert "<table" not in response.content.decode()
    asked = browser.get(f"{at('add-generated', scheduled_exam)}?n=3").content.decode()
    assert ("so nobody can be added any more" in asked, "<table" in asked) == (True, False)


@pytest.mark.parametrize("name", WAYS)
def test_saving_on_a_finished_or_demo_test_is_refused(browser, planner, scheduled_exam, name):
    open_now(scheduled_exam, minutes_ago=500)
    demo = make_test(planner=planner, name="Demo", is_demo=True)
    for test in (scheduled_exam, demo):
        response = browser.post(at(name, test), rows(("late", "")))
        assert response.status_code == 422
        assert "late" not in dict(stored(test))


def test_one_more_row_is_shown_and_one_taken_out_without_saving(browser, exam):
    more = browser.post(at("arrange-one-time", exam), rows(("a", "1"), ("b", "2"), another="1"))
    assert (more.status_code, cells(more)) == (200, ["a", "b", ""])
    less = browser.post(at("arrange-one-time", exam), rows(("a", "1"), ("b", "2"), drop="1"))
    assert (less.status_code, cells(less)) == (200, ["b"])
    assert 'name="more"' in less.content.decode()  # the page says that it has all columns, which adds no row
    shown = browser.post(at("arrange-one-time", exam), rows(("a", "1"), ("b", "2"), drop="1", more="1"))
    assert cells(shown) == ["b"]
    assert cells(browser.post(at("arrange-one-time", exam), rows(("a", "1"), drop="1"))) == [""]
    assert stored(exam) == []


def test_save_is_the_button_that_enter_presses(browser, exam):
    form = browser.get(at("add-generated", exam) + "?n=3").content.decode().split("data-rows")[1]
    first = re.findall(r"<button[^>]*>", form)[0]
    assert 'type="submit"' in first
    assert "formaction" not in first
    assert "name=" not in first


# Auto-generate ------------------------------------------------------------------------------------------------------


def test_generated_rows_follow_the_highest_number_and_nothing_is_stored(browser, exam, planner):
    add(exam, planner, "2487", "kari")
    response = browser.get(at("add-generated", exam) + "?n=12")
    assert response.status_code == 200
    assert cells(response) == [str(number) for number in range(2488, 2500)]
    assert "12 candidates, not saved." in response.content.decode()
    assert "Adds 12 candidates. 1486 places are left then." in response.content.decode()
    assert len(stored(exam)) == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write how many candidates, like 30."),
        ("0", "Write a number from 1 to 1500."),
        ("-3", "Write a number from 1 to 1500."),
        ("1501", "A test holds at most 1500 candidates."),
        ("9" * 40, "A test holds at most 1500 candidates."),
        ("2.5", "Write a whole number, like 30."),
        ("1e3", "Write a whole number, like 30."),
        ("١٢", "Write a whole number, like 30."),
        ("ten", "Write a whole number, like 30."),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_with_a_sentence(browser, exam, typed, words):
    response = browser.get(at("add-generated", exam), {"n": typed})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert cells(response) == []


def test_generating_more_than_fit_names_the_places(browser, exam, planner):
    add_many(exam, planner, 1487)
    response = browser.get(at("add-generated", exam), {"n": "20"})
    assert response.status_code == 422
    assert "20 are too many: 13 places are left of 1500. Nothing is added." in response.content.decode()
    assert "this test has room for 13 more" in response.content.decode()
    assert browser.get(at("add-generated", exam), {"n": "13"}).status_code == 200


ROW = {"id": "K-1", "extra": "30", "name": " Aas,  Reidun ", "reference": "477031", "seat": "A 7"}


@pytest.mark.parametrize("in_one_field", [False, True])
@pytest.mark.parametrize("name", WAYS)
def test_name_private_reference_and_seat_are_added_too(browser, exam, name, in_one_field):
    sent = {"rows": json.dumps([list(ROW.values()), ["", ""]])} if in_one_field else ROW
    assert browser.post(at(name, exam), {**sent, "more": "1"}).status_code == 302
    one = Candidate.objects.get(test=exam, candidate_id="K-1")
    assert (one.name, one.private_reference, one.seat, one.extra_minutes) == ("Aas, Reidun", "477031", "A 7", 30)


@pytest.mark.parametrize("name", WAYS)
def test_what_is_wrong_with_a_name_or_a_seat_stands_at_its_cell_and_nothing_is_lost(browser, exam, planner, name):
    add(exam, planner, "0900")
    Candidate.objects.filter(candidate_id="0900").update(seat="a 7")
    wrong = {"id": ["K-1", "K-2"], "extra": ["", ""], "name": ["x" * 201, "Bø, Ola"], "reference": ["", ""]}
    for mended, field, words in (
        ({}, "name-1", "at most 200"),
        ({"name": ["", "Bø, Ola"]}, "seat-1", "0900 has this seat."),
    ):
        response = browser.post(at(name, exam), wrong | {"seat": ["A 7", "8"]} | mended)
        text = unescape(response.content.decode())
        assert response.status_code == 422
        assert "Nothing is saved yet: 1 cell to fix" in text
        assert f'href="#{field}"' in text
        assert f'aria-describedby="{field}-why"' in text
        assert words in text
        assert 'value="Bø, Ola"' in text
    assert len(stored(exam)) == 1


def test_generated_rows_have_names_where_that_is_asked_for(browser, exam):
    assert 'name="seat"' not in browser.get(at("add-generated", exam), {"n": "2"}).content.decode()
    asked = browser.get(at("add-generated", exam), {"n": "2", "more": "on"}).content.decode()
    assert asked.count('name="seat"') == 2
    many = browser.get(at("add-generated", exam), {"n": "181", "more": "on"}).content.decode()
    assert '<input type="hidden" name="rows"' in many
    assert "More than 180 rows are sent by a script" in many


@pytest.mark.parametrize(("count", "named"), [(400, True), (401, False)])
def test_many_rows_have_one_field_and_few_have_fields_of_their_own(browser, exam, count, named):
    text = browser.get(at("add-generated", exam), {"n": count}).content.decode()
    assert (text.count('name="id"') == count) is named
    assert ('<input type="hidden" name="rows"' in text) is not named
    assert ("<noscript>" in text) is not named


def test_1500_rows_arrive_in_one_field_and_errors_keep_them_all(browser, exam, planner):
    add(exam, planner, "0700")
    pairs = [[f"{number:04}", ""] for number in range(1, 1500)]
    pairs[3] = ["kari", "½ h"]
    response = browser.post(at("add-generated", exam), {"rows": json.dumps(pairs)})
    assert response.status_code == 422
    assert "Nothing is saved yet: 2 cells to fix" in response.content.decode()
    assert len(cells(response)) == 1499
    assert len(stored(exam)) == 1
    pairs[3], pairs[699] = ["kari", "30"], ["0701b", ""]
    response = browser.post(at("add-generated", exam), {"rows": json.dumps(pairs)})
    assert response.status_code == 302
    assert len(stored(exam)) == 1500


def test_the_error_summary_of_a_thousand_clashes_stays_readable(browser, exam, planner):
    add_many(exam, planner, 500)
    pairs = [[f"{number:04}", ""] for number in range(1, 501)]
    text = browser.post(at("add-generated", exam), {"rows": json.dumps(pairs)}).content.decode()
    assert "Nothing is saved yet: 500 cells to fix" in text
    assert "480 more cells are marked in the table." in text
    assert text.count('aria-invalid="true"') == 500


def test_two_planners_who_generate_at_once_clash_row_by_row_and_renumbering_helps(browser, client_of, colleague, exam):
    mine = rows(*((f"{number:04}", "") for number in range(1, 4)), ("0004", "30"))
    client_of(colleague).post(at("add-generated", exam), rows(("0001", ""), ("0002", ""), ("0003", "")))
    response = browser.post(at("add-generated", exam), mine)
    assert response.status_code == 422
    assert response.content.decode().count("is already on this test.</p>") == 3
    assert "Give 3 rows the next free numbers" in response.content.decode()
    again = browser.post(at("arrange-generated", exam), {**mine, "renumber": "1"})
    assert (again.status_code, cells(again)) == (200, ["0005", "0006", "0007", "0004"])
    assert 'value="30"' in again.content.decode()


def test_a_generated_row_is_taken_out_without_saving(browser, exam):
    response = browser.post(at("arrange-generated", exam), rows(("1", ""), ("2", ""), ("3", ""), drop="2"))
    assert cells(response) == ["1", "3"]
    assert stored(exam) == []


@pytest.mark.parametrize("name", [*WAYS, *ARRANGING])
@pytest.mark.parametrize(
    "sent",
    [
        {"rows": ""},
        {"rows": "{"},
        {"rows": "[" * 100_000},
        {"rows": '{"a": 1}'},
        {"rows": '[["1"]]'},
        {"rows": '[["1", 30]]'},
        {"rows": '[["1", "", "", "", "", ""]]'},
        {"id": ["a", "b"], "extra": ["1", "2"], "name": ["x"]},
        {"rows": "[[null, null]]"},
        {"id": ["a", "b"], "extra": ["1"]},
        {"rows": json.dumps([["", ""]] * 1501)},
    ],
)
def test_rows_that_did_not_arrive_whole_store_nothing_and_say_so(browser, exam, name, sent):
    response = browser.post(at(name, exam), sent)
    assert response.status_code == 422
    assert "Nothing is saved." in response.content.decode()
    assert stored(exam) == []


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("cell", ["\\ud800", "\\u0000", "a\\u200bb", "a\\nb", "x" * 5000])
def test_characters_that_nobody_can_read_are_a_problem_of_their_cell(browser, exam, name, cell):
    response = browser.post(at(name, exam), {"rows": f'[["{cell}", "{cell}"]]'})
    assert response.status_code == 422
    assert "2 cells to fix" in response.content.decode()
    assert stored(exam) == []


@pytest.mark.parametrize("name", WAYS)
def test_no_rows_at_all_add_nobody(browser, exam, name):
    response = browser.post(at(name, exam), {})
    assert response.status_code == 422
    assert "There is nobody to add." in response.content.decode()


def test_queries_do_not_grow_with_the_rows(browser, exam, planner):
    counts = []
    for count in (10, 900):
        with CaptureQueriesContext(connection) as captured:
            assert len(cells(browser.get(at("add-generated", exam), {"n": count}))) == count
        counts.append(len(captured))
    assert counts[0] == counts[1]


# How it is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ARRANGING)
def test_arranging_rows_is_asked_by_post_only(browser, exam, name):
    assert browser.get(at(name, exam)).status_code == 405


def test_the_late_candidate_of_an_activated_test_has_a_user(browser, exam, planner):
    add(exam, planner, "first")
    activated(exam, planner)
    browser.post(at("add-generated", exam), rows(("0001", "")))
    assert Candidate.objects.get(candidate_id="0001").user is not None


@pytest.mark.parametrize(
    ("way", "why"),
    [
        *((way, why) for way in ("add-one-time", "add-generated") for why in ("full", "ended")),
        ("add-from-file", "ended"),
        ("add-from-sso", "ended"),
    ],
)
def test_where_nobody_can_be_added_the_reason_stands_in_the_place_of_the_form(planner, client_of, exam, way, why):
    add(exam, planner, "0001")
    if why == "full":
        type(exam).objects.filter(pk=exam.pk).update(candidate_count=1500)
    else:
        activated(exam, planner)
        open_now(exam, minutes_ago=60 * 24)
    html = client_of(planner).get(reverse(way, args=[exam.public_id])).content.decode()
    assert ("The test is full." if why == "full" else "The test has ended") in html
    assert "Back to Manage candidates" in html
    assert html.count("<form") == 1  # logging out


@pytest.mark.parametrize("way", ["add-from-file", "add-from-sso"])
def test_a_full_test_takes_a_list_that_may_update_who_is_on_it(planner, client_of, exam, way):
    type(exam).objects.filter(pk=exam.pk).update(candidate_count=1500)
    html = client_of(planner).get(reverse(way, args=[exam.public_id])).content.decode()
    assert "The test is full. It has 1500 candidates; remove some to make room. A list can still update" in html
    assert "Continue" in html


def test_rows_that_came_too_late_for_the_last_places_are_not_lost(planner, client_of, exam):
    type(exam).objects.filter(pk=exam.pk).update(candidate_count=1500)
    response = client_of(planner).post(reverse("add-one-time", args=[exam.public_id]), {"id": "kari", "extra": ""})
    assert response.status_code == 422
    assert 'value="kari"' in response.content.decode()

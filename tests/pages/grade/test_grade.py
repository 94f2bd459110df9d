"""Grade: Candidate IDs, answers, marks; who may open it; two graders at once."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.sitting import start, submit
from candidates.models import AuditEvent, Candidate, Mark
from tests.factories import Role, add, add_many, contribute, make_staff, make_test


def at(test, suffix=""):
    return f"/grade/tests/{test.public_id}/{suffix}"


def of(candidate):
    return at(candidate.test, f"{candidate.public_id}/")


def shown(response):
    rows = response.content.decode().split('<th scope="row" class="id">')[1:]
    return [row.split(">", 1)[1].split("<")[0] for row in rows]


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def places(open_exam):
    """0001 and 0002 have submitted, kari has not."""
    found = list(Candidate.objects.of_test(open_exam).select_related("test").order_by("sort_key"))
    for candidate in found[:2]:
        start(candidate=candidate)
        submit(candidate=candidate, answer=f"Answer of {candidate.candidate_id}", base_revision=0)
    return found


# Who may see it -----------------------------------------------------------------------------------------------------


def test_the_list_shows_the_tests_that_i_grade(grader, exam, stranger, client_of):
    make_test(planner=stranger, name="Foreign")
    content = client_of(grader).get("/grade/").content.decode()
    assert exam.name in content
    assert "Foreign" not in content


def test_the_other_method_is_refused(places, grader, client_of):
    client = client_of(grader)
    assert client.post(at(places[0].test)).status_code == 405
    assert client.get(at(places[0].test, "csv/")).status_code == 405
    assert client.put(of(places[0])).status_code == 405


def test_a_grader_reaches_no_page_of_planners_and_invigilators(places, grader, client_of):
    test, client = places[0].test, client_of(grader)
    for address in (
        "/deliver/tests/",
        f"/deliver/tests/{test.public_id}/",
        f"/deliver/tests/{test.public_id}/candidates/",
        f"/deliver/tests/{test.public_id}/login-details/",
        "/monitor/",
        f"/monitor/tests/{test.public_id}/",
        f"/monitor/tests/{test.public_id}/live/",
        f"/monitor/tests/{test.public_id}/candidates/{places[0].public_id}/",
    ):
        assert client.get(address).status_code == 403, address
    assert client.post(f"/monitor/tests/{test.public_id}/csv/").status_code == 403


def test_a_candidate_of_another_test_is_not_found(places, grader, planner, client_of):
    other = make_test(planner=planner, name="Other")
    (foreign,) = add(other, planner, "x")
    address = at(places[0].test, f"{foreign.public_id}/")
    assert client_of(grader).get(address).status_code == 404
    assert client_of(grader).post(address, {"mark": "1"}).status_code == 404


# The list -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["0001", "0002", "kari"]),
        ("?show=to-grade", ["0002"]),
        ("?show=marked", ["0001"]),
        ("?show=not-submitted", ["kari"]),
        ("?q=KAR", ["kari"]),
        ("?q=nobody", []),
        ("?sort=-extra&show=everything", ["0001", "0002", "kari"]),
    ],
)
def test_the_order_is_that_of_the_candidate_id(query, expected, places, grader, client_of):
    Mark.objects.create(candidate=places[0], mark=3, marked_at=places[0].added_at)
    response = client_of(grader).get(at(places[0].test, query))
    assert response.status_code == 200
    assert shown(response) == expected


def test_a_search_shows_whole_ids_first_then_starts_then_what_is_inside(places, planner, grader, client_of):
    test = places[0].test
    add(test, planner, "10110", "01101", "0110")
    assert shown(client_of(grader).get(at(test, "?q=0110"))) == ["0110", "01101", "10110"]


def test_the_next_to_grade_is_named(places, grader, client_of):
    client, test = client_of(grader), places[0].test
    assert "Grade the next: 0001" in client.get(at(test)).content.decode()
    assert "Grade the next: 0002" in client.get(of(places[0])).content.decode()
    assert "Grade the next: 0001" in client.get(of(places[1])).content.decode()
    Mark.objects.create(candidate=places[0], mark=3, marked_at=places[0].added_at)
    assert "Grade the next: 0002" in client.get(at(test)).content.decode()
    assert "Grade the next" not in client.get(of(places[1])).content.decode()


@pytest.mark.parametrize("what", ["username", "private reference", "room", "kind"])
def test_searching_for_a_person_finds_nobody(what, places, grader, room, client_of):
    Candidate.objects.filter(pk=places[0].pk).update(private_reference="Kari Nordmann", location=room)
    word = {"username": places[0].user.username, "private reference": "Nordmann", "room": "V101", "kind": "one"}[what]
    assert shown(client_of(grader).get(at(places[0].test, f"?q={word}"))) == []


def test_queries_do_not_grow_with_the_candidates(planner, grader, client_of):
    counts = []
    for number in (10, 1500):
        test = make_test(planner=planner, name=f"With {number}")
        contribute(test, grader, Role.GRADER)
        add_many(test, planner, number)
        client = client_of(grader)
        for address in (at(test), at(test, f"{test.candidates.get(candidate_id='0001').public_id}/")):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_graders_queries_read_no_column_about_a_person(places, grader, client_of):
    client = client_of(grader)
    with CaptureQueriesContext(connection) as queries:
        client.get(at(places[0].test))
        client.get(of(places[0]))
        client.post(at(places[0].test, "csv/"))
    about_candidates = [query["sql"] for query in queries if 'FROM "candidates_candidate"' in query["sql"]]
    assert about_candidates
    for sql in about_candidates:
        for column in ("sso_user_id", "private_reference", "location", "extra_minutes", "incident_minutes", '"kind"'):
            assert column not in sql.split(" WHERE ")[0]
        assert "JOIN" not in sql or "candidates_user" not in sql


def test_the_download_holds_four_columns_and_is_recorded(places, grader, client_of):
    Mark.objects.create(
        candidate=places[0], mark=Decimal("24.50"), comment="=HYPERLINK()", marked_at=places[0].added_at
    )
    response = client_of(grader).post(at(places[0].test, "csv/"))
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert rows_of(response) == [
        ["Candidate ID", "Submission", "Mark", "Comment"],
        ["0001", "Submitted", "24.5", "'=HYPERLINK()"],
        ["0002", "Submitted", "", ""],
        ["kari", "Not submitted", "", ""],
    ]
    book = openpyxl.load_workbook(io.BytesIO(client_of(grader).post(at(places[0].test, "xlsx/")).content))
    assert list(book["Marks"].values)[1:3] == [
        ("0001", "Submitted", 24.5, "'=HYPERLINK()"),
        ("0002", "Submitted", None, None),
    ]
    name = response["Content-Disposition"]
    assert name.startswith('attachment; filename="bio2150-cell-biology-written-exam-marks-20')
    event = AuditEvent.objects.filter(action=AuditEvent.Action.MARKS_DOWNLOADED).latest("pk")
    assert (event.actor, event.count, event.detail) == (grader, 3, {})


# One submission -----------------------------------------------------------------------------------------------------


def test_an_answer_is_shown_once_it_is_handed_in(places, grader, client_of):
    client = client_of(grader)
    assert "Answer of 0001" in client.get(of(places[0])).content.decode()
    start(candidate=places[2])
    places[2].submission.__class__.objects.filter(candidate=places[2]).update(answer="Still being written")
    content = client.get(of(places[2])).content.decode()
    assert "Still being written" not in content
    assert "Nothing is submitted" in content
    assert 'name="mark"' not in content


def test_an_answer_is_text_and_never_markup(open_exam, grader, client_of):
    candidate = Candidate.objects.select_related("test").get(test=open_exam, candidate_id="0001")
    start(candidate=candidate)
    submit(candidate=candidate, answer="<script>alert(1)</script>", base_revision=0)
    page = client_of(grader).get(of(candidate)).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("typed", "stored"), [("24", "24"), ("24,5", "24.5"), ("0", "0"), ("1000", "1000"), ("7.25", "7.25")]
)
def test_a_mark_is_saved_as_it_is_typed(typed, stored, places, grader, client_of):
    response = client_of(grader).post(
        of(places[0]), {"mark": typed, "comment": "Two\r\nlines", "seen": ""}, follow=True
    )
    assert response.redirect_chain == [(of(places[0]), 302)]
    assert f"Mark {stored} is saved for 0001." in response.content.decode()
    mark = Mark.objects.get()
    assert (mark.mark, mark.comment, mark.marked_by) == (Decimal(stored), "Two\nlines", grader)


@pytest.mark.parametrize("typed", ["1e3", "-1", "1000.01", "1001", "24.555", "٢٤", "NaN", "twelve", "9" * 40])
def test_what_is_no_mark_is_refused_and_nothing_typed_is_lost(typed, places, grader, client_of):
    response = client_of(grader).post(of(places[0]), {"mark": typed, "comment": "A comment to keep"})
    assert response.status_code == 422
    content = response.content.decode()
    assert "ds-error-summary" in content
    assert "A comment to keep" in content
    assert not Mark.objects.exists()


@pytest.mark.parametrize("seen", ["yesterday", "2026-01-01T00:00:00", "x" * 5000])
def test_a_page_that_was_changed_on_its_way_is_refused(seen, places, grader, client_of):
    assert client_of(grader).post(of(places[0]), {"mark": "1", "comment": "", "seen": seen}).status_code == 422


def test_nothing_is_not_saved_but_a_mark_can_be_taken_away(places, grader, client_of):
    client = client_of(grader)
    assert client.post(of(places[0]), {"mark": "", "comment": "", "seen": ""}).status_code == 422
    assert not Mark.objects.exists()
    client.post(of(places[0]), {"mark": "3", "comment": "", "seen": ""})
    seen = client.get(of(places[0])).context["form"]["seen"].value()
    assert client.post(of(places[0]), {"mark": "", "comment": "", "seen": seen}).status_code == 302
    assert Mark.objects.get().mark is None


def test_a_comment_has_an_end(places, grader, client_of):
    data = {"mark": "1", "comment": "x" * 10_001}
    assert client_of(grader).post(of(places[0]), data).status_code == 422


def test_the_second_grader_sees_what_the_first_one_saved_and_loses_nothing(places, grader, client_of):
    other = make_staff("second", "Second Grader", is_grader=True)
    contribute(places[0].test, other, Role.GRADER)
    save_mark(
        test=places[0].test, public_id=places[0].public_id, mark=Decimal(24), comment="First", seen=None, by=other
    )
    client = client_of(grader)
    response = client.post(of(places[0]), {"mark": "12", "comment": "Second", "seen": ""})
    content = response.content.decode()
    assert response.status_code == 409
    assert all(text in content for text in ("24", "First", 'value="12"', "Second"))
    assert "Second Grader" not in content
    assert Mark.objects.get().mark == 24
    seen = response.context["form"].data["seen"]
    assert client.post(of(places[0]), {"mark": "12", "comment": "Second", "seen": seen}).status_code == 302
    assert Mark.objects.get().mark == 12


@pytest.fixture
def marked_by_another(places):
    """0001 has a mark of another grader."""
    other = make_staff("second", "Second Grader", is_grader=True)
    contribute(places[0].test, other, Role.GRADER)
    one = places[0]
    save_mark(test=one.test, public_id=one.public_id, mark=Decimal(24), comment="First", seen=None, by=other)
    return one


def test_another_graders_mark_is_asked_about_also_by_who_has_seen_it(marked_by_another, grader, client_of):
    client = client_of(grader)
    seen = client.get(of(marked_by_another)).context["form"]["seen"].value()
    response = client.post(of(marked_by_another), {"mark": "12", "comment": "My\nreasons", "seen": seen})
    content = response.content.decode()
    assert response.status_code == 409
    assert "Replace another grader’s mark?" in content
    assert "Replace 24 with 12" in content
    assert all(text in content for text in ("First", 'value="12"', "My\nreasons"))
    assert "Second Grader" not in content
    assert Mark.objects.get().mark == 24
    asked = response.context["form"].data
    assert client.post(of(marked_by_another), asked).status_code == 302
    event = AuditEvent.objects.filter(action=AuditEvent.Action.MARKED, actor=grader).get()
    assert event.detail == {
        "candidate": marked_by_another.public_id,
        "mark": "12",
        "was": "24",
        "of_another": True,
    }


def test_what_was_asked_about_is_replaced_and_nothing_that_came_since(marked_by_another, grader, client_of):
    client = client_of(grader)
    response = client.post(of(marked_by_another), {"mark": "12", "comment": "", "seen": ""})
    stored = Mark.objects.get()
    assert stored.marked_by is not None
    save_mark(
        test=marked_by_another.test,
        public_id=marked_by_another.public_id,
        mark=Decimal(30),
        comment="",
        seen=stored.marked_at,
        by=stored.marked_by,
    )
    again = client.post(of(marked_by_another), response.context["form"].data)
    assert again.status_code == 409
    assert "Replace 30 with 12" in again.content.decode()
    assert Mark.objects.get().mark == 30


def test_the_mark_can_be_changed_before_it_replaces_another(marked_by_another, grader, client_of):
    client = client_of(grader)
    asked = client.post(of(marked_by_another), {"mark": "12", "comment": "Kept", "seen": ""}).context["form"].data
    response = client.post(of(marked_by_another), asked | {"edit": "1"})
    assert response.status_code == 200
    assert 'value="12"' in response.content.decode()
    assert "Kept" in response.content.decode()
    seen = response.context["form"]["seen"].value()
    assert client.post(of(marked_by_another), {"mark": "13", "comment": "", "seen": seen}).status_code == 409
    assert Mark.objects.get().mark == 24


def test_an_own_mark_is_changed_without_a_question(places, grader, client_of):
    client = client_of(grader)
    client.post(of(places[0]), {"mark": "3", "comment": "", "seen": ""})
    seen = client.get(of(places[0])).context["form"]["seen"].value()
    assert client.post(of(places[0]), {"mark": "4", "comment": "", "seen": seen}).status_code == 302
    assert Mark.objects.get().mark == 4


def test_save_and_next_leads_to_the_next_to_grade_and_at_the_end_to_the_list(places, grader, client_of):
    client = client_of(grader)
    assert "Save and next" in client.get(of(places[0])).content.decode()
    data = {"mark": "1", "comment": "", "seen": "", "then": "next"}
    assert client.post(of(places[0]), data).url == of(places[1])
    assert "Save and next" not in client.get(of(places[1])).content.decode()
    response = client.post(of(places[1]), data, follow=True)
    assert response.redirect_chain[0][0] == at(places[0].test)
    assert "Nothing is left to grade now." in response.content.decode()


def test_the_question_keeps_that_the_next_one_is_wanted(marked_by_another, places, grader, client_of):
    client = client_of(grader)
    response = client.post(of(marked_by_another), {"mark": "12", "comment": "", "seen": "", "then": "next"})
    assert 'name="then" value="next"' in response.content.decode()
    assert client.post(of(marked_by_another), response.context["form"].data | {"then": "next"}).url == of(places[1])


def test_nothing_is_marked_before_it_is_handed_in(places, grader, client_of):
    response = client_of(grader).post(of(places[2]), {"mark": "12", "comment": "Typed"})
    assert response.status_code == 422
    assert "Typed" in response.content.decode()
    assert not Mark.objects.exists()


def test_times_and_extra_time_change_no_byte_of_the_page(places, grader, client_of):
    """Two candidates who differ only in when they started and submitted, and in extra time, look the same."""
    client, one = client_of(grader), Candidate.objects.filter(pk=places[0].pk)

    def pages():
        found = [client.get(at(places[0].test)), client.get(of(places[0])), client.post(at(places[0].test, "csv/"))]
        # printed sheets name the minute, which may pass between two pages
        same = rb'name="csrfmiddlewaretoken" value="[^"]*"|As of [^<]*'
        return [re.sub(same, b"", response.content) for response in found]

    before = pages()
    submitted_at = places[0].test.opens_at + timedelta(minutes=9)
    one.update(started_at=submitted_at - timedelta(minutes=7), submitted_at=submitted_at, extra_minutes=95)
    one.update(incident_minutes=17, last_seen_at=submitted_at)
    assert pages() == before

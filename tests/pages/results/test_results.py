"""Results: marks with names for planners once the test is over, as a page and as files, and the page of the scale."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from candidates.lifecycle.scales import Grade, Scale, scale_of, store_grades
from candidates.models import AuditEvent, Candidate, Mark, ScaleGrade, Test, User
from tests.factories import Role, activated, add, add_many, contribute, make_test, open_now

ClientOf = Callable[[User | None], Client]
LETTERS = {"A": "26", "B": "22", "C": "18", "D": "14", "E": "10.5"}
TYPED = {f"from_{word}": points for word, points in LETTERS.items()}


def at(name: str, test: Test, *more: str) -> str:
    return reverse(name, args=[test.public_id, *more])


def shown(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="id"><a [^>]*>([^<]*)<', page)


def over(test: Test) -> None:
    """Move the test into the past."""
    Test.objects.filter(pk=test.pk).update(
        opens_at=timezone.now() - timedelta(hours=6), ends_at=timezone.now() - timedelta(hours=2)
    )
    test.refresh_from_db()


@pytest.fixture
def taken(exam: Test, planner: User, grader: User) -> Test:
    """An exam that is over, A to F: 0001 has 24.5 points, 0002 nothing yet, 0003 11 and a comment; 0004 stayed away."""
    places = add(exam, planner, "0001", "0002", "0003", "0004")
    open_now(activated(exam, planner))
    over(exam)
    started = exam.window[0] + timedelta(minutes=1)
    Candidate.objects.filter(pk__in=[place.pk for place in places[:3]]).update(started_at=started)
    for place, name in zip(places, ("Ås, Åse", "Aas, Reidun", "Bui, Hodan", ""), strict=True):
        Candidate.objects.filter(pk=place.pk).update(name=name, private_reference=f"47{place.candidate_id}")
    Test.objects.filter(pk=exam.pk).update(scale="letters", max_points=30, marks_due_on=date(2027, 1, 4))
    store_grades(exam, [*(Grade(word, Decimal(points)) for word, points in LETTERS.items()), Grade("F")])
    said = {"marked_by": grader, "marked_at": timezone.now()}
    Mark.objects.create(candidate=places[0], mark=Decimal("24.5"), **said)
    Mark.objects.create(candidate=places[2], mark=11, comment="=1+1\x0b\nweak", **said)
    exam.refresh_from_db()
    return exam


# The page ------------------------------------------------------------------------------------------------------------


def test_points_that_are_all_the_same_have_no_average(taken: Test, planner: User, client_of: ClientOf) -> None:
    Mark.objects.filter(mark=11).delete()
    assert "Everybody who is marked has 24.5 points." in client_of(planner).get(at("results", taken)).text


def test_results_join_marks_with_names(taken: Test, planner: User, grader: User, client_of: ClientOf) -> None:
    page = client_of(planner).get(at("results", taken)).content.decode()
    assert shown(page) == ["0001", "0002", "0003", "0004"]
    for text in ("Ås, Åse", "470001", ">24.5<", ">B<", ">E<", "to grade", "Not submitted", "Mon 4 Jan 2027"):
        assert text in page
    assert "2 of 3 <span>handed in</span>" in page
    assert f"{grader} marked 2." in page
    assert "Average 17.8 points, median 17.8, from 11 to 24.5." in page
    assert AuditEvent.objects.filter(action="references_seen", actor=planner).count() == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?show=to-grade", ["0002"]),
        ("?show=not-submitted", ["0004"]),
        ("?show=grade:B", ["0001"]),
        ("?show=grade:Z&sort=nothing&who=2", ["0001", "0002", "0003", "0004"]),
        ("?q=reidun aas", ["0002"]),
        ("?q=470003", ["0003"]),
        ("?sort=-id", ["0004", "0003", "0002", "0001"]),
        ("?sort=points", ["0003", "0001", "0002", "0004"]),
        ("?sort=-points", ["0001", "0003", "0002", "0004"]),
        ("?sort=grade", ["0001", "0003", "0002", "0004"]),
    ],
)
def test_results_are_searched_and_sorted(
    query: str, expected: list[str], taken: Test, planner: User, client_of: ClientOf
) -> None:
    assert shown(client_of(planner).get(at("results", taken) + query).content.decode()) == expected


def test_who_is_without_a_name_comes_last(taken: Test, planner: User, client_of: ClientOf) -> None:
    client = client_of(planner)
    assert shown(client.get(at("results", taken) + "?sort=name").content.decode())[-1] == "0004"
    assert shown(client.get(at("results", taken) + "?sort=-name").content.decode())[-1] == "0004"


def test_no_name_stands_beside_a_mark_before_the_end(open_exam: Test, planner: User, client_of: ClientOf) -> None:
    Candidate.objects.filter(test=open_exam).update(name="Aas, Reidun")
    client = client_of(planner)
    page = client.get(at("results", open_exam)).content.decode()
    assert "Results are here once the last candidate’s time is over" in page
    assert "Aas" not in page
    answer = client.post(at("results-download", open_exam, "xlsx"), follow=True)
    assert "Results are here once" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="results_downloaded").exists()


def test_queries_do_not_grow_with_the_candidates(planner: User, grader: User, client_of: ClientOf) -> None:
    counts = []
    for number in (3, 60):
        test = make_test(planner=planner, name=f"With {number}")
        contribute(test, grader, Role.GRADER)
        add_many(test, planner, number)
        activated(test, planner)
        over(test)
        Candidate.objects.filter(test=test).update(started_at=test.opens_at)
        marked = Candidate.objects.filter(test=test)
        Mark.objects.bulk_create(
            Mark(candidate=one, mark=1, marked_by=grader, marked_at=timezone.now()) for one in marked
        )
        client = client_of(planner)
        for method, address in (("get", at("results", test)), ("post", at("results-download", test, "csv"))):
            with CaptureQueriesContext(connection) as queries:
                assert getattr(client, method)(address).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


# Files --------------------------------------------------------------------------------------------------------------


def test_a_download_is_what_is_shown_and_is_recorded(
    taken: Test, planner: User, grader: User, client_of: ClientOf
) -> None:
    answer = client_of(planner).post(at("results-download", taken, "csv") + "?show=marked&sort=points")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:9] == [
        *("Candidate ID", "Name", "Private reference", "SSO user ID", "Username", "State", "Points", "Grade", "Comment")
    ]
    assert [(row[0], row[1], row[2], *row[5:8]) for row in rows[1:]] == [
        ("0003", "Bui, Hodan", "470003", "Marked", "11", "E"),
        ("0001", "Ås, Åse", "470001", "Marked", "24.5", "B"),
    ]
    assert rows[1][8].startswith("'=1+1")
    assert rows[1][9] == str(grader)
    assert re.search(r'filename="[a-z0-9-]+-results-\d+-\d+\.csv"', answer["Content-Disposition"])
    event = AuditEvent.objects.get(action="results_downloaded")
    assert (event.actor, event.count, event.detail) == (planner, 2, {"format": "csv", "filtered": True})


def test_points_are_numbers_in_a_workbook_and_a_comment_never_spoils_it(
    taken: Test, planner: User, client_of: ClientOf
) -> None:
    answer = client_of(planner).post(at("results-download", taken, "xlsx"))
    head, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    points, comment = head.index("Points"), head.index("Comment")
    assert [row[points] for row in rows] == [24.5, None, 11, None]
    assert rows[2][comment] == "'=1+1\nweak"
    assert rows[0][0] == "0001"


# The scale ----------------------------------------------------------------------------------------------------------


def sent(**fields: Any) -> dict[str, Any]:
    return {"kind": "points", "graders_give_grades": "", "max_points": "", "marks_due_on": "", "pass_from": ""} | fields


def save(client: Client, test: Test, **fields: Any) -> Any:
    seen = client.get(at("grade-scale", test)).context["form"]["seen"].value()
    return client.post(at("grade-scale", test), sent(seen=seen, **fields))


@pytest.mark.parametrize(
    ("fields", "scale"),
    [
        (
            {"max_points": "37,5", "marks_due_on": "4.1.2027"},
            Scale(max_points=Decimal("37.5"), marks_due_on=date(2027, 1, 4)),
        ),
        (
            {"kind": "letters", "max_points": "30", **TYPED},
            Scale(
                Test.Scale.LETTERS,
                max_points=Decimal(30),
                grades=(*(Grade(word, Decimal(points)) for word, points in LETTERS.items()), Grade("F")),
            ),
        ),
        (
            {"kind": "letters", "graders_give_grades": "1", "max_points": "many", "from_A": "no"},
            Scale(Test.Scale.LETTERS, graders_give_grades=True, grades=tuple(map(Grade, "ABCDEF"))),
        ),
        (
            {"kind": "pass", "pass_from": "12", "word_0": "x" * 500},
            Scale(Test.Scale.PASS_FAIL, grades=(Grade("Pass", Decimal(12)), Grade("Fail"))),
        ),
        (
            {
                "kind": "words",
                "word_0": "Poor",
                "word_2": " Excellent ",
                "begins_2": "20",
                "word_4": "Good",
                "begins_4": "9",
            },
            Scale(
                Test.Scale.WORDS,
                grades=(Grade("Excellent", Decimal(20)), Grade("Good", Decimal(9)), Grade("Poor")),
            ),
        ),
        (
            {"kind": "words", "graders_give_grades": "1", "word_0": "B+", "word_1": "B", "word_2": "B-"},
            Scale(Test.Scale.WORDS, graders_give_grades=True, grades=tuple(map(Grade, ("B+", "B", "B-")))),
        ),
    ],
)
def test_a_scale_is_saved_as_it_is_typed(
    fields: dict[str, str], scale: Scale, exam: Test, planner: User, client_of: ClientOf
) -> None:
    assert save(client_of(planner), exam, **fields).status_code == 302
    assert scale_of(Test.objects.get(pk=exam.pk)) == scale


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": ""}, "Choose from the list."),
        ({"kind": "stars"}, "is not in it."),
        ({"max_points": "1e3"}, "Write a number from 0 to 1000"),
        ({"max_points": "0"}, "Write more than 0, or leave it empty."),
        ({"marks_due_on": "soon"}, "Write the date as day.month.year"),
        ({"kind": "letters"}, "Write the points from which A is given."),
        ({"kind": "pass", "pass_from": "31", "max_points": "30"}, "Write 30 or less, the most that can be reached."),
        ({"kind": "pass", "pass_from": "0"}, "Write more than 0: the lowest grade begins there."),
        ({"kind": "letters", **TYPED, "from_C": "22"}, "Write less than 22, where B begins."),
        ({"kind": "words", "word_0": "One"}, "Write two grades or more."),
        ({"kind": "words", "word_0": "Good", "begins_0": "5", "word_1": "GOOD"}, "GOOD stands there twice."),
        ({"kind": "words", "word_0": "Good", "begins_0": "5", "begins_1": "2"}, "Write the grade that begins there."),
        ({"kind": "words", "word_0": "A", "word_1": "B"}, "One grade alone, the lowest, has none."),
        ({"kind": "words", "word_0": "A", "begins_0": "5", "word_1": "B", "begins_1": "2"}, "the lowest grade empty"),
        ({"kind": "words", "graders_give_grades": "1", "word_0": "x" * 41, "word_1": "B"}, "It has 41 characters."),
        ({"kind": "words", "graders_give_grades": "1", "word_0": "A\u200bB", "word_1": "B"}, "nobody can see"),
    ],
)
def test_what_is_no_scale_is_refused_and_nothing_typed_is_lost(
    fields: dict[str, str], said: str, exam: Test, planner: User, client_of: ClientOf
) -> None:
    answer = save(client_of(planner), exam, **fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    for name, typed in fields.items():
        if name not in ("kind", "graders_give_grades"):
            assert f'value="{typed}"' in page, name
    assert not ScaleGrade.objects.exists()


def test_a_scale_that_somebody_else_saved_is_asked_about(
    exam: Test, planner: User, colleague: User, client_of: ClientOf
) -> None:
    client = client_of(planner)
    old = client.get(at("grade-scale", exam)).context["form"]["seen"].value()
    save(client_of(colleague), exam, max_points="20")
    answer = client.post(at("grade-scale", exam), sent(seen=old, max_points="30"))
    assert answer.status_code == 409
    assert "Somebody else changed the scale meanwhile." in answer.content.decode()
    again = answer.context["form"]["seen"].value()
    assert client.post(at("grade-scale", exam), sent(seen=again, max_points="30")).status_code == 302
    assert Test.objects.get(pk=exam.pk).max_points == 30


def test_marks_that_would_not_fit_refuse_a_scale_at_its_field(taken: Test, planner: User, client_of: ClientOf) -> None:
    answer = save(client_of(planner), taken, max_points="20")
    assert answer.status_code == 409
    assert "Somebody has 24.5 points already." in answer.content.decode()
    assert 'value="20"' in answer.content.decode()

"""Confirming at the same time: one list once, and never past the cap."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from candidates.intake.columns import map_columns
from candidates.intake.drafts import DraftGone, keep_draft
from candidates.intake.headings import ONE_TIME
from candidates.intake.importing import NotAdded, confirm, preview
from candidates.intake.reading import read_paste
from candidates.models import Candidate, Import, Location
from tests.factories import add_many, make_test
from tests.intake.lists import confirmed, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def draft_with(test, by, text):
    table = read_paste(text)
    return keep_draft(
        test=test, by=by, kind="one_time", table=table, mapped=map_columns(table, ONE_TIME), data=b"", file_name=""
    )


def all_at_once(acts: list[Callable[[], str]]) -> list[str]:
    """Start all acts together, each with a connection of its own, and return how each ended."""
    start = Barrier(len(acts))

    def racer(act: Callable[[], str]) -> str:
        try:
            start.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(racer, acts))


def confirmation(draft, by) -> Callable[[], str]:
    seen = preview(draft).seen(draft.test)

    def press() -> str:
        try:
            return f"added {confirm(draft, by=by, seen=seen).added}"
        except DraftGone:
            return "gone"
        except NotAdded as refused:
            return refused.report.refusal or "problems"

    return press


def test_eight_confirmations_of_one_list_add_it_once(exam, planner):
    draft = draft_with(exam, planner, "a\nb\nc\n")
    ends = all_at_once([confirmation(draft, planner)] * 8)
    assert sorted(ends) == ["added 3", *["gone"] * 7]
    exam.refresh_from_db()
    assert exam.candidate_count == 3 == Candidate.objects.of_test(exam).count()
    assert [one.status for one in Import.objects.all()] == ["done"]


def test_two_lists_of_one_person_are_each_added_once(exam, planner):
    drafts = [draft_with(exam, planner, f"{room}1\n{room}2\n") for room in ("hall", "gym")]
    ends = all_at_once([confirmation(draft, planner) for draft in drafts])
    assert ends == ["added 2", "added 2"]
    exam.refresh_from_db()
    assert exam.candidate_count == 4 == Candidate.objects.of_test(exam).count()


def test_of_two_lists_that_do_not_fit_together_one_is_added_whole(exam, planner, colleague):
    add_many(exam, planner, 1497)
    exam.refresh_from_db()
    ends = all_at_once([confirmation(draft_with(exam, by, f"{by}1\n{by}2\n"), by) for by in (planner, colleague)])
    assert ends.count("added 2") == 1
    assert any("this test has room for 1 more" in end for end in ends)
    assert sorted(one.status for one in Import.objects.all()) == ["done", "waiting"]
    exam.refresh_from_db()
    assert exam.candidate_count == 1499 == Candidate.objects.of_test(exam).count()


def test_lists_that_add_and_update_into_each_others_new_rooms_never_wait_for_ever(planner):
    there, new, rooms = range(10, 40), range(40, 70), (range(100, 130), range(200, 230))
    acts = []
    for number in range(4):
        test = make_test(planner=planner, name=f"Exam {number}")
        # people of its own: those that two lists have in common would make one of them wait before the rooms
        line = f"{{0}};p{{0}}-{number}@uni.no;;{{1}};{{2}}\n".format
        confirmed(waiting(test, planner, "".join(line(one, "", "") for one in there), kind="sso"), planner)
        first, second = rooms if number % 2 else rooms[::-1]
        rows = [*zip(there, first, strict=True), *zip(new, second, strict=True)]
        draft = waiting(test, planner, "".join(line(one, "Vesthall", room) for one, room in rows), kind="sso")
        draft.existing = Import.Existing.UPDATE
        draft.save()
        acts.append(confirmation(draft, planner))
    assert all_at_once(acts) == ["added 30"] * 4
    assert Location.objects.count() == 60

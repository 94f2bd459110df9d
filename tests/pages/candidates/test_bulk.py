"""What is done with ticked candidates: extra time, location, remove, over the pages that ask, show and do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.lifecycle.grading import save_mark
from candidates.lifecycle.sitting import note_seen, start
from candidates.models import AuditEvent, Candidate, Location, Test, User
from tests.factories import add, add_many, make_test
from tests.pages.candidates.test_candidates import list_url, text_of

ClientOf = Callable[[User | None], Client]
PAGES = [
    "candidates-extra-time",
    "candidates-extra-time-check",
    "candidates-extra-time-save",
    "candidates-location",
    "candidates-location-save",
    "candidates-remove",
    "candidates-remove-confirmed",
]
# What each step needs beside the ticks, to do its work.
DATA = {
    "candidates-extra-time-check": {"how": "add", "amount": "30"},
    "candidates-extra-time-save": {"how": "add", "amount": "30"},
    "candidates-location-save": {"building": "Vesthall", "room": "V101"},
}


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


def ticks(*candidates: Candidate) -> dict[str, str]:
    return {"ids": ",".join(candidate.public_id for candidate in candidates)}


def state(test: Test) -> list[tuple[str, int, int | None, int]]:
    return list(
        Candidate.objects.of_test(test).values_list("candidate_id", "extra_minutes", "location", "slip_version")
    )


def sent_on(response: Any) -> dict[str, str]:
    """Return what the confirm page would send."""
    form = response.context["confirmed"]
    return {"ids": response.context["ids"]} | {field.html_name: str(field.value()) for field in form}


# What all of them have in common ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("nothing", [{}, {"ids": ""}, {"ids": " , "}, {"ids": "unknown"}, {"c": []}, {"c": ["\0"]}])
def test_nothing_ticked_does_nothing_and_the_list_says_so(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, name: str, nothing: dict[str, Any]
) -> None:
    before = state(exam)
    response = client_of(planner).post(at(name, exam) + "?extra=with", DATA.get(name, {}) | nothing, follow=True)
    assert response.redirect_chain == [(list_url(exam) + "?extra=with", 302)]
    assert any(words in text_of(response) for words in ("nothing has changed", "nothing was changed"))
    assert state(exam) == before


@pytest.mark.parametrize("name", PAGES)
def test_who_matches_now_must_be_as_many_as_were_ticked(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, name: str
) -> None:
    before = state(exam)
    data = DATA.get(name, {}) | {"all_matching": "3"}
    response = client_of(planner).post(at(name, exam) + "?extra=with", data, follow=True)
    assert "3 candidates were chosen, and now 1 match" in text_of(response)
    assert state(exam) == before


@pytest.mark.parametrize("number", ["0", "-1", "1501", "x", "9" * 30])
def test_a_number_that_no_page_shows_is_refused(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, number: str
) -> None:
    data = {"all_matching": number}
    assert client_of(planner).post(at("candidates-remove-confirmed", exam), data).status_code == 302
    assert len(state(exam)) == 3


def test_select_all_means_all_that_match_the_filter(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    url = at("candidates-remove", exam) + "?extra=with"
    response = client_of(planner).post(url, {"all_matching": "1"})
    assert "Remove 1 candidate from the test?" in text_of(response)
    assert response.context["ids"] == candidates[1].public_id


@pytest.mark.parametrize("name", PAGES)
def test_ticks_of_another_test_touch_nobody(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, stranger: User, name: str
) -> None:
    other = make_test(planner=stranger)
    foreign = add(other, stranger, "0001")[0]
    before = state(other), state(exam)
    client_of(planner).post(at(name, exam), DATA.get(name, {}) | ticks(foreign))
    assert (state(other), state(exam)) == before


@pytest.mark.parametrize(
    "name", ["candidates-extra-time", "candidates-extra-time-check", "candidates-location", "candidates-remove"]
)
def test_queries_do_not_grow_with_the_ticks(client_of: ClientOf, exam: Test, planner: User, name: str) -> None:
    browser = client_of(planner)

    def queries(ticked: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            data = DATA.get(name, {}) | {"all_matching": str(ticked)}
            assert browser.post(at(name, exam), data).status_code == 200
        return len(seen)

    add_many(exam, planner, 10)
    few = queries(10)
    add_many(exam, planner, 1490)
    assert queries(1500) == few <= 9


@pytest.mark.parametrize(
    "name", ["candidates-extra-time", "candidates-extra-time-check", "candidates-location", "candidates-remove"]
)
def test_each_page_that_asks_says_who_it_is_and_in_which_room(
    client_of: ClientOf, exam: Test, planner: User, name: str
) -> None:
    (candidate,) = add(exam, planner, "0417", location=("Vesthall", "V101"))
    Candidate.objects.filter(pk=candidate.pk).update(private_reference="Kari <Nordmann>")
    page = client_of(planner).post(at(name, exam), ticks(candidate) | DATA.get(name, {}))
    html = page.content.decode()
    assert '0417 <span class="small quiet">Kari &lt;Nordmann&gt;</span></th>' in html
    assert "<td>Vesthall V101</td>" in html


# Extra time ---------------------------------------------------------------------------------------------------------


def test_extra_time_is_asked_shown_and_then_stored(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, chosen = client_of(planner), ticks(candidates[0], candidates[1])
    page = browser.post(at("candidates-extra-time", exam), chosen)
    assert "Extra time for 2 candidates" in text_of(page)
    shown = browser.post(at("candidates-extra-time-check", exam), chosen | {"how": "add", "amount": "25 %"})
    text = text_of(shown)
    assert "25 % of 240 = 60 minutes" in text
    assert "Add 60 minutes to the extra time of 2 candidates?" in text
    assert "0001 0 → 60" in text
    assert "0002 30 → 90" in text
    assert [row[1] for row in state(exam)] == [0, 30, 0]
    done = browser.post(at("candidates-extra-time-save", exam), sent_on(shown), follow=True)
    assert "The extra time of 2 candidates is changed." in text_of(done)
    assert [row[1] for row in state(exam)] == [60, 90, 0]


def test_what_is_taken_from_who_has_none_changes_nothing_and_is_not_claimed(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, chosen = client_of(planner), ticks(*candidates)
    shown = browser.post(at("candidates-extra-time-check", exam), chosen | {"how": "subtract", "amount": "40"})
    assert "1 of 3 changes. Nobody goes below 0 minutes." in text_of(shown)
    done = browser.post(at("candidates-extra-time-save", exam), sent_on(shown), follow=True)
    assert "The extra time of 1 candidate is changed." in text_of(done)
    again = browser.post(at("candidates-extra-time-check", exam), chosen | {"how": "set", "amount": "0"})
    assert "0 of 3 change." in text_of(again)
    nothing = browser.post(at("candidates-extra-time-save", exam), sent_on(again), follow=True)
    assert "Nothing was changed: their extra time is that already." in text_of(nothing)


def test_the_page_shows_who_ends_when(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    from datetime import timedelta

    from candidates.text import clock

    data = ticks(candidates[1]) | {"how": "subtract", "amount": "50"}
    text = text_of(client_of(planner).post(at("candidates-extra-time-check", exam), data))
    ends = exam.window[1]
    assert "30 → 0" in text
    assert f"{clock(ends + timedelta(minutes=30))} → {clock(ends)}" in text


def test_the_same_form_sent_twice_adds_once(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, chosen = client_of(planner), ticks(*candidates)
    shown = browser.post(at("candidates-extra-time-check", exam), chosen | {"how": "add", "amount": "30"})
    data = sent_on(shown)
    assert browser.post(at("candidates-extra-time-save", exam), data).status_code == 302
    again = browser.post(at("candidates-extra-time-save", exam), data)
    assert again.status_code == 422
    assert "Extra time was changed meanwhile" in text_of(again)
    assert "0001 30 → 60" in text_of(again)
    assert [row[1] for row in state(exam)] == [30, 60, 30]
    assert browser.post(at("candidates-extra-time-save", exam), sent_on(again)).status_code == 302


@pytest.mark.parametrize(
    ("how", "amount", "sentence"),
    [
        ("add", "", "Write how many minutes, like 30, or a percentage, like 25 %."),
        ("add", "0", "Write 1 minute or more."),
        ("subtract", "0", "Write 1 minute or more."),
        ("add", "1e3", "Write whole minutes, like 30."),
        ("add", "-5", "Write 1 or more, or choose Subtract."),
        ("subtract", "−5", "Write 1 or more, without the minus."),
        ("set", "-5", "cannot be less than 0"),
        ("set", "2881", "at most 2880 minutes"),
        ("add", "2860", "A candidate would have 2890 minutes. At most 2880 are possible."),
        ("add", "5000 %", "at most 2880 minutes"),
        ("all", "5", "“all” is not in it"),
        ("add", "9" * 29, "at most 2880 minutes"),
        ("add", "٣٠", "Write whole minutes"),
    ],
)
@pytest.mark.parametrize("step", ["candidates-extra-time-check", "candidates-extra-time-save"])
def test_wrong_figures_are_refused_and_stay_in_their_field(
    client_of: ClientOf,
    exam: Test,
    candidates: list[Candidate],
    planner: User,
    step: str,
    how: str,
    amount: str,
    sentence: str,
) -> None:
    data = ticks(*candidates) | {"how": how, "amount": amount}
    data["seen"] = ",".join(f"{one.public_id}:{one.extra_minutes}" for one in candidates)
    before = state(exam)
    response = client_of(planner).post(at(step, exam), data)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert response.context["form"]["amount"].value() == amount
    assert response.context["ids"] == data["ids"]
    assert state(exam) == before


@pytest.mark.parametrize("seen", ["", "x", "a:b", "0001", "1:2:3", "\0"])
def test_extra_time_without_what_was_shown_is_not_stored(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, seen: str
) -> None:
    data = ticks(*candidates) | {"how": "add", "amount": "30", "seen": seen}
    assert client_of(planner).post(at("candidates-extra-time-save", exam), data).status_code == 422
    assert [row[1] for row in state(exam)] == [0, 30, 0]


def test_who_has_started_keeps_the_time_and_is_named(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, candidates: list[Candidate], planner: User
) -> None:
    start(candidate=candidate)
    browser, data = client_of(planner), ticks(*candidates) | {"how": "set", "amount": "15"}
    shown = browser.post(at("candidates-extra-time-check", open_exam), data)
    assert "1 of them has started and keeps the extra time: 0001." in text_of(shown)
    assert "Set the extra time of 2 candidates to 15 minutes?" in text_of(shown)
    done = browser.post(at("candidates-extra-time-save", open_exam), sent_on(shown), follow=True)
    assert "Started already, so their extra time stays: 0001." in text_of(done)
    assert [row[1] for row in state(open_exam)] == [0, 15, 15]


def test_when_all_have_started_the_page_says_why_nothing_is_done(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, planner: User
) -> None:
    start(candidate=candidate)
    data = ticks(candidate) | {"how": "add", "amount": "15"}
    response = client_of(planner).post(at("candidates-extra-time-check", open_exam), data)
    assert response.status_code == 422
    assert "Extra time stays once somebody has started" in text_of(response)


@pytest.mark.parametrize("number", [1, 2])
def test_instead_of_a_form_that_cannot_work_there_is_the_way_to_incident_time(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, candidates: list[Candidate], planner: User, number: int
) -> None:
    chosen = list(Candidate.objects.of_test(open_exam).select_related("user", "test").order_by("sort_key")[:number])
    for one in chosen:
        start(candidate=one)
    browser = client_of(planner)
    page = browser.post(at("candidates-extra-time", open_exam), ticks(*chosen))
    text = page.content.decode()
    heading = "The extra time of candidate 0001 cannot be changed" if number == 1 else "None of them can be changed"
    assert heading in text
    assert 'name="amount"' not in text
    assert f'action="{at("monitor-incident", open_exam)}"' in text
    following = browser.post(at("monitor-incident", open_exam), {"ids": page.context["ids"]})
    assert f"Incident time for {number} candidate" in text_of(following)


@pytest.mark.parametrize("is_marked", [True, False])
def test_extra_time_of_a_finished_test_stays_and_incident_time_is_offered_until_marks_are_set(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, planner: User, grader: User, clock: Any, is_marked: bool
) -> None:
    start(candidate=candidate)
    clock.move(hours=5)
    if is_marked:
        save_mark(test=open_exam, public_id=candidate.public_id, mark=None, comment="Good", seen=None, by=grader)
    late = Candidate.objects.get(test=open_exam, candidate_id="kari")
    browser = client_of(planner)
    page = browser.post(at("candidates-extra-time", open_exam), ticks(late)).content.decode()
    assert ("marks are set" if is_marked else "The test is Finished, so planned extra time stays.") in page
    assert (at("monitor-incident", open_exam) in page) is not is_marked
    data = ticks(late) | {"how": "add", "amount": "2000", "seen": f"{late.public_id}:0"}
    assert browser.post(at("candidates-extra-time-save", open_exam), data).status_code == 422
    assert state(open_exam)[2][1] == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("12,5 %", "12,5 % of 60 = 7.5, rounded up to 8 minutes"),
        ("25%", "25 % of 60 = 15 minutes"),
        ("1 %", "1 % of 60 = 0.6, rounded up to 1 minute"),
    ],
)
def test_a_percentage_says_how_it_was_rounded(client_of: ClientOf, planner: User, typed: str, words: str) -> None:
    test = make_test(planner=planner, duration_minutes=60)
    data = ticks(*add(test, planner, "0001")) | {"how": "add", "amount": typed}
    assert words in text_of(client_of(planner).post(at("candidates-extra-time-check", test), data))


# Location -----------------------------------------------------------------------------------------------------------


def test_a_typed_location_is_made_with_its_spaces_folded(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    data = ticks(*candidates[:2]) | {"where": "new", "building": "  Vesthall ", "room": "V \u00a0 101"}
    response = client_of(planner).post(at("candidates-location-save", exam), data, follow=True)
    assert "The location of 2 candidates is now Vesthall V 101." in text_of(response)
    place = Location.objects.get()
    assert (place.building, place.room) == ("Vesthall", "V 101")
    assert [row[2] for row in state(exam)] == [place.pk, place.pk, None]


def test_an_existing_location_is_chosen(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, room: Location
) -> None:
    browser = client_of(planner)
    assert "Vesthall V101" in text_of(browser.post(at("candidates-location", exam), ticks(*candidates)))
    data = ticks(*candidates) | {"where": str(room.pk)}
    assert browser.post(at("candidates-location-save", exam), data).status_code == 302
    assert {row[2] for row in state(exam)} == {room.pk}
    assert Location.objects.count() == 1


def test_a_location_is_taken_away(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, room: Location
) -> None:
    Candidate.objects.update(location=room)
    data = ticks(*candidates) | {"where": "none"}
    response = client_of(planner).post(at("candidates-location-save", exam), data, follow=True)
    assert "The location of 3 candidates is removed." in text_of(response)
    assert {row[2] for row in state(exam)} == {None}


@pytest.mark.parametrize(
    ("building", "room_name"),
    [("vesthall", "v101"), ("Vesthall", "V 101"), ("Vesthall V101", ""), ("", "VESTHALLV101")],
)
def test_a_name_that_is_nearly_one_that_exists_is_asked_about(
    client_of: ClientOf,
    exam: Test,
    candidates: list[Candidate],
    planner: User,
    room: Location,
    building: str,
    room_name: str,
) -> None:
    browser, url = client_of(planner), at("candidates-location-save", exam)
    data = ticks(*candidates) | {"where": "new", "building": building, "room": room_name}
    response = browser.post(url, data)
    assert response.status_code == 422
    assert "There is “Vesthall / V101” already" in text_of(response)
    assert Location.objects.count() == 1
    assert browser.post(url, data | {"keep": "on"}).status_code == 302
    assert Location.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose a location, or type a building or a room."),
        ({"where": "new"}, "Choose a location, or type a building or a room."),
        ({"where": "99999"}, "“99999” is not in it"),
        ({"where": "none", "room": "V101"}, "Keep one of the two."),
        ({"room": "x" * 101}, "at most 100"),
        ({"room": "a\u200bb"}, "nobody can see"),
        ({"room": "a\0b"}, "cannot be stored"),
    ],
)
def test_a_location_that_says_nothing_or_two_things_is_refused(
    client_of: ClientOf,
    exam: Test,
    candidates: list[Candidate],
    planner: User,
    data: dict[str, str],
    sentence: str,
) -> None:
    response = client_of(planner).post(at("candidates-location-save", exam), ticks(*candidates) | data)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Location.objects.exists()


# Remove -------------------------------------------------------------------------------------------------------------


def test_removing_asks_first_and_then_removes(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, chosen = client_of(planner), ticks(*candidates[:2])
    page = browser.post(at("candidates-remove", exam), chosen)
    text = text_of(page)
    assert "Remove 2 candidates from the test?" in text
    assert "1 of 1500 candidates stay" in text
    assert "0001 One-time Slip, made at activation" in text
    assert len(state(exam)) == 3
    done = browser.post(at("candidates-remove-confirmed", exam), {"ids": page.context["ids"]}, follow=True)
    assert "2 candidates removed from the test." in text_of(done)
    assert [row[0] for row in state(exam)] == ["kari"]


def test_who_has_started_is_named_and_stays(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, candidates: list[Candidate], planner: User
) -> None:
    start(candidate=candidate)
    browser = client_of(planner)
    page = browser.post(at("candidates-remove", open_exam), ticks(*candidates))
    assert "1 of them has started and stays: 0001." in text_of(page)
    assert "Remove 2 candidates" in text_of(page)
    done = browser.post(at("candidates-remove-confirmed", open_exam), ticks(*candidates), follow=True)
    assert "They stay: 0001 (has started)." in text_of(done)
    assert [row[0] for row in state(open_exam)] == ["0001"]


def test_when_nobody_can_be_removed_there_is_no_button(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, planner: User
) -> None:
    start(candidate=candidate)
    browser = client_of(planner)
    page = browser.post(at("candidates-remove", open_exam), ticks(candidate))
    assert "Candidate 0001 cannot be removed" in text_of(page)
    assert "The candidate has started and stays." in text_of(page)
    assert 'data-color="danger"' not in page.content.decode()
    refused = browser.post(at("candidates-remove-confirmed", open_exam), ticks(candidate))
    assert refused.status_code == 422
    assert "Candidates who have started cannot be removed." in text_of(refused)


def test_who_is_logged_in_is_named_and_stays_beside_who_has_started(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, candidates: list[Candidate], planner: User
) -> None:
    start(candidate=candidate)
    note_seen(candidates=[candidates[1]], logged_in=True)
    browser = client_of(planner)
    page = browser.post(at("candidates-remove", open_exam), ticks(*candidates))
    text = text_of(page)
    assert "1 of them has started and stays: 0001. Their answers belong to the test." in text
    assert "1 of them is logged in now and stays: 0002." in text
    assert "let them log out and try again three minutes later" in text
    assert "Remove 1 candidate from the test?" in text
    assert "2 of 1500 candidates stay" in text
    done = browser.post(at("candidates-remove-confirmed", open_exam), ticks(*candidates), follow=True)
    assert "They stay: 0001 (has started), 0002 (is logged in now)." in text_of(done)
    assert [row[0] for row in state(open_exam)] == ["0001", "0002"]


def test_one_who_is_logged_in_cannot_be_removed_and_the_page_says_what_to_do(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, planner: User
) -> None:
    note_seen(candidates=[candidate], logged_in=True)
    browser = client_of(planner)
    page = browser.post(at("candidates-remove", open_exam), ticks(candidate))
    assert "Candidate 0001 cannot be removed" in text_of(page)
    assert "The candidate is logged in now and stays." in text_of(page)
    assert 'data-color="danger"' not in page.content.decode()
    assert browser.post(at("candidates-remove-confirmed", open_exam), ticks(candidate)).status_code == 422


def test_nobody_of_a_finished_test_can_be_removed_and_the_page_says_so(
    client_of: ClientOf, open_exam: Test, candidates: list[Candidate], planner: User, clock: Any
) -> None:
    clock.move(hours=5)
    browser = client_of(planner)
    page = browser.post(at("candidates-remove", open_exam), ticks(*candidates))
    assert "None of them can be removed" in text_of(page)
    assert "The test is Finished, so nobody can be removed from it." in text_of(page)
    refused = browser.post(at("candidates-remove-confirmed", open_exam), ticks(*candidates))
    assert (refused.status_code, len(state(open_exam))) == (422, 3)


def test_what_is_done_is_recorded_once(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, chosen = client_of(planner), ticks(*candidates[:2])
    for name in PAGES:
        seen = {"seen": ",".join(f"{one.public_id}:{one.extra_minutes}" for one in candidates)}
        browser.post(at(name, exam), DATA.get(name, {}) | seen | chosen)
    done = ("extra_time_changed", "location_changed", "candidates_removed")
    recorded = list(AuditEvent.objects.filter(action__in=done).order_by("pk").values_list("action", "count"))
    assert recorded == [("extra_time_changed", 2), ("location_changed", 2), ("candidates_removed", 2)]


def test_nobody_is_put_into_a_room_that_was_removed(planner: User, client_of: ClientOf, exam: Test) -> None:
    (one,) = add(exam, planner, "0001")
    Location.objects.create(building="Vesthall", room="V900", is_active=False)
    data = ticks(one) | {"where": "new", "building": "Vesthall", "room": "V900"}
    response = client_of(planner).post(at("candidates-location-save", exam), data)
    assert response.status_code == 422
    assert "Vesthall V900 was removed from the rooms." in text_of(response)
    edit = reverse("candidate", args=[exam.public_id, one.public_id])
    sent = {"candidate_id": "0001", "was_candidate_id": "0001", "building": "Vesthall", "room": "V900"}
    assert "Vesthall V900 was removed from the rooms." in text_of(client_of(planner).post(edit, sent))
    one.refresh_from_db()
    assert one.location is None

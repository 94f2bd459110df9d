"""Papers of the hall: everybody stands on them once, whole, in the right room; a reprint says what changed."""

import io
import re
from collections.abc import Callable
from itertools import groupby

import pytest
from django.utils import timezone
from pypdf import PdfReader

from candidates.credentials.hall_papers import Wanted, open_papers, render_papers
from candidates.credentials.opening import Choice, NotWhole, open_details
from candidates.credentials.opening_history import PRINTS, last_openings
from candidates.credentials.packs import changes_since, packs_of
from candidates.credentials.paper.attendance import attendance_lines
from candidates.credentials.paper.cover import MAX_ENDS
from candidates.credentials.paper.facts import contacts_of, hall_of, rooms_of_test
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.refusals import NotShown
from candidates.credentials.slips import Layout
from candidates.credentials.slips_pdf import render_pdf
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.lifecycle.accommodations import Change, change_location, change_planned_time
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Attendance, AuditEvent, Candidate, Location, SealedPassword, Test, User
from tests.factories import activated, make_test, password_of

Kind = PaperKind
LONG = "Wolfeschlegelsteinhausen " * 7 + "Last, Hubert"
V101, AULA = ("Vesthall", "V101"), ("Sørbygg", "Aula")


@pytest.fixture
def hall(planner: User) -> Test:
    """Return an activated test: three in V101, two in the Aula, one without a room, with names and seats."""
    test = make_test(planner=planner)
    people = [
        ("0001", "Aas, Reidun", "515190", V101, "2", 0),
        ("0002", "Bakke, Lucía", "475793", V101, "1", 30),
        ("0003", "", "", V101, "", 0),
        ("0004", "王, 小明", "400834", AULA, "1", 0),
        ("0005", LONG, "417718", AULA, "2", 0),
        ("0006", "Zhang, Minh", "490036", None, "", 0),
    ]
    rows = [
        CandidateRow(number, one, extra, place, private_reference=reference, name=name, seat=seat)
        for number, (one, name, reference, place, seat, extra) in enumerate(people, start=1)
    ]
    add_candidates(test=test, rows=rows, by=planner, source="test")
    return activated(test, planner)


def pages_of(
    test: Test, by: User, *kinds: PaperKind, only_changed: bool = False, rooms: frozenset[str] | None = None
) -> list[str]:
    """Return the text of each page of the papers."""
    papers = open_papers(test=test, wanted=Wanted(frozenset(kinds), rooms, only_changed), by=by)
    return [page.extract_text() for page in PdfReader(io.BytesIO(render_papers(papers))).pages]


def found(test: Test, candidate_id: str) -> Candidate:
    return Candidate.objects.of_test(test).get(candidate_id=candidate_id)


def kinds_of(pages: list[str]) -> list[str]:
    """Return what each page is, by the words in its head."""
    words = ("Cover sheet", "Attendance list", "Door list", "Key list", "Username")
    return [next((word for word in words if word in page), page[:40]) for page in pages]


@pytest.mark.slow
def test_each_room_has_its_papers_in_their_order(hall: Test, planner: User) -> None:
    pages = pages_of(hall, planner, *Kind)
    # a cover names the others too, and is known by its own words first
    of_a_room = ["Cover sheet", "Attendance list", "Door list", "Username", "Key list"]
    assert [kind for kind, _pages in groupby(kinds_of(pages))] == of_a_room * 3
    covers = [page for page in pages if "Cover sheet" in page]
    assert [re.findall(r"room (\d) of 3", page) for page in covers] == [["1"], ["2"], ["3"]]
    assert ["Sørbygg Aula" in covers[0], "Vesthall V101" in covers[1], "Without a room" in covers[2]] == [True] * 3


def test_everybody_stands_on_one_attendance_list_with_the_own_end(hall: Test, planner: User) -> None:
    pages = pages_of(hall, planner, Kind.ATTENDANCE)
    for candidate in Candidate.objects.of_test(hall):
        on = [page for page in pages if re.search(rf"\b{candidate.candidate_id}\b", page) and "in full" not in page]
        assert len(on) == 1
        assert candidate.private_reference in on[0]
        assert str(candidate.location or "Without a room") in on[0]
    (in_v101,) = [page for page in pages if "Vesthall V101" in page]
    # in the order of the seats, who has none comes last
    assert [in_v101.index(one) for one in ("0002", "0001", "0003")] == sorted(
        in_v101.index(one) for one in ("0002", "0001", "0003")
    )
    assert "of 3" in in_v101
    assert "0004" not in in_v101


def test_a_code_that_candidates_may_not_see_is_not_where_they_sign(hall: Test, planner: User) -> None:
    Test.objects.filter(pk=hall.pk).update(hides_candidate_ids=True)
    hall.refresh_from_db()
    attendance = " ".join(pages_of(hall, planner, Kind.ATTENDANCE))
    assert "Bakke, Lucía" in attendance
    # who has no name is known by nothing else
    assert [one for one in ("0001", "0002", "0003", "0004", "0005", "0006") if one in attendance] == ["0003"]


def test_a_name_that_is_too_long_for_its_line_is_shortened_visibly_and_stands_whole_behind(
    hall: Test, planner: User
) -> None:
    attendance = " ".join(" ".join(pages_of(hall, planner, Kind.ATTENDANCE)).split())
    door = " ".join(" ".join(pages_of(hall, planner, Kind.DOOR)).split())
    assert "…" in door
    for text in (attendance, door):
        assert LONG.replace(" ", "") in text.replace(" ", "").replace("…", "")


def test_the_door_list_has_all_rooms_by_name_and_names_who_has_none_last(hall: Test, planner: User) -> None:
    page = pages_of(hall, planner, Kind.DOOR)[0]
    places = [page.rindex(one) for one in ("Bakke", "Zhang", "Aas", "0003")]  # Aa stands with Å
    assert places == sorted(places)
    assert "Door list of all 3 rooms, page 1 of 1" in page
    assert "V101" in page
    assert "Aula" in page


def test_no_password_stands_on_papers_that_need_none_and_nothing_counts_as_printed(hall: Test, planner: User) -> None:
    text = "".join("\n".join(pages_of(hall, planner, *(set(Kind) - {Kind.SLIPS, Kind.SPARE}))).replace("-", "").split())
    for candidate in Candidate.objects.of_test(hall):
        assert password_of(candidate) not in text
    assert not Candidate.objects.of_test(hall).filter(slip_printed_version__isnull=False).exists()


@pytest.mark.slow
def test_slips_and_spare_slips_have_their_passwords_and_count_as_printed(hall: Test, planner: User) -> None:
    make_spares(test=hall, count=4, location=Location.objects.get(room="V101"), by=planner)
    pages = pages_of(hall, planner, Kind.COVER, Kind.SLIPS, Kind.SPARE)
    text = "".join("\n".join(pages).replace("-", "").split())
    for candidate in Candidate.objects.of_test(hall):
        assert password_of(candidate) in text
        assert candidate.slip_printed_version == 1
    (first, second) = [page for page in pages if "Spare logins, Vesthall V101" in page]
    assert "Slips 1 to 3 of 4" in first
    assert "Slips 4 to 4 of 4" in second
    (cover,) = [page for page in pages if "Cover sheet" in page and "V101" in page]
    assert "4, from 9001 to 9004" in cover


def test_spare_logins_that_nobody_has_are_no_candidates_of_the_lists(hall: Test, planner: User) -> None:
    make_spares(test=hall, count=2, location=Location.objects.get(room="V101"), by=planner)
    for kind in (Kind.ATTENDANCE, Kind.DOOR, Kind.KEYS):
        assert "9001" not in "\n".join(pages_of(hall, planner, kind))


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["page", "compact"])
def test_slips_carry_the_name_where_invigilators_see_names_and_nobodys_elsewhere(
    layout: Layout, hall: Test, planner: User
) -> None:
    def text() -> str:
        sheet = open_details(test=hall, choice=Choice(), action=AuditEvent.Action.DETAILS_PDF, by=planner).sheet
        pages = PdfReader(io.BytesIO(render_pdf(sheet, layout=layout))).pages
        return "\n".join(page.extract_text() for page in pages)

    assert "Bakke, Lucía" in text()
    Test.objects.filter(pk=hall.pk).update(invigilators_see_names=False)
    assert "Bakke" not in text()


@pytest.mark.slow
def test_papers_of_a_test_that_keeps_names_from_the_hall_name_nobody(hall: Test, planner: User) -> None:
    named = pages_of(hall, planner, *Kind)
    Test.objects.filter(pk=hall.pk).update(invigilators_see_names=False)
    with pytest.raises(NotShown, match="keeps names from the hall, so its papers have no key list"):
        pages_of(hall, planner, Kind.KEYS)
    hall.refresh_from_db()
    pages = pages_of(hall, planner, *(set(Kind) - {Kind.KEYS}))
    sheets = [attendance_lines(hall_of(hall, by=planner, made_at=timezone.now()), room) for room in rooms_of_test(hall)]
    for secret in ("Bakke", "Aas", "475793", "515190", "Zhang", "Wolfe"):
        assert secret in "\n".join(named)
        assert secret not in "\n".join(pages)
        assert secret not in str(sheets)
    (door,) = {page for page in pages if "Door list" in page and "Cover sheet" not in page}
    places = [door.rindex(one) for one in ("0001", "0003", "0006")]
    assert places == sorted(places)


def move(candidate: Candidate, by: User) -> None:
    change_location(test=candidate.test, public_ids=[candidate.public_id], building="Sørbygg", room="Aula", by=by)


def remove(candidate: Candidate, by: User) -> None:
    remove_candidates(test=candidate.test, public_ids=[candidate.public_id], by=by)


def more_time(candidate: Candidate, by: User) -> None:
    change_planned_time(test=candidate.test, public_ids=[candidate.public_id], how=Change.SET, minutes=60, by=by)


def reseat(candidate: Candidate, by: User) -> None:
    Candidate.objects.filter(pk=candidate.pk).update(seat="14", name="Aas, R.")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "rooms"),
    [
        (move, {"Sørbygg Aula": ["New here"], "Vesthall V101": ["Sits in Sørbygg Aula now"]}),
        (remove, {"Vesthall V101": ["Removed from the test"]}),
        (more_time, {"Vesthall V101": ["End, Login slip"]}),
        (reseat, {"Vesthall V101": ["Name, Seat"]}),
    ],
)
def test_rooms_that_changed_since_their_papers_are_printed_again_alone_and_say_what_changed(
    hall: Test, planner: User, change: Callable[[Candidate, User], None], rooms: dict[str, list[str]]
) -> None:
    pages_of(hall, planner, *Kind)
    with pytest.raises(NotShown, match="Nothing has changed"):
        pages_of(hall, planner, *Kind, only_changed=True)
    change(found(hall, "0001"), planner)
    now = rooms_of_test(hall)
    packs = packs_of(hall)
    sits = {person.public_id: room for room in now for person in room.people}
    said = {room.name: [one.words for one in changes_since(packs[room.location_id].said, room, sits)] for room in now}
    assert {name: words for name, words in said.items() if words} == rooms
    pages = pages_of(hall, planner, *Kind, only_changed=True)
    assert sum("Cover sheet" in page for page in pages) == len(rooms)
    text = "\n".join(pages)
    for words in rooms.values():
        assert words[0] in text
    with pytest.raises(NotShown, match="Nothing has changed"):
        pages_of(hall, planner, *Kind, only_changed=True)


@pytest.mark.slow
def test_a_reprint_of_what_changed_has_only_new_slips_and_names_the_void_ones(hall: Test, planner: User) -> None:
    pages_of(hall, planner, *Kind)
    more_time(found(hall, "0001"), planner)
    pages = pages_of(hall, planner, *Kind, only_changed=True)
    assert sum(page.count("Password") for page in pages) == 1
    (void,) = [page for page in pages if "to take out" in page and "Pile of" in page]
    assert "Extra time 0 → 60 minutes" in void


def test_one_paper_of_all_rooms_says_nothing_of_the_packs(hall: Test, planner: User) -> None:
    pages_of(hall, planner, Kind.ATTENDANCE)
    assert packs_of(hall) == {}
    room = str(Location.objects.get(room="V101").pk)
    pages = pages_of(hall, planner, Kind.COVER, Kind.ATTENDANCE, rooms=frozenset({room}))
    assert kinds_of(pages) == ["Cover sheet", "Attendance list"]
    assert [pack.location_id for pack in packs_of(hall).values()] == [int(room)]


def test_what_was_marked_at_the_door_stands_on_the_attendance_list(hall: Test, planner: User) -> None:
    now = timezone.now()
    Attendance.objects.create(
        candidate=found(hall, "0001"), presence="present", presence_at=now, id_check="rejected", id_check_at=now
    )
    Attendance.objects.create(candidate=found(hall, "0002"), presence="absent", presence_at=now)
    (page,) = [page for page in pages_of(hall, planner, Kind.ATTENDANCE) if "V101" in page]
    assert f"✓ {timezone.localtime(now):%H:%M}" in page
    assert "Absent" in page
    assert "Rejected" in page


def test_making_papers_is_recorded_before_they_are_read_and_so_is_a_refusal(hall: Test, planner: User) -> None:
    pages_of(hall, planner, Kind.COVER, Kind.DOOR)
    event = AuditEvent.objects.get(action="papers_made")
    assert (event.actor, event.test, event.count, event.detail) == (planner, hall, 3, {"papers": ["cover", "door"]})
    with pytest.raises(NotShown):
        pages_of(make_test(planner=planner), planner, Kind.DOOR)
    assert AuditEvent.objects.filter(action="papers_made", outcome="refused").count() == 1


def test_a_pack_in_which_slips_would_be_missing_is_refused_as_a_whole(hall: Test, planner: User) -> None:
    SealedPassword.objects.filter(user=found(hall, "0001").user).delete()
    with pytest.raises(NotWhole):
        pages_of(hall, planner, *Kind)
    assert packs_of(hall) == {}


def test_a_cover_with_more_ends_than_lines_says_how_many_are_left(planner: User) -> None:
    test = make_test(planner=planner)
    rows = [CandidateRow(number, "", number * 5, V101) for number in range(1, MAX_ENDS + 4)]
    add_candidates(test=test, rows=rows, by=planner, source="test")
    (cover,) = pages_of(test, planner, Kind.COVER)
    assert "3 more, with ends of their own: see the attendance list" in cover


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("", [("", "Planner, planner of the test")]),
        ("4410 Ingrid Solheim: rooms", [("4410", "Ingrid Solheim: rooms")]),
        ("+47 55 58 00 00, fire\nCaretaker", [("+47 55 58 00 00", "fire"), ("", "Caretaker")]),
        ("4499 IT; 4400 Exam office", [("4499", "IT"), ("4400", "Exam office")]),
    ],
)
def test_whom_to_call(said: str, called: list[tuple[str, str]], planner: User) -> None:
    test = make_test(planner=planner, hall_contacts=said)
    assert list(contacts_of(test, ["Planner"])) == called


def test_the_last_print_is_that_of_the_candidates_and_not_of_the_spare_logins(hall: Test, planner: User) -> None:
    make_spares(test=hall, count=2, location=Location.objects.get(room="V101"), by=planner)
    pages_of(hall, planner, Kind.SLIPS, Kind.SPARE)
    (last,) = last_openings(hall, actions=PRINTS, most=1)
    assert last.count == 6

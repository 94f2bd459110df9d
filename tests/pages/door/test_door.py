"""The door desk and spare logins as pages: with and without the script, in the own room and in others."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.models import Attendance, AttendanceMark, AuditEvent, Candidate, Contributor, Location, Test, User
from tests.factories import activated, open_now

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
V101, V102 = ("Vesthall", "V101"), ("Vesthall", "V102")


@pytest.fixture
def hall(exam: Test, planner: User, invigilator: User) -> Test:
    """The exam, open: Jonas stands at V101, where two sit; one sits in V102, one has no room; two spare logins."""
    rows = [
        CandidateRow(1, "0417", 0, V101, name="Aas, Reidun", private_reference="481207", seat="112"),
        CandidateRow(2, "0136", 0, V101, name="Aas, Arjun"),
        CandidateRow(3, "0022", 0, V102, name="Al-Hashimi, Noor", seat="14"),
        CandidateRow(4, "0733", 30, None, name="Bekele, Tesfaye"),
    ]
    add_candidates(test=exam, rows=rows, by=planner, source="test")
    room = Location.objects.get(room="V101")
    make_spares(test=exam, count=2, location=room, by=planner)
    Contributor.objects.filter(test=exam, user=invigilator).update(location=room)
    exam.refresh_from_db()
    return open_now(activated(exam, planner))


@pytest.fixture
def jonas(client_of: ClientOf, invigilator: User) -> Client:
    return client_of(invigilator)


def one(candidate_id: str) -> Candidate:
    return Candidate.objects.get(candidate_id=candidate_id)


def desk(client: Client, test: Test, **query: str) -> str:
    return client.get(reverse("door", args=[test.public_id]), query).content.decode()


def mark(candidate_id: str, value: str = "present", **more: Any) -> dict[str, Any]:
    about = "presence" if value in ("present", "absent", "not_set") else "id_check"
    now = int(timezone.now().timestamp() * 1000)
    return {"key": one(candidate_id).public_id, "about": about, "value": value, "nonce": str(uuid4()), "at": now} | more


def send(client: Client, test: Test, *marks: Any) -> Any:
    return client.post(reverse("door-marks", args=[test.public_id]), {"marks": json.dumps(marks)})


def test_somebody_is_found_by_name_or_card_and_marked_without_the_script(hall: Test, jonas: Client) -> None:
    page = desk(jonas, hall, q="reidun AAS")
    assert "Vesthall V101, seat 112" in page
    assert "Not here yet." in page
    assert "0417" in desk(jonas, hall, q="481207")
    answer = jonas.post(
        reverse("door-mark", args=[hall.public_id]),
        {"candidate": one("0417").public_id, "mark": "presence:present"},
        follow=True,
    )
    page = answer.content.decode()
    assert "Present since" in page
    assert 'value="presence:not_set"' in page
    assert ">1</strong> of" in page


def test_who_sits_elsewhere_is_named_with_room_and_seat_and_cannot_be_marked(hall: Test, jonas: Client) -> None:
    assert "0022 sits in Vesthall V102, seat 14" in desk(jonas, hall, q="noor")
    assert "0733 is on the test and has no room" in desk(jonas, hall, q="tesfaye")
    answer = send(jonas, hall, mark("0022"), mark("0733"))
    assert [one[1:] for one in answer.json()["marks"]] == [
        ["refused", "0022 sits in Vesthall V102, seat 14"],
        ["stored", ""],
    ]


def test_who_has_no_room_is_seated_here_on_the_next_free_seat(hall: Test, jonas: Client) -> None:
    assert "Seat here, 113, and mark present" in desk(jonas, hall, q="0733")
    address = reverse("door-seat", args=[hall.public_id])
    page = jonas.post(address, {"candidate": one("0733").public_id}, follow=True).content.decode()
    assert "Vesthall V101, seat 113" in page
    assert "Present since" in page
    again = jonas.post(address, {"candidate": one("0733").public_id}, follow=True).content.decode()
    assert "0733 has seat 113 already" in again
    gone = jonas.post(address, {"candidate": "nobody"}, follow=True).content.decode()
    assert "moved or removed meanwhile" in gone


def test_where_the_test_hides_names_nobody_is_found_by_one(hall: Test, jonas: Client) -> None:
    Test.objects.filter(pk=hall.pk).update(invigilators_see_names=False)
    assert "No candidate matches" in desk(jonas, hall, q="reidun")
    assert "Reidun" not in desk(jonas, hall, q="0417")
    data = jonas.get(reverse("door-people", args=[hall.public_id])).content.decode()
    assert "0417" in data
    for secret in ("Reidun", "reidun", "481207"):
        assert secret not in data


def test_a_phone_gets_everybody_and_its_marks_are_stored_once(hall: Test, jonas: Client) -> None:
    data = jonas.get(reverse("door-people", args=[hall.public_id])).json()
    assert [(row["id"], row["here"], row["may"]) for row in data["people"]] == [
        ("0022", False, False),
        ("0136", True, True),
        ("0417", True, True),
        ("0733", False, True),
    ]
    elsewhere, here, *_others = data["people"]
    sits = "0022 sits in Vesthall V102, seat 14"
    said = {"name": "Noor Al-Hashimi", "sits": sits, "find": "0022\nal hashimi noor\n\n\n"}
    assert elsewhere == {"key": one("0022").public_id, "id": "0022", "here": False, "may": False} | said
    assert {"ends", "extra", "with", "been", "presence"} <= here.keys()
    only = jonas.get(reverse("door-people", args=[hall.public_id]), {"marks": ""}).json()["marks"]
    assert set(only) == {one("0136").public_id, one("0417").public_id}
    marks = [mark("0417"), mark("0417", "verified")]
    for outcome in ("stored", "known"):
        assert {one[1] for one in send(jonas, hall, *marks).json()["marks"]} == {outcome}
    assert AttendanceMark.objects.count() == 2


NO_MARK = "This is no mark that the door desk knows. Load the page again, and mark it once more."


@pytest.mark.parametrize(
    "wrong",
    [
        "no mark",
        None,
        {"key": 1},
        {"about": "robot"},
        {"value": "late"},
        {"value": None},
        {"nonce": "short"},
        {"nonce": "x" * 37},
        {"nonce": 7},
        {"at": "now"},
        {"at": True},
        {"at": -1},
        {"at": 10**18},
        {"key": "\0"},
        {"about": "note", "value": ""},
    ],
)
def test_what_is_no_mark_costs_itself_alone_and_is_answered_with_a_sentence(
    hall: Test, jonas: Client, wrong: Any
) -> None:
    sent = mark("0417") | wrong if isinstance(wrong, dict) else wrong
    answer = send(jonas, hall, mark("0136"), sent, mark("0136", "verified"))
    assert answer.status_code == 200
    assert [one[1:] for one in answer.json()["marks"]] == [["stored", ""], ["refused", NO_MARK], ["stored", ""]]
    assert [(one.presence, one.id_check) for one in Attendance.objects.all()] == [("present", "verified")]


def test_a_note_that_is_too_long_says_by_how_much_and_is_known_by_its_number(hall: Test, jonas: Client) -> None:
    note = mark("0417") | {"about": "note", "value": "", "text": "x" * 501}
    assert send(jonas, hall, note).json()["marks"] == [
        [note["nonce"], "refused", "The note has 501 characters, and 500 are kept. Write it shorter."]
    ]


@pytest.mark.parametrize("sent", ["no list", "{}", "[" * 100_000, "7"])
def test_what_is_no_list_of_marks_is_refused_as_a_whole(hall: Test, jonas: Client, sent: str) -> None:
    answer = jonas.post(reverse("door-marks", args=[hall.public_id]), {"marks": sent})
    assert answer.status_code == 400
    assert answer.json()["sentence"] == "This is not what the door desk sends. Load the page again."


@pytest.mark.parametrize(("where", "outcome"), [("text", "stored"), ("key", "refused")])
def test_half_a_character_does_not_keep_the_other_marks_from_being_stored(
    hall: Test, jonas: Client, where: str, outcome: str
) -> None:
    cut = mark("0417") | {"about": "note", "value": "", "text": "Came with a dog"} | {where: "Dog \ud83d"}
    answer = send(jonas, hall, mark("0136"), cut)
    assert [one[1] for one in answer.json()["marks"]] == ["stored", outcome]


def test_where_the_test_hides_names_reasons_are_hidden_too(
    hall: Test, jonas: Client, client_of: ClientOf, planner: User
) -> None:
    address = reverse("correct-attendance", args=[hall.public_id, one("0417").public_id])
    sent = {"presence": "present", "id_check": "not_checked", "reason": "It was Reidun after all"}
    client_of(planner).post(address, sent)
    assert "It was Reidun after all" in jonas.get(address).content.decode()
    Test.objects.filter(pk=hall.pk).update(invigilators_see_names=False)
    page = jonas.get(address).content.decode()
    assert "Attendance: Present" in page
    assert "Reidun" not in page


@pytest.mark.parametrize("page", ["door-people", "door-spare", "correct-attendance"])
def test_that_somebody_saw_names_is_recorded(hall: Test, jonas: Client, page: str) -> None:
    parts = [one("0417").public_id] if page == "correct-attendance" else []
    jonas.get(reverse(page, args=[hall.public_id, *parts]))
    assert AuditEvent.objects.filter(action="references_seen").count() == 1


def test_who_is_not_on_the_list_gets_a_spare_login_and_a_planner_joins_it(
    hall: Test, jonas: Client, client_of: ClientOf, planner: User
) -> None:
    assert "Not on the list: give a spare login" in desk(jonas, hall, q="lunde, tarjei")
    address = reverse("door-spare", args=[hall.public_id])
    assert 'value="Tarjei Lunde"' in jonas.get(address, {"q": "lunde, tarjei"}).content.decode()
    first = one("9001").public_id
    page = jonas.post(address, {"name": "Tarjei Lunde", "spare": first}, follow=True).content.decode()
    assert "Hand over the spare slip 9001." in page
    assert "Present since" in page
    again = jonas.post(address, {"name": "Nasrin Moe", "spare": first})
    assert again.status_code == 422
    assert "Nasrin Moe" in again.content.decode()
    assert "Somebody else has this spare login now. Choose another one." in again.content.decode()

    ingrid = client_of(planner)
    page = ingrid.get(reverse("spare-logins", args=[hall.public_id])).content.decode()
    assert "Tarjei Lunde" in page
    join = reverse("join-spare", args=[hall.public_id, first])
    question = ingrid.get(join, {"to": one("0733").public_id}).content.decode()
    assert "Is 9001 the candidate 0733?" in " ".join(question.split())
    ingrid.post(join, {"to": one("0733").public_id})
    assert one("0733").attendance.presence == "present"
    assert not Candidate.objects.filter(candidate_id="9001").exists()


def test_a_spare_login_is_in_no_list_until_somebody_has_it(
    hall: Test, client_of: ClientOf, planner: User, grader: User
) -> None:
    addresses = [
        (planner, reverse("monitor-test", args=[hall.public_id])),
        (planner, reverse("candidates", args=[hall.public_id])),
        (grader, reverse("grade-test", args=[hall.public_id])),
    ]

    def listed(text: str) -> list[bool]:
        return [text in client_of(user).get(address).content.decode() for user, address in addresses]

    assert listed("9001") == [False, False, False]
    Candidate.objects.filter(candidate_id="9001").update(given_at=timezone.now(), name="Tarjei Lunde")
    assert listed("9001") == [True, True, True]
    assert "Tarjei" not in client_of(grader).get(addresses[2][1]).content.decode()


def test_planners_make_spare_logins_and_take_away_what_is_left(hall: Test, client_of: ClientOf, planner: User) -> None:
    ingrid, address = client_of(planner), reverse("spare-logins-make", args=[hall.public_id])
    refused = ingrid.post(address, {"room": "none", "count": "1500"})
    assert refused.status_code == 422
    ingrid.post(address, {"room": Location.objects.get(room="V102").public_id, "count": "3"})
    assert Candidate.objects.unused_spares().filter(location__room="V102").count() == 3
    ingrid.post(reverse("spare-logins-remove", args=[hall.public_id]))
    assert not Candidate.objects.filter(is_spare=True).exists()


def test_attendance_is_corrected_with_a_reason_and_the_record_keeps_both(hall: Test, jonas: Client) -> None:
    send(jonas, hall, mark("0417", "absent"))
    address = reverse("correct-attendance", args=[hall.public_id, one("0417").public_id])
    sent = {"presence": "present", "id_check": "verified", "reason": ""}
    assert jonas.post(address, sent).status_code == 422
    page = jonas.post(address, sent | {"reason": "Signed on paper"}, follow=True).content.decode()
    assert "Signed on paper" in page
    assert "Absent" in page
    assert (one("0417").attendance.presence, one("0417").attendance.id_check) == ("present", "verified")
    assert jonas.get(reverse("correct-attendance", args=[hall.public_id, one("0022").public_id])).status_code == 404


def test_who_grades_as_well_gets_no_key_list_of_who_is_who(
    hall: Test, jonas: Client, invigilator: User, planner: User
) -> None:
    Test.objects.filter(pk=hall.pk).update(invigilators_may_open_key_list=True)
    address = reverse("monitor-key-list", args=[hall.public_id])
    assert "481207" in jonas.post(address).content.decode()
    Contributor.objects.create(test=hall, user=invigilator, role="grader", added_by=planner)
    page = jonas.post(address, follow=True).content.decode()
    assert "Who grades a test does not see who its candidates are." in page
    assert "481207" not in page


def test_of_who_sits_elsewhere_the_page_says_the_room_and_no_more(hall: Test, jonas: Client) -> None:
    """Also the address of one candidate, and where names are hidden."""
    noor = one("0022")
    assert noor.user is not None
    Candidate.objects.filter(pk=noor.pk).update(private_reference="477031", extra_minutes=25)
    for query in ({"q": "noor"}, {"q": "477031"}, {"q": "0022"}, {"candidate": noor.public_id}):
        page = desk(jonas, hall, **query).split("<article", 1)[1].split("</article>", 1)[0]
        assert "0022 sits in Vesthall V102, seat 14" in page
        for text in (
            'data-part="ref">477031',
            "25 min extra",
            "Not here yet.",
            "Has not logged in",
            noor.user.username,
        ):
            assert text not in page
    data = jonas.get(reverse("door-people", args=[hall.public_id])).content.decode()
    for other in (noor, one("0417")):
        assert other.user is not None
        assert (str(other.user.username) in data.replace("-", "")) is (other.candidate_id == "0417")


def test_a_generated_user_name_is_found_by_a_printed_group_and_not_by_letters_that_others_have_too(
    hall: Test, jonas: Client
) -> None:
    """Random letters stand in 1500 names: a search for somebody who is not here would find a stranger."""
    for candidate_id, name in (("0417", "6qqqp34v"), ("0022", "7xqqqk2m")):
        User.objects.filter(candidacies=one(candidate_id)).update(username=name)
    assert "No candidate matches" in desk(jonas, hall, q="qqq")
    for typed in ("6qqq-p34v", "6QQQ", "P34V"):
        assert "Vesthall V101, seat 112" in desk(jonas, hall, q=typed)
    assert "0022 sits in Vesthall V102" in desk(jonas, hall, q="7xqq")
    people = {row["id"]: row for row in jonas.get(reverse("door-people", args=[hall.public_id])).json()["people"]}
    assert people["0417"]["made"] == "6qqqp34v"
    assert "qqq" not in people["0417"]["find"]
    assert "qqq" not in str(people["0022"])


def test_all_who_are_missing_are_marked_absent_in_one_press_and_taken_back(hall: Test, jonas: Client) -> None:
    send(jonas, hall, mark("0417"))
    address = reverse("door-absent", args=[hall.public_id])
    page = jonas.get(address)
    assert "Mark 1 candidate absent?" in page.content.decode()
    who = " ".join(line.public_id for line in page.context["door"].unsaid)
    assert who == one("0136").public_id
    sent = {"who": who, "press": str(page.context["press"])}
    words = jonas.post(address, sent, follow=True).content.decode()
    assert "1 is marked absent." in words
    assert "1 marked absent as missing" in words
    assert {one.candidate.candidate_id: one.presence for one in Attendance.objects.all()} == {
        "0136": "absent", "0417": "present",
    }  # fmt: skip
    jonas.post(address, sent)  # a form that is sent twice
    assert AttendanceMark.objects.count() == 2
    back = jonas.post(f"{address}take-back/", {"press": sent["press"]}, follow=True).content.decode()
    assert "1 is not marked any more." in back
    assert one("0136").attendance.presence == "not_set"
    assert "Something is said" not in jonas.get(address).content.decode()


@pytest.mark.parametrize("sent", [{}, {"who": "x", "press": "short"}, {"who": "\0", "press": str(uuid4())}])
def test_a_press_that_no_page_sends_marks_nobody(hall: Test, jonas: Client, sent: dict[str, str]) -> None:
    answer = jonas.post(reverse("door-absent", args=[hall.public_id]), sent, follow=True)
    assert answer.status_code == 200
    assert not Attendance.objects.exists()


def test_a_spare_login_that_was_given_by_mistake_is_taken_back_at_the_door_and_by_planners(
    hall: Test, jonas: Client, client_of: ClientOf, planner: User
) -> None:
    address, spare = reverse("door-spare", args=[hall.public_id]), one("9001").public_id
    ingrid = client_of(planner)
    own = desk(jonas, hall, q="0417")
    assert f"{spare}/take-back/" not in own
    for client, name in ((jonas, "door-spare-take-back"), (ingrid, "spare-logins-take-back")):
        given = jonas.post(address, {"name": "Tarjei Lunde", "spare": spare}, follow=True).content.decode()
        listed = ingrid.get(reverse("spare-logins", args=[hall.public_id])).content.decode()
        back = reverse(name, args=[hall.public_id, spare])
        assert back in (given if client is jonas else listed)
        assert "9001 is nobody’s again, and its password has ended." in client.post(back, follow=True).content.decode()
        assert one("9001").is_unused_spare


def test_the_void_slip_of_a_spare_login_is_not_handed_over(hall: Test, jonas: Client) -> None:
    Candidate.objects.filter(candidate_id="9001").update(slip_printed_version=1, slip_version=2)
    address = reverse("door-spare", args=[hall.public_id])
    page = jonas.get(address).content.decode()
    assert page.index("9002, the next one") < page.index("9001, whose slip is void: show the login")
    answer = jonas.post(address, {"name": "Tarjei Lunde", "spare": one("9001").public_id})
    assert answer.headers["Location"] == reverse("reveal-login", args=[hall.public_id, one("9001").public_id])

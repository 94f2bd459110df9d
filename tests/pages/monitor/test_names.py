"""Names in Monitor: for planners, and for invigilators where the test lets them; searched in every room."""

import re
from html import unescape

import pytest

from candidates.models import AuditEvent, Candidate, Contributor, Location, Test
from tests.factories import activated, add, open_now
from tests.pages.monitor.test_monitor import at, rows_of, shown

PEOPLE = {
    "0021": ("Aas, Reidun", "477021", "1"),
    "0022": ("Al-Hashimi, Noor", "477031", "14"),
    "0023": ("Ødegård, Åse", "477023", ""),
    "0030": ("Aasen, Lucía", "", ""),
}


@pytest.fixture
def hall(exam, planner, room, invigilator):
    """The open exam: 0021 in V101, 0022 and 0023 in V102, 0030 without a room; Jonas invigilates V101."""
    add(exam, planner, "0021", location=("Vesthall", "V101"))
    add(exam, planner, "0022", "0023", location=("Vesthall", "V102"))
    add(exam, planner, "0030")
    for candidate_id, (name, reference, seat) in PEOPLE.items():
        Candidate.objects.filter(candidate_id=candidate_id).update(name=name, private_reference=reference, seat=seat)
    Contributor.objects.filter(user=invigilator).update(location=room)
    return open_now(activated(exam, planner))


def said(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def one_page(test, candidate_id):
    return at(test, f"candidates/{Candidate.objects.get(candidate_id=candidate_id).public_id}/")


@pytest.mark.parametrize("suffix", ["", "live/"])
@pytest.mark.parametrize(
    ("q", "here", "there"),
    [
        ("reidun aas", ["0021"], []),
        ("REIDUN", ["0021"], []),
        ("lucia", ["0030"], []),
        ("477021", ["0021"], []),
        ("noor", [], ["Noor Al-Hashimi: 0022 sits in Vesthall V102, seat 14."]),
        ("477031", [], ["Noor Al-Hashimi: 0022 sits in Vesthall V102, seat 14."]),
        ("0022", [], ["0022 sits in Vesthall V102, seat 14."]),
        ("odegard", [], ["Åse Ødegård: 0023 sits in Vesthall V102."]),
        ("a", ["0021", "0030"], ["Noor Al-Hashimi: 0022 sits in Vesthall V102, seat 14.", "Åse Ødegård: 0023 sits in"]),
    ],
)
def test_an_invigilator_finds_people_by_name_and_number_and_is_told_their_room(
    q, here, there, suffix, hall, invigilator, client_of
):
    response = client_of(invigilator).get(at(hall, suffix), {"q": q})
    if here:
        assert sorted(shown(response)) == here
    words = said(response)
    assert all(sentence in words for sentence in there)
    assert words.count(" sits in ") == len(there)
    for hidden in Candidate.objects.filter(candidate_id__in=["0022", "0023"]):
        assert hidden.public_id not in response.content.decode()


def test_of_many_in_other_rooms_it_says_how_many(hall, planner, invigilator, client_of):
    add(hall, planner, *(f"02{number}" for number in range(10, 15)), location=("Vesthall", "V102"))
    Candidate.objects.filter(candidate_id__startswith="02").update(name="Aas, Kari")
    words = said(client_of(invigilator).get(at(hall, "?q=aas")))
    assert "5 more in other rooms match. Type more of the name, or the whole number, to see the room." in words
    assert " sits in " not in words


def test_whoever_is_found_is_named_beside_the_id_unless_the_column_is_on(hall, invigilator, client_of):
    client = client_of(invigilator)
    assert "Aas, Reidun" not in said(client.get(at(hall)))
    assert "0021 Aas, Reidun, Private reference 477021" in said(client.get(at(hall, "?q=477021")))
    on = said(client.get(at(hall, "?q=reidun&col=name")))
    assert on.count("Aas, Reidun") == 1
    rows = rows_of(client.post(at(hall, "csv/?col=name&col=reference&col=seat&sort=id")))
    assert rows[:2] == [
        ["Candidate ID", "Name", "Private reference", "Seat", "What to know"],
        ["0021", "Aas, Reidun", "477021", "1", ""],
    ]


def test_names_are_off_at_first_and_each_person_switches_them_on(hall, planner, client_of):
    client = client_of(planner)
    assert "Aas, Reidun" not in said(client.get(at(hall)))
    client.post(at(hall, "columns/"), {"col": ["name", "progress"]})
    assert "Aas, Reidun" in said(client.get(at(hall)))


def test_the_page_of_a_candidate_says_who_it_is_and_the_seat(hall, invigilator, client_of):
    page = said(client_of(invigilator).get(one_page(hall, "0021")))
    assert "Candidate 0021 Reidun Aas Vesthall V101, seat 1" in page
    assert "Private reference 477021" in page


def test_where_the_test_hides_names_an_invigilator_finds_candidate_ids_alone(hall, invigilator, planner, client_of):
    Test.objects.filter(pk=hall.pk).update(invigilators_see_names=False)
    client = client_of(invigilator)
    for q in ("reidun", "477021", "noor", "477031"):
        words = said(client.get(at(hall), {"q": q, "col": ["name", "reference"]}))
        assert "No candidate matches" in words
        assert " sits in " not in words
    assert "Reidun" not in said(client.get(one_page(hall, "0021")))
    assert "0022 sits in Vesthall V102, seat 14." in said(client.get(at(hall, "?q=0022")))
    assert "Private reference" not in said(client.get(at(hall)))  # among the columns
    assert rows_of(client.post(at(hall, "csv/?col=name&col=seat&sort=id")))[0][:2] == ["Candidate ID", "Seat"]
    assert shown(client_of(planner).get(at(hall, "?q=noor"))) == ["0022"]


def test_who_saw_names_stands_in_the_history_once(hall, invigilator, client_of):
    client = client_of(invigilator)
    seen = AuditEvent.objects.filter(action="references_seen", actor=invigilator, test=hall)
    client.get(at(hall))
    client.get(at(hall, "?q=0021"))
    assert not seen.exists()
    for address in (at(hall, "?q=noor"), at(hall, "live/?col=name"), one_page(hall, "0021")):
        client.get(address)
        assert seen.count() == 1


def test_a_file_with_names_asks_for_the_password_again_and_one_without_does_not(
    hall, invigilator, client_of, clock, settings
):
    client = client_of(invigilator)
    clock.move(minutes=settings.REAUTHENTICATE_MINUTES + 1)
    assert client.post(at(hall, "csv/?col=seat")).status_code == 200
    assert client.post(at(hall, "csv/?col=name")).status_code == 403


def test_a_name_is_text_and_never_markup(hall, planner, client_of):
    Candidate.objects.filter(candidate_id="0021").update(name="<b>Aas</b>, =1+1", private_reference="<i>")
    content = client_of(planner).get(at(hall, "?col=name&col=reference&q=aas")).content.decode()
    assert "<b>Aas" not in content
    assert "<i>" not in content


def test_a_search_of_rooms_is_one_of_this_test(hall, invigilator, client_of, planner):
    place = Location.objects.get(room="V102")
    other = Test.objects.create(name="Other", opens_at=hall.opens_at, ends_at=hall.ends_at)
    Contributor.objects.create(test=other, user=planner, role="planner")
    add(other, planner, "0900", location=(place.building, place.room))
    Candidate.objects.filter(candidate_id="0900").update(name="Solli, Even")
    assert " sits in " not in said(client_of(invigilator).get(at(hall, "?q=solli")))

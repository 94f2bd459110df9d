"""Who works on a test: add somebody, take a role away."""

import re

import pytest

from candidates.models import AuditEvent, Contributor, Location, User
from tests.factories import contribute, make_staff


def address(test, rest="new/"):
    return f"/deliver/tests/{test.public_id}/contributors/{rest}"


def place_of(test, user, role="planner"):
    return Contributor.objects.get(test=test, user=user, role=role)


def test_the_page_offers_staff_with_a_role_and_nobody_else(planner, client_of, candidate, administrator):
    html = client_of(planner).get(address(candidate.test)).content.decode()
    assert "Marte Aune (colleague): Planner" in html
    assert "Arne Lund" not in html
    assert candidate.user.username not in html


def test_more_staff_to_choose_from_render_no_more_templates_and_what_was_chosen_stays(planner, client_of, exam):
    def rendered():
        return len(client_of(planner).post(address(exam), {"person": planner.pk, "role": ""}).templates)

    few = rendered()
    for number in range(20):
        make_staff(f"new.{number}", "<b>Nora", is_grader=True)
    assert rendered() == few
    answer = client_of(planner).post(address(exam), {"person": planner.pk, "role": ""})
    html = answer.content.decode()
    assert f'<option value="{planner.pk}" selected>' in html
    assert "&lt;b&gt;Nora (new.7): Grader</option>" in html
    assert 'aria-invalid="true"' in html
    assert "Choose from the list." in html


def test_a_grader_is_added_and_it_is_recorded(planner, client_of, exam):
    person = make_staff("new", "Nora Ny", is_grader=True)
    response = client_of(planner).post(address(exam), {"person": person.pk, "role": "grader"}, follow=True)
    html = response.content.decode()
    assert "Nora Ny is on the test now." in html
    assert place_of(exam, person, "grader").added_by == planner
    assert AuditEvent.objects.get(action="contributor_added").detail["user"] == "new"


def test_an_invigilator_can_be_bound_to_a_location(planner, client_of, exam, room):
    person = make_staff("new", is_invigilator=True)
    fields = {"person": person.pk, "role": "invigilator", "location": room.pk}
    html = client_of(planner).post(address(exam), fields, follow=True).content.decode()
    assert "Invigilator, Vesthall V101" in html


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose from the list."),
        ({"role": "chief"}, "is not in it"),
        ({"role": "grader"}, "does not have the role Grader"),
        ({"role": "planner", "location": True}, "Only an invigilator is bound to a location"),
        ({"person": "0", "role": "planner"}, "Choose"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(planner, client_of, exam, room, fields, sentence):
    person = make_staff("new", is_planner=True)
    fields = {"person": person.pk} | fields | ({"location": room.pk} if "location" in fields else {})
    response = client_of(planner).post(address(exam), fields)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Contributor.objects.filter(user=person).exists()


def test_a_candidate_cannot_be_chosen(planner, client_of, candidate):
    fields = {"person": candidate.user.pk, "role": "planner"}
    assert client_of(planner).post(address(candidate.test), fields).status_code == 422


def test_adding_somebody_twice_says_so(planner, grader, client_of, exam):
    response = client_of(planner).post(address(exam), {"person": grader.pk, "role": "grader"})
    assert response.status_code == 409
    assert "Elin Haugland is on the test as Grader already." in response.content.decode()


def test_taking_a_role_away_asks_first_and_is_recorded(planner, grader, client_of, exam):
    client = client_of(planner)
    there = address(exam, f"{place_of(exam, grader, 'grader').public_id}/remove/")
    assert "Remove the role Grader from Elin Haugland?" in client.get(there).content.decode()
    assert place_of(exam, grader, "grader")
    html = client.post(there, follow=True).content.decode()
    assert "Elin Haugland no longer has the role Grader on this test." in html
    assert not Contributor.objects.filter(test=exam, user=grader).exists()
    assert AuditEvent.objects.get(action="contributor_removed").actor == planner
    assert client_of(grader).get(f"/grade/tests/{exam.public_id}/").status_code == 404


def test_who_gives_up_the_own_role_comes_back_to_the_list(planner, client_of, exam):
    response = client_of(planner).post(address(exam, f"{place_of(exam, planner).public_id}/remove/"))
    assert response.url == "/deliver/tests/"


def test_the_last_planner_stays_and_the_page_says_why(planner, colleague, client_of, exam):
    client = client_of(planner)
    client.post(address(exam, f"{place_of(exam, colleague).public_id}/remove/"))
    there = address(exam, f"{place_of(exam, planner).public_id}/remove/")
    assert there not in client.get(f"/deliver/tests/{exam.public_id}/").content.decode()
    response = client.post(there)
    assert response.status_code == 409
    assert "A test needs a planner." in response.content.decode()
    assert place_of(exam, planner)


def test_somebody_of_another_test_is_not_found_here(planner, client_of, exam, stranger):
    from tests.factories import make_test

    other = make_test(planner=stranger)
    there = address(exam, f"{place_of(other, stranger).public_id}/remove/")
    assert client_of(planner).get(there).status_code == 404
    assert client_of(planner).post(there).status_code == 404
    assert place_of(other, stranger)


@pytest.fixture
def hall_staff(db):
    """Return three invigilators, of whom one has no e-mail address."""
    users = [
        make_staff("kari", "Kari Nord", is_invigilator=True),
        make_staff("ola", "Ola Vik", is_invigilator=True),
        make_staff("siv", "Siv Dahl", is_invigilator=True),
    ]
    for user in users[:2]:
        user.email = f"{user.username}.hall@havnes.example"
        user.save()
    return users


@pytest.mark.parametrize(
    "pasted",
    [
        "kari\nola\nsiv",
        "KARI, ola  siv",
        "kari.hall@havnes.example; OLA.HALL@havnes.example; siv",
        "Nord, Kari <kari.hall@havnes.example>; Vik, Ola <ola.hall@havnes.example>; siv",
        "Kari Nord <kari.hall@havnes.example>, Ola Vik <ola.hall@havnes.example>, siv\nkari",
    ],
)
def test_several_people_are_added_in_one_go_by_user_name_or_address_each_to_several_rooms(
    planner, client_of, exam, room, hall_staff, pasted
):
    other = Location.objects.create(building="Nordbygg", room="2.02")
    fields = {"people": pasted, "role": "invigilator", "location": [room.pk, other.pk]}
    html = client_of(planner).post(address(exam), fields, follow=True).content.decode()
    assert "3 people are on the test now." in html
    for user in hall_staff:
        rows = Contributor.objects.filter(test=exam, user=user, role="invigilator")
        assert {row.location for row in rows} == {room, other}
    assert html.count("Invigilator, Nordbygg 2.02, Vesthall V101") == 3


def test_names_that_fit_nobody_add_nobody_and_stay_on_the_page(planner, client_of, exam, candidate, hall_staff):
    pasted = f"kari, nobody.here, {candidate.user.username}"
    answer = client_of(planner).post(address(exam), {"people": pasted, "role": "invigilator"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert (
        f"2 not found among the staff: nobody.here, {candidate.user.username}. Correct the names, or leave them out."
        in html
    )
    assert f">\n{pasted}</textarea>" in html
    assert not Contributor.objects.filter(user__in=hall_staff).exists()


def test_an_address_of_two_accounts_is_not_guessed(planner, client_of, exam, hall_staff):
    User.objects.filter(username="siv").update(email="kari.hall@havnes.example")
    answer = client_of(planner).post(address(exam), {"people": "Kari.Hall@havnes.example", "role": "invigilator"})
    assert "1 fit more than one account: Kari.Hall@havnes.example. Use the user name." in answer.content.decode()
    assert not Contributor.objects.filter(user__in=hall_staff).exists()


def test_who_has_the_role_already_is_said_and_a_further_room_is_added(planner, client_of, exam, room, hall_staff):
    other = Location.objects.create(building="Nordbygg", room="2.02")
    contribute(exam, hall_staff[0], "invigilator", room)
    contribute(exam, hall_staff[1], "invigilator", room)
    contribute(exam, hall_staff[1], "invigilator", other)
    fields = {"people": "kari ola", "role": "invigilator", "location": [room.pk, other.pk]}
    html = client_of(planner).post(address(exam), fields, follow=True).content.decode()
    assert "1 person is on the test now." in html
    assert "Ola Vik had the role already." in html
    assert Contributor.objects.filter(test=exam, user=hall_staff[0], role="invigilator").count() == 2


@pytest.mark.parametrize(("held", "asked"), [(True, False), (False, True)])
def test_every_room_and_some_rooms_are_not_mixed_for_one_person(
    planner, client_of, exam, room, hall_staff, held, asked
):
    contribute(exam, hall_staff[0], "invigilator", room if held else None)
    fields = {"people": "kari ola", "role": "invigilator"} | ({"location": [room.pk]} if asked else {})
    answer = client_of(planner).post(address(exam), fields)
    assert answer.status_code == 409
    assert "Kari Nord invigilates" in answer.content.decode()
    assert not Contributor.objects.filter(test=exam, user=hall_staff[1]).exists()


def test_planning_and_grading_is_asked_for_everybody_whom_it_concerns_before_anybody_is_added(
    planner, colleague, client_of, exam
):
    new = make_staff("new", "Nora Ny", is_grader=True)
    User.objects.filter(pk__in=[planner.pk, colleague.pk]).update(is_grader=True)
    client, fields = client_of(planner), {"people": "planner colleague new", "role": "grader"}
    answer = client.post(address(exam), fields)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert html.count("plans and grades this test") == 4  # of two people, each at the box and in the summary
    assert not Contributor.objects.filter(user=new).exists()
    [confirmed] = re.findall(r'name="confirmed" value="([^"]+)"', html)
    html = client.post(address(exam), fields | {"confirmed": confirmed}, follow=True).content.decode()
    assert "3 people are on the test now." in html


def test_one_of_several_rooms_is_taken_away_and_the_others_stay(planner, invigilator, client_of, exam, room):
    other = Location.objects.create(building="Nordbygg", room="2.02")
    Contributor.objects.filter(test=exam, user=invigilator).update(location=room)
    second = contribute(exam, invigilator, "invigilator", other)
    client, there = client_of(planner), address(exam, f"{second.public_id}/remove/")
    html = client.get(there).content.decode()
    assert html.count(" checked") == 2
    assert client.post(there).status_code == 422
    html = client.post(there, {"room": second.public_id}, follow=True).content.decode()
    assert "no longer has the role Invigilator in Nordbygg 2.02." in html
    assert Contributor.objects.get(test=exam, user=invigilator).location == room

"""Who works on a test: add somebody, take a role away."""

import pytest

from candidates.models import AuditEvent, Contributor
from tests.factories import make_staff


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

"""The pages of what is prepared: the list, one person by hand, a list from a file, and undoing it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.models import Candidate, Import, Location, PreparedPerson, Test, User
from tests.factories import activated, add
from tests.intake.test_prepared import joined, sso_user

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def at(name: str, test: Test, *more: str) -> str:
    return reverse(name, args=[test.public_id, *more])


def test_one_person_is_typed_changed_and_removed(client_of: ClientOf, exam: Test, planner: User) -> None:
    client = client_of(planner)
    assert "Nothing is prepared yet" in client.get(at("prepared", exam)).text
    sent = {"who": "campus", "sso_user_id": "kari@uni.example", "extra_time": "1:30", "name": "Aas, Kari"}
    wrong = client.post(at("prepared-add", exam), sent)
    assert (wrong.status_code, 'value="Aas, Kari"' in wrong.text) == (422, True)
    assert "Write whole minutes, like 30. It could be: 90" in wrong.text
    done = client.post(at("prepared-add", exam), {**sent, "extra_time": "90"}, follow=True)
    assert "Prepared for kari@uni.example" in done.text
    assert "Not joined yet" in done.text
    kari = PreparedPerson.objects.get()
    client.post(at("prepared-person", exam, kari.public_id), {"extra_time": "30", "candidate_id": "K1", "seat": ""})
    kari.refresh_from_db()
    assert (kari.extra_minutes, kari.candidate_id, kari.name) == (30, "K1", "")
    assert client.get(at("prepared-remove", exam, kari.public_id)).status_code == 200
    assert PreparedPerson.objects.exists()
    client.post(at("prepared-remove", exam, kari.public_id))
    assert not PreparedPerson.objects.exists()


def test_the_list_says_who_has_joined_and_what_was_somebody_elses(
    client_of: ClientOf, exam: Test, planner: User
) -> None:
    for person, candidate_id in (("kari@uni.example", "0001"), ("ola@uni.example", "O1")):
        PreparedPerson.objects.create(
            test=exam,
            authentication_type="campus",
            person=person,
            person_key=person,
            candidate_id=candidate_id,
            candidate_key=candidate_id.lower(),
        )
    add(exam, planner, "0001")
    candidate = joined(exam, sso_user("kari@uni.example"))
    page = client_of(planner).get(at("prepared", exam)).text
    assert "Joined as 0002" in page
    assert "Candidate ID 0001 was somebody else’s when kari@uni.example joined." in page
    assert "For 1 person who joined, not all that was prepared was free any more" in page
    waiting = client_of(planner).get(at("prepared", exam), {"show": "waiting"}).text
    assert "ola@uni.example" in waiting
    assert "kari@uni.example" not in waiting
    kari = PreparedPerson.objects.get(joined_as=candidate)
    answer = client_of(planner).get(at("prepared-person", exam, kari.public_id))
    assert answer.headers["Location"] == at("candidate", exam, candidate.public_id)


def test_a_pasted_list_is_checked_mended_stored_and_undone_and_adds_nobody(
    client_of: ClientOf, exam: Test, planner: User
) -> None:
    client = client_of(planner)
    pasted = "Bruker-ID\tTillegg (min)\tExtra time\tRom\nkari@uni.example\t\t30\tV101\nola@uni.example\t\thalf\t\n"
    sent = client.post(at("import-prepared", exam), {"who": "campus", "paste": pasted})
    preview = client.get(sent.headers["Location"])
    draft = Import.objects.get(kind="prepared")
    assert "Check the list before you prepare it" in preview.text
    assert "Prepare 2 people" in preview.text
    assert "half" in preview.text
    seen = preview.context["seen"]
    refused = client.post(at("confirm-import", exam, draft.public_id), {"seen": seen})
    assert (refused.status_code, PreparedPerson.objects.count()) == (422, 0)
    wrong = client.post(at("download-wrong-rows", exam, draft.public_id))
    assert "ola@uni.example" in wrong.content.decode("utf-8-sig")
    mended = {"cell-3-extra_time": "45", "was-3-extra_time": "half"}
    client.post(at("mend-import", exam, draft.public_id), mended)
    seen = client.get(at("import-preview", exam, draft.public_id)).context["seen"]
    done = client.post(at("confirm-import", exam, draft.public_id), {"seen": seen}, follow=True)
    assert done.redirect_chain[-1][0] == at("prepared", exam)
    assert "2 people are prepared." in done.text
    assert (PreparedPerson.objects.count(), Candidate.objects.count()) == (2, 0)
    again = client.get(at("import-preview", exam, draft.public_id))
    assert "What it says is prepared for" in again.text
    history = client.get(at("imports", exam)).text
    assert "Prepared people" in history
    assert "2 added" in history
    assert "What is prepared for 2 people goes." in client.get(at("undo-import", exam, draft.public_id)).text
    undone = client.post(at("undo-import-confirmed", exam, draft.public_id), follow=True)
    assert "The list is undone for 2 people." in undone.text
    assert not PreparedPerson.objects.exists()


def test_who_is_prepared_already_is_shown_by_user_id_with_what_changes(
    client_of: ClientOf, exam: Test, planner: User
) -> None:
    PreparedPerson.objects.create(test=exam, person="kari", person_key="kari", extra_minutes=30)
    client = client_of(planner)
    text = "Username,Extra time,Candidate ID\nkari,45,K1\n"
    sent = client.post(at("import-prepared", exam), {"who": "usernames", "paste": text})
    preview = client.get(sent.headers["Location"])
    assert "For 1 person something is prepared already" in preview.text
    assert "say what happens to the person who is prepared already" in preview.text
    client.post(at("mend-import", exam, Import.objects.get().public_id), {"existing": "update"})
    updated = client.get(sent.headers["Location"]).text
    assert "<ins>45</ins>" in updated
    assert "Update 1 person" in updated


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_file_to_fill_in_has_the_columns_of_the_list(
    client_of: ClientOf, exam: Test, planner: User, ending: str
) -> None:
    file = client_of(planner).get(at("prepared-template", exam, ending))
    assert f"prepared-people-template.{ending}" in file.headers["Content-Disposition"]
    if ending == "csv":
        heads = "User ID;Extra time (minutes);Candidate ID;Name;Private reference;Building;Room;Seat"
        assert heads.replace(";", ",") in file.content.decode("utf-8-sig").replace(";", ",").replace('"', "")


def test_nothing_is_prepared_for_a_test_that_is_over(client_of: ClientOf, exam: Test, planner: User) -> None:
    add(exam, planner, "0001")
    activated(exam, planner)
    Test.objects.update(opens_at="2020-01-01T09:00Z", ends_at="2020-01-01T10:00Z")
    client = client_of(planner)
    assert "The test has ended, so nobody joins it any more." in client.get(at("prepared", exam)).text
    sent = {"who": "permanent", "sso_user_id": "kari"}
    assert client.post(at("prepared-add", exam), sent).status_code == 409


def test_a_room_that_is_nearly_one_that_exists_is_asked_about(client_of: ClientOf, exam: Test, planner: User) -> None:
    Location.objects.create(building="Vesthall", room="V101")
    ingrid, page = client_of(planner), reverse("prepared-add", args=[exam.public_id])
    sent = {"who": "campus", "sso_user_id": "kari@uni.example", "building": "vesthall", "room": "V 101"}
    asked = ingrid.post(page, sent)
    assert (asked.status_code, PreparedPerson.objects.count()) == (422, 0)
    assert "There is “Vesthall / V101” already" in asked.content.decode()
    assert 'name="keep"' in asked.content.decode()
    ingrid.post(page, sent | {"building": "Vesthall", "room": "V101"})
    ingrid.post(page, sent | {"sso_user_id": "ola@uni.example", "keep": "on"})
    kari, ola = PreparedPerson.objects.order_by("person_key")
    assert (str(kari.location), str(ola.location)) == ("Vesthall V101", "vesthall V 101")
    # what is stored is not asked about again
    there = reverse("prepared-person", args=[exam.public_id, ola.public_id])
    assert ingrid.post(there, {"building": "vesthall", "room": "V 101", "extra_time": "15"}).status_code == 302
    assert ingrid.post(there, {"building": "VESTHALL", "room": "V101"}).status_code == 422

"""Permanent users are searched, ticked, looked at in the preview, and put on a test."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from candidates.models import Candidate, Import, PermanentUser, Test, User
from tests.factories import add, make_permanent, open_now

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def people() -> list[PermanentUser]:
    """Kari and Ola, and a second Kari of the same name."""
    return [
        make_permanent("Kari", "Nordmann", username="kari01", email="kari@uni.example", external_id="S1"),
        make_permanent("Ola", "Ødegård", username="ola"),
        make_permanent("Kari", "Nordmann", username="kari02"),
    ]


def address(test: Test, rest: str = "") -> str:
    return f"/deliver/tests/{test.public_id}/candidates/add/permanent/{rest}"


def ticks(*people: PermanentUser) -> dict[str, str]:
    return {"ids": ",".join(person.public_id for person in people)}


def confirm(client: Client, preview: str) -> None:
    """Confirm the preview as it is shown."""
    page = client.get(preview).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    answer = client.post(f"{preview}add/", {"seen": seen[1]})
    assert answer.status_code == 302, answer.content.decode()


def ids_on(test: Test) -> dict[str, str]:
    found = Candidate.objects.of_test(test).values_list("user__username", "candidate_id")
    return dict(found)


def test_ticked_people_come_on_the_test_by_way_of_the_preview(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    answer = client.post(address(exam, "selected/"), ticks(*people))
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Graders will see 3 names" in page
    assert "2 people have the same name as somebody else" in page
    assert "Username kari02. The same name: kari01." in page
    assert "How we read" not in page
    assert "Add 3 candidates" in page
    confirm(client, answer["Location"])
    assert ids_on(exam) == {"kari01": "Kari Nordmann", "kari02": "Kari Nordmann 2", "ola": "Ola Ødegård"}
    assert set(Candidate.objects.of_test(exam).values_list("kind", flat=True)) == {"permanent"}
    listed = client.get(f"/deliver/tests/{exam.public_id}/candidates/").content.decode()
    assert "kari02" in listed
    history = client.get(f"/deliver/tests/{exam.public_id}/candidates/imports/").content.decode()
    assert "Selected permanent users" in history
    assert "Permanent users" in history


def test_once_the_test_has_ended_nobody_is_selected_for_it(
    scheduled_exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    open_now(scheduled_exam, minutes_ago=500)
    answer = client_of(planner).post(address(scheduled_exam, "selected/"), ticks(*people))
    assert (answer.status_code, "so nobody can be added any more" in answer.content.decode()) == (422, True)
    assert not Import.objects.exists()


def test_generated_numbers_are_one_press_and_keep_the_names_for_planners(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    client.post(f"{preview}mend/", {"generate": "1"})
    page = client.get(preview).content.decode()
    assert "Graders will see" not in page
    confirm(client, preview)
    assert sorted(ids_on(exam).values()) == ["0001", "0002", "0003"]
    references = Candidate.objects.of_test(exam).values_list("user__username", "private_reference")
    assert dict(references)["kari02"] == "Kari Nordmann (kari02)"
    assert "Nordmann, Kari" in Candidate.objects.of_test(exam).values_list("name", flat=True)


def test_ids_and_extra_time_can_be_typed_in_the_preview(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people[:2]))["Location"]
    typed = {"cell-1-candidate_id": "K-17", "was-1-candidate_id": "Kari Nordmann", "cell-2-extra_time": "30"}
    seen = re.search(r'name="seen" value="(\w+)"', client.get(preview).content.decode())
    assert seen is not None
    answer = client.post(f"{preview}add/", {"seen": seen[1], **typed})
    assert answer.status_code == 422
    assert "Check it once more" in answer.content.decode()
    confirm(client, preview)
    found = Candidate.objects.of_test(exam).values_list("candidate_id", "extra_minutes", "private_reference")
    assert set(found) == {("K-17", 0, "Kari Nordmann (kari01)"), ("Ola Ødegård", 30, "")}


def test_what_a_row_is_of_nobody_can_mend(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(people[0]))["Location"]
    sent = {"cell-1-username": "root", "cell-1-account": str(planner.pk), "cell-1-name": "X"}
    client.post(f"{preview}mend/", sent)
    assert Import.objects.get().mends == {}


def test_those_on_the_test_are_marked_named_and_skipped(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    confirm(client, client.post(address(exam, "selected/"), ticks(people[0]))["Location"])
    page = client.get(address(exam)).content.decode()
    assert "On the test as Kari Nordmann" in page
    assert f'value="{people[0].public_id}"' not in page
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    page = client.get(preview).content.decode()
    assert "1 candidate is on the test already" in page
    assert "What happens to them?" not in page
    confirm(client, preview)
    assert ids_on(exam) == {"kari01": "Kari Nordmann", "kari02": "Kari Nordmann 2", "ola": "Ola Ødegård"}


def test_who_is_deactivated_meanwhile_is_found_at_confirm(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    seen = re.search(r'name="seen" value="(\w+)"', client.get(preview).content.decode())
    assert seen is not None
    User.objects.filter(pk=people[1].pk).update(is_active=False)
    answer = client.post(f"{preview}add/", {"seen": seen[1]})
    assert answer.status_code == 409
    assert "may not log in any more" in answer.content.decode()
    client.post(f"{preview}mend/", {"leave_out": "3"})
    confirm(client, preview)
    assert set(ids_on(exam)) == {"kari01", "kari02"}


def test_a_search_goes_by_name_user_name_e_mail_and_external_id(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    for words in ("odegard ola", "kari@uni.example", "S1", "KARI01"):
        page = client.get(address(exam), {"q": words}).content.decode()
        assert "1 person" in page, words
    assert "Nobody matches" in client.get(address(exam), {"q": "zzz"}).content.decode()


def test_all_that_match_are_looked_for_again_on_the_server(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    answer = client.post(address(exam, "all/"), {"shown_q": "kari", "seen": "2"})
    assert answer.status_code == 302
    make_permanent("Kari", "Hansen", username="kari03")
    answer = client.post(address(exam, "all/"), {"shown_q": "kari", "seen": "2"})
    assert answer.status_code == 422
    assert "The search now finds 3 people" in answer.content.decode()


def test_ticks_survive_other_pages_and_searches(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    page = client.post(address(exam), {"q": "ola", **ticks(people[0])}, follow=True).content.decode()
    assert "1 selected elsewhere" in page
    sent = {"q": "ola", "picked": people[0].public_id}
    kept = client.post(address(exam), {**sent, "c": people[1].public_id}, follow=True)
    assert " checked" in kept.content.decode()
    dropped = client.post(address(exam), {**sent, "drop": people[0].public_id}, follow=True)
    assert "selected elsewhere" not in dropped.content.decode()
    answer = client.post(
        address(exam, "selected/"), {"picked": people[0].public_id, "shown": people[1].public_id, "all_matching": "1"}
    )
    confirm(client, answer["Location"])
    assert set(ids_on(exam)) == {"kari01", "ola"}


def test_more_than_fit_are_refused_with_the_places_left_and_all_ticks(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    Test.objects.filter(pk=exam.pk).update(candidate_count=1499)
    answer = client_of(planner).post(address(exam, "selected/"), ticks(*people))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "this test has room for 1 more" in page
    assert page.count(" checked") == 3
    assert not Import.objects.exists()


def test_nobody_ticked_means_nobody(exam: Test, planner: User, client_of: ClientOf) -> None:
    make_permanent()
    answer = client_of(planner).post(address(exam, "selected/"))
    assert answer.status_code == 422
    assert "Nobody is selected" in answer.content.decode()


def test_deactivated_people_are_not_offered(exam: Test, planner: User, client_of: ClientOf) -> None:
    gone = make_permanent(username="gone")
    make_permanent("Ola", username="ola")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    client = client_of(planner)
    assert ">gone<" not in client.get(address(exam)).content.decode()
    preview = client.post(address(exam, "selected/"), ticks(gone))["Location"]  # ticked before
    assert "may not log in any more" in client.get(preview).content.decode()


def test_the_menu_offers_them_where_there_are_any(
    exam: Test, planner: User, client_of: ClientOf, administrator: User
) -> None:
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    assert "add/permanent/" not in client_of(planner).get(manage).content.decode()
    make_permanent()
    assert "add/permanent/" in client_of(planner).get(manage).content.decode()


def test_names_on_the_test_of_another_kind_give_the_next_number(
    exam: Test, planner: User, client_of: ClientOf, people: list[PermanentUser]
) -> None:
    add(exam, planner, "kari nordmann")
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(people[0]))["Location"]
    page = client.get(preview).content.decode()
    assert "on the test already" in page
    confirm(client, preview)
    assert ids_on(exam)["kari01"] == "Kari Nordmann 2"


def test_a_clash_that_came_meanwhile_has_a_proposal(
    exam: Test, planner: User, client_of: ClientOf, people: list[PermanentUser]
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(people[0]))["Location"]
    add(exam, planner, "Kari Nordmann")
    page = client.get(preview).content.decode()
    assert "Kari Nordmann is already on this test." in page
    client.post(f"{preview}mend/", {"use": "1-candidate_id"})
    confirm(client, preview)
    assert ids_on(exam)["kari01"] == "Kari Nordmann 2"


def test_a_name_that_is_too_long_is_a_problem_of_its_row(exam: Test, planner: User, client_of: ClientOf) -> None:
    long = make_permanent("A" * 60, "B" * 60)
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(long))["Location"]
    assert "A Candidate ID can have at most 100 characters" in client.get(preview).content.decode()


def test_an_activated_test_needs_no_new_account(
    scheduled_exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    accounts = User.objects.count()
    client = client_of(planner)
    preview = client.post(address(scheduled_exam, "selected/"), ticks(*people))["Location"]
    assert "They log in with the username and password that they have." in client.get(preview).content.decode()
    confirm(client, preview)
    assert User.objects.count() == accounts


def test_undoing_takes_the_people_off_and_leaves_their_accounts(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    confirm(client, preview)
    client.post(f"{preview}undo/confirmed/")
    assert ids_on(exam) == {}
    assert PermanentUser.objects.active().count() == 3


def test_a_draft_of_people_came_from_no_file(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    for act in ("read/", "wrong-rows/", "mended-rows/"):
        assert client.post(f"{preview}{act}").status_code == 404


def test_manage_filters_by_kind_shows_the_user_name_and_downloads_it(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    add(exam, planner, "0001")
    made = make_permanent("Dag", "Dahl")  # with a user name that the system made
    client = client_of(planner)
    confirm(client, client.post(address(exam, "selected/"), ticks(people[0], made))["Location"])
    manage = f"/deliver/tests/{exam.public_id}/candidates/"
    page = client.get(manage, {"kind": "permanent"}).content.decode()
    assert "2 of 3 candidates: Permanent" in page
    assert ">kari01<" in page
    assert f">{made.user.shown_username}<" in page
    for typed in (made.user.username, made.user.shown_username.upper(), "KARI01"):
        assert "1 of 3 candidates" in client.get(manage, {"q": typed}).content.decode(), typed
    text = client.post(f"{manage}download/csv/?kind=permanent").content.decode("utf-8-sig")
    assert 'Kari Nordmann,"Nordmann, Kari",Permanent,kari01' in text
    assert f'Dag Dahl,"Dahl, Dag",Permanent,{made.user.shown_username}' in text
    one = Candidate.objects.get(test=exam, user=people[0].pk)
    assert "kari01" in client.get(f"{manage}{one.public_id}/").content.decode()
    ask = client.post(f"{manage}remove/", {"ids": one.public_id}).content.decode()
    assert "Permanent users keep their username and password" in ask


def test_removing_somebody_leaves_the_account_and_the_person_can_be_selected_again(
    scheduled_exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    confirm(client, client.post(address(scheduled_exam, "selected/"), ticks(people[0]))["Location"])
    one = Candidate.objects.get(test=scheduled_exam, user=people[0].pk)
    before = people[0].user.password
    client.post(f"/deliver/tests/{scheduled_exam.public_id}/candidates/remove/confirmed/", {"ids": one.public_id})
    people[0].user.refresh_from_db()
    assert (people[0].user.is_active, people[0].user.password) == (True, before)
    confirm(client, client.post(address(scheduled_exam, "selected/"), ticks(people[0]))["Location"])
    assert Candidate.objects.filter(test=scheduled_exam, user=people[0].pk).count() == 1


@pytest.mark.parametrize("act", ["selected/", "all/"])
def test_acts_are_posts(act: str, exam: Test, planner: User, client_of: ClientOf) -> None:
    assert client_of(planner).get(address(exam, act)).status_code == 405


def test_what_nobody_sends_is_no_error(
    exam: Test, planner: User, people: list[PermanentUser], client_of: ClientOf
) -> None:
    client = client_of(planner)
    odd = {"page": "999999999", "q": "\0" * 3 + "x" * 500, "list": "", "picked": "a,b\0,<c>," + "9" * 400, "drop": "\0"}
    assert client.post(address(exam), odd, follow=True).status_code == 200
    assert client.get(address(exam), {"page": "-1", "q": "a " * 300}).status_code == 200
    assert client.get(address(exam), {"list": "nothing"}).status_code == 404
    assert client.post(address(exam, "all/"), {"shown_q": "kari", "seen": "x"}).status_code == 422
    assert not Import.objects.exists()


def test_a_preview_of_many_people_has_turns(exam: Test, planner: User, client_of: ClientOf) -> None:
    people = [make_permanent("Kari", f"Nordmann{number:03}", username=f"kari{number}") for number in range(120)]
    client = client_of(planner)
    preview = client.post(address(exam, "selected/"), ticks(*people))["Location"]
    page = client.get(preview).content.decode()
    assert page.count('name="cell-') == 200
    page = client.get(f"{preview}?start=100").content.decode()
    assert page.count('name="cell-') == 40
    answer = client.post(f"{preview}mend/?start=100", {"cell-120-extra_time": "15", "was-120-extra_time": ""})
    assert answer["Location"] == f"{preview}?start=100"
    confirm(client, preview)
    assert Candidate.objects.get(test=exam, user=people[119].pk).extra_minutes == 15

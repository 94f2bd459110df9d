"""One slip on two devices: both pages and Monitor say so, and a test may take what the newest one writes alone."""

from typing import Any

import pytest
from django.test import Client

from candidates.lifecycle.sitting import start
from candidates.models import Candidate, Session, Submission, Test, User
from tests.conftest import Clock
from tests.factories import activated, add_sso, give_logins, make_test, open_now
from tests.pages.conftest import ClientOf

JSON = {"Accept": "application/json"}


@pytest.fixture
def writing(candidate: Candidate) -> Candidate:
    """Candidate 0001, who has started."""
    start(candidate=candidate)
    return candidate


@pytest.fixture
def desk(writing: Candidate, client_of: ClientOf) -> Client:
    """The first device."""
    client = client_of(writing.user)
    Session.objects.filter(user=writing.user_id).update(device="Firefox on Windows", address="10.1.2.3")
    return client


@pytest.fixture
def phone(writing: Candidate, desk: Client, client_of: ClientOf, clock: Clock) -> Client:
    """The second device, logged in a minute later."""
    clock.move(minutes=1)
    return client_of(writing.user)


@pytest.fixture
def newest_writes(open_exam: Test) -> None:
    """The test takes what the newest device writes alone."""
    Test.objects.filter(pk=open_exam.pk).update(newest_device_writes=True)


def at(candidate: Candidate, path: str = "") -> str:
    return f"/test/{candidate.test.public_id}/{path}"


def save(client: Client, candidate: Candidate, answer: str, base: int, path: str = "answer/") -> dict[str, Any]:
    fields = {"answer": answer, "base": base, "candidate": candidate.public_id}
    return dict(client.post(at(candidate, path), fields, headers=JSON).json())


def seen(client: Client, candidate: Candidate) -> dict[str, Any]:
    return dict(client.post(at(candidate, "seen/"), headers=JSON).json())


def stored(candidate: Candidate) -> str:
    return Submission.objects.get(pk=candidate.pk).answer


def test_alone_nobody_is_told_of_another_device(writing: Candidate, desk: Client) -> None:
    assert (seen(desk, writing)["also_on"], seen(desk, writing)["elsewhere"]) == ("", "")
    assert "on another device as well" not in desk.get(at(writing)).content.decode()


def test_each_page_says_where_else_the_candidate_is_logged_in(writing: Candidate, desk: Client, phone: Client) -> None:
    told = seen(phone, writing)["also_on"]
    assert told.startswith("You are logged in on another device as well: Firefox on Windows since ")
    assert "If that is not you, tell the invigilator." in told
    assert "unknown device since" in seen(desk, writing)["also_on"]
    for client in (desk, phone):
        assert "You are logged in on another device as well" in client.get(at(writing)).content.decode()
    assert seen(desk, writing)["elsewhere"] == ""  # told, and not kept from writing: the setting is off
    assert save(desk, writing, "goes on", 0)["code"] == "saved"


def test_a_device_that_logged_out_or_broke_down_is_not_told_of_any_more(
    writing: Candidate, desk: Client, phone: Client, clock: Clock
) -> None:
    clock.move(minutes=6)
    assert seen(desk, writing)["also_on"] == ""
    seen(phone, writing)
    assert seen(desk, writing)["also_on"] != ""
    phone.post("/logout/")
    assert seen(desk, writing)["also_on"] == ""


@pytest.mark.usefixtures("newest_writes")
def test_only_the_newest_device_writes_and_the_other_is_told_what_to_do(
    writing: Candidate, desk: Client, phone: Client
) -> None:
    refused = save(desk, writing, "of the desk", 0)
    assert refused["code"] == "elsewhere"
    assert "Only that one writes now." in refused["sentence"]
    assert "press “Write here”" in refused["sentence"]
    assert seen(desk, writing)["elsewhere"] == refused["sentence"]
    assert seen(phone, writing)["elsewhere"] == ""
    assert save(phone, writing, "of the phone", 0)["code"] == "saved"
    assert save(desk, writing, "of the desk", 1)["code"] == "elsewhere"
    assert stored(writing) == "of the phone"


@pytest.mark.usefixtures("newest_writes")
def test_write_here_takes_over_to_and_fro_and_never_writes_over_what_it_has_not_seen(
    writing: Candidate, desk: Client, phone: Client, clock: Clock
) -> None:
    save(phone, writing, "of the phone", 0)
    clock.move(seconds=5)
    conflict = save(desk, writing, "of the desk", 0, "write-here/")
    assert (conflict["code"], conflict["answer"]) == ("conflict", "of the phone")
    assert save(desk, writing, "both", 1)["code"] == "saved"
    assert save(phone, writing, "of the phone again", 2)["code"] == "elsewhere"
    clock.move(seconds=5)
    assert save(phone, writing, "of the phone again", 2, "write-here/")["code"] == "saved"
    assert save(desk, writing, "x", 3)["code"] == "elsewhere"
    assert stored(writing) == "of the phone again"


@pytest.mark.usefixtures("newest_writes")
def test_without_script_the_text_stays_and_a_button_takes_over(writing: Candidate, desk: Client, phone: Client) -> None:
    fields = {"answer": "typed by hand", "base": 0, "candidate": writing.public_id}
    for path in ("answer/", "submit/"):
        page = desk.post(at(writing, path), fields)
        assert page.status_code == 409
        html = page.content.decode()
        assert "typed by hand" in html
        assert f'formaction="{at(writing, "write-here/")}">Write here</button>' in html
        assert "data-elsewhere>" in html
    assert desk.post(at(writing, "write-here/"), fields)["Location"] == at(writing)
    assert stored(writing) == "typed by hand"
    assert save(phone, writing, "x", 1)["code"] == "elsewhere"


@pytest.mark.usefixtures("newest_writes")
def test_an_older_device_does_not_hand_in_either(writing: Candidate, desk: Client, phone: Client) -> None:
    answer = desk.post(at(writing, "submit/"), {"base": 0, "candidate": writing.public_id})
    assert answer.status_code == 409
    assert "Only that one writes now." in answer.content.decode()
    assert Candidate.objects.get(pk=writing.pk).submitted_at is None
    assert phone.post(at(writing, "submit/"), {"base": 0, "candidate": writing.public_id}).status_code == 302
    assert Candidate.objects.get(pk=writing.pk).submitted_at is not None


@pytest.mark.usefixtures("newest_writes")
def test_where_the_newest_device_is_gone_the_older_one_writes_again(
    writing: Candidate, desk: Client, phone: Client, clock: Clock
) -> None:
    assert save(desk, writing, "x", 0)["code"] == "elsewhere"
    clock.move(minutes=6)
    assert save(desk, writing, "x", 0)["code"] == "saved"


@pytest.mark.usefixtures("newest_writes")
def test_taking_over_changes_nothing_that_was_handed_in(writing: Candidate, desk: Client, phone: Client) -> None:
    phone.post(at(writing, "submit/"), {"base": 0, "candidate": writing.public_id})
    before = Submission.objects.values().get(pk=writing.pk)
    assert save(desk, writing, "late", 1, "write-here/")["code"] == "ended"
    assert Submission.objects.values().get(pk=writing.pk) == before


def test_monitor_says_on_how_many_devices_and_from_where(
    writing: Candidate, desk: Client, ingrid: Client, client_of: ClientOf, invigilator: User, phone: Client
) -> None:
    for client in (ingrid, client_of(invigilator)):
        table = client.get(f"/monitor/tests/{writing.test.public_id}/").content.decode()
        assert table.count("Online on 2 devices") == 1
        page = client.get(f"/monitor/tests/{writing.test.public_id}/candidates/{writing.public_id}/").content.decode()
        for words in ("Online on 2 devices", "Logged in on 2 devices", "Firefox on Windows", "from 10.1.2.3"):
            assert words in page
    phone.post("/logout/")
    table = ingrid.get(f"/monitor/tests/{writing.test.public_id}/").content.decode()
    assert "0001" in table
    assert "on 2 devices" not in table


def test_a_one_time_login_beside_the_own_one_is_a_second_device(
    planner: User, ingrid: Client, client_of: ClientOf
) -> None:
    test = make_test(planner=planner)
    (one,) = add_sso(test, planner, "5001")
    open_now(activated(test, planner))
    give_logins(test, planner, one)
    own, slip = client_of(one.user), client_of(one.one_time_login)
    start(candidate=Candidate.objects.select_related("test").get(pk=one.pk))
    for client in (own, slip):
        assert "on another device as well" in client.get(at(one)).content.decode()
    assert "Online on 2 devices" in ingrid.get(f"/monitor/tests/{test.public_id}/").content.decode()


def test_the_setting_is_on_the_edit_page_and_off_at_first(ingrid: Client) -> None:
    form = ingrid.get("/deliver/tests/new/").context["form"]
    assert str(form["newest_device_writes"].label) == "Only the newest device may write"
    assert not form["newest_device_writes"].value()

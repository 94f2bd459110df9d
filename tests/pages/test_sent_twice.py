"""A form counts once, however often it is sent; what comes second leads to what the first one made."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.once import ALIKE, KEPT, forget_old
from candidates.models import (
    AuditEvent,
    Candidate,
    Contributor,
    Import,
    PermanentUserList,
    SentForm,
    Test,
    User,
    UserFileFormat,
)
from tests.conftest import Clock
from tests.factories import make_permanent, make_staff

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?[^>]*>')
WORDS = "This form was sent twice and counts once."
NEW_TEST = {
    "name": "Sent four times",
    "opens_at_date": "2099-12-07",
    "opens_at_time": "09:00",
    "ends_at_date": "2099-12-07",
    "ends_at_time": "13:00",
}


def hidden(client: Client, address: str) -> dict[str, str]:
    """Return the hidden fields of the page at an address, as a browser would send them."""
    content = client.get(address).content.decode()
    return {name: unescape(value) for name, value in HIDDEN.findall(content) if name != "csrfmiddlewaretoken"}


def four_times(client: Client, page: str, typed: dict[str, Any], *, to: str = "") -> list[str]:
    """Open a page once, send its form four times, and return where each led."""
    kept = hidden(client, page)
    assert kept["once"]
    found = []
    for _time in range(4):
        sent = {
            name: SimpleUploadedFile(value.name, value.file.getvalue()) if hasattr(value, "file") else value
            for name, value in typed.items()
        }
        response = client.post(to or page, {**kept, **sent})
        assert response.status_code == 302, response.content.decode()[:3000]
        found.append(response["Location"])
    assert len(set(found)) == 1, "the second leads elsewhere"
    assert WORDS in client.get(found[0], follow=True).content.decode()
    return found


def test_a_new_test_is_made_once(planner: User, client_of: ClientOf) -> None:
    (leads_to, *_more) = four_times(client_of(planner), reverse("new-test"), NEW_TEST)
    made = Test.objects.get(name="Sent four times")
    assert leads_to == reverse("deliver-test", args=[made.public_id])
    assert AuditEvent.objects.filter(action="test_created").count() == 1


def test_a_page_that_was_loaded_anew_and_filled_in_again_makes_no_second_test(
    planner: User, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(planner)
    for _time in range(3):  # Back loads the page anew: no page is kept by a browser
        client.post(reverse("new-test"), {**hidden(client, reverse("new-test")), **NEW_TEST})
    assert Test.objects.filter(name="Sent four times").count() == 1
    clock.move(seconds=ALIKE.total_seconds() + 1)
    client.post(reverse("new-test"), {**hidden(client, reverse("new-test")), **NEW_TEST})
    assert Test.objects.filter(name="Sent four times").count() == 2


def test_who_changes_something_and_sends_again_means_something_else(planner: User, client_of: ClientOf) -> None:
    client = client_of(planner)
    kept = hidden(client, reverse("new-test"))
    for name in ("Group A", "Group B"):
        client.post(reverse("new-test"), {**kept, **NEW_TEST, "name": name})
    assert set(Test.objects.values_list("name", flat=True)) == {"Group A", "Group B"}


def test_what_was_refused_can_be_sent_again_with_the_same_key(planner: User, client_of: ClientOf) -> None:
    client = client_of(planner)
    kept = hidden(client, reverse("new-test"))
    refused = client.post(reverse("new-test"), {**kept, **NEW_TEST, "name": ""})
    assert refused.status_code == 422
    assert f'name="once" value="{kept["once"]}"' in refused.content.decode()
    assert client.post(reverse("new-test"), {**kept, **NEW_TEST}).status_code == 302
    assert Test.objects.count() == 1


def test_the_form_of_somebody_else_is_another_one(planner: User, colleague: User, client_of: ClientOf) -> None:
    kept = hidden(client_of(planner), reverse("new-test"))
    for who in (planner, colleague):
        client_of(who).post(reverse("new-test"), {**kept, **NEW_TEST})
    assert Test.objects.filter(name="Sent four times").count() == 2


def test_candidates_without_an_id_are_added_once(exam: Test, planner: User, client_of: ClientOf) -> None:
    page = reverse("add-one-time", args=[exam.public_id])
    four_times(client_of(planner), page, {"id": ["", ""], "extra": ["", "30"]})
    assert Candidate.objects.of_test(exam).count() == 2


def test_generated_candidates_are_added_once(exam: Test, planner: User, client_of: ClientOf) -> None:
    page = reverse("add-generated", args=[exam.public_id]) + "?n=2"
    to = reverse("add-generated", args=[exam.public_id])
    four_times(client_of(planner), page, {"id": ["0001", "0002"], "extra": ["", ""]}, to=to)
    assert Candidate.objects.of_test(exam).count() == 2


def test_the_same_rows_can_be_added_again_from_a_new_page(exam: Test, planner: User, client_of: ClientOf) -> None:
    client, page = client_of(planner), reverse("add-one-time", args=[exam.public_id])
    for _time in range(2):
        client.post(page, {**hidden(client, page), "id": [""], "extra": [""]})
    assert Candidate.objects.of_test(exam).count() == 2


def test_a_contributor_is_added_once(exam: Test, planner: User, client_of: ClientOf) -> None:
    who = make_staff("second-grader", is_grader=True)
    page = reverse("new-contributor", args=[exam.public_id])
    four_times(client_of(planner), page, {"person": who.pk, "role": "grader"})
    assert Contributor.objects.filter(test=exam, user=who).count() == 1


@pytest.mark.parametrize(
    "typed", [{"paste": "0001\n0002\n"}, {"file": SimpleUploadedFile("list.csv", b"0001,30\n0002,\n")}]
)
def test_a_list_waits_once(exam: Test, planner: User, client_of: ClientOf, typed: dict[str, Any]) -> None:
    four_times(client_of(planner), reverse("add-from-file", args=[exam.public_id]), typed)
    assert Import.objects.count() == 1


def test_a_file_that_was_changed_meanwhile_is_another_one(exam: Test, planner: User, client_of: ClientOf) -> None:
    client, page = client_of(planner), reverse("add-from-file", args=[exam.public_id])
    kept = hidden(client, page)
    for content in (b"0001,30\n", b"0001,45\n"):
        client.post(page, {**kept, "file": SimpleUploadedFile("list.csv", content)})
    assert Import.objects.count() == 2


def test_people_who_are_ticked_wait_once(exam: Test, planner: User, client_of: ClientOf) -> None:
    kari = make_permanent()
    page = reverse("add-permanent", args=[exam.public_id])
    to = reverse("add-permanent-selected", args=[exam.public_id])
    four_times(client_of(planner), page, {"c": [kari.public_id]}, to=to)
    assert Import.objects.count() == 1


def test_a_list_of_permanent_users_is_made_once(planner: User, client_of: ClientOf) -> None:
    four_times(client_of(planner), reverse("user-list-new"), {"name": "BIO2150"})
    assert PermanentUserList.objects.count() == 1


def test_a_list_waits_for_a_test_once(exam: Test, planner: User, client_of: ClientOf) -> None:
    one = PermanentUserList.objects.create(name="BIO2150", owner=planner)
    one.memberships.create(person=make_permanent())
    four_times(client_of(planner), reverse("user-list-to-test", args=[one.public_id]), {"test": exam.public_id})
    assert Import.objects.count() == 1


def test_a_file_of_permanent_users_waits_once(administrator: User, client_of: ClientOf) -> None:
    typed = {"paste": "First name,Last name\nKari,Nordmann\n"}
    four_times(client_of(administrator), reverse("user-import"), typed)
    assert Import.objects.count() == 1


def test_a_format_is_made_once(administrator: User, client_of: ClientOf) -> None:
    typed = {"name": "Registry", "has_header": "on", "holds-1": "first_name", "holds-2": "last_name"}
    four_times(client_of(administrator), reverse("user-format-new"), typed)
    assert UserFileFormat.objects.count() == 1


def test_keys_are_forgotten_when_nobody_sends_them_any_more(planner: User, client_of: ClientOf, clock: Clock) -> None:
    client = client_of(planner)
    client.post(reverse("new-test"), {**hidden(client, reverse("new-test")), **NEW_TEST})
    assert forget_old() == 0
    clock.move(seconds=KEPT.total_seconds() + 1)
    assert forget_old() == 2  # by the key, and by what it held
    assert not SentForm.objects.exists()

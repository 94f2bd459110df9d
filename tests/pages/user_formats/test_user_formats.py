"""Formats of files of permanent users: made, arranged, changed, deleted, used by default."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from candidates.errors import Refused
from candidates.intake.accounts.formats import delete_format, make_default, save_format
from candidates.models import AuditEvent, User, UserFileFormat
from tests.intake.accounts.files import form

pytestmark = pytest.mark.django_db
HOME = "/permanent-users/formats/"


def columns(*rows: tuple[str, str], **more: str) -> dict[str, str]:
    """Return what the table of columns sends."""
    sent: dict[str, str] = {}
    for number, (holds, heading) in enumerate(rows, start=1):
        sent |= {f"holds-{number}": holds, f"heading-{number}": heading}
    return sent | more


@pytest.fixture
def browser(client_of, administrator) -> Client:
    client: Client = client_of(administrator)
    return client


def test_a_new_format_is_stored_audited_and_expected_by_the_import(browser: Client, administrator: User) -> None:
    sent = columns(("last_name", "Etternavn"), ("first_name", ""), ("ignored", "Klasse"), ("", ""))
    answer = browser.post(f"{HOME}new/", sent | {"name": "Registry", "has_header": "on", "required-1": "1"})
    assert answer["Location"] == HOME
    kept = UserFileFormat.objects.get()
    assert [(one.position, one.holds, one.heading, one.required) for one in kept.columns.all()] == [
        (1, "last_name", "Etternavn", True),
        (2, "first_name", "", False),
        (3, "ignored", "Klasse", False),
    ]
    assert AuditEvent.objects.filter(action="user_format_changed", actor=administrator).count() == 1
    browser.post(f"{HOME}{kept.public_id}/default/")
    page = browser.get("/permanent-users/import/").content.decode()
    assert "What the file should hold: Registry" in page
    assert "Etternavn" in page
    text = "Klasse;Fornavn;Etternavn\n3B;Kari;Nordmann\n"
    assert browser.post("/permanent-users/import/", {"paste": text, "format": kept.public_id}).status_code == 302


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (columns(("username", "")), "nobody can do without"),
        (columns(("first_name", ""), ("first_name", "")), "holds this already"),
        (columns(("first_name", "Navn"), ("last_name", "NAVN")), "has this heading"),
        (columns(("first_name", ""), ("ignored", ""), **{"required-2": "1"}), "cannot be required"),
        (columns(("first_name", ""), ("", "Klasse")), "Choose what the column holds"),
        (columns(("first_name", "=x")), "with letters or digits"),
        (columns(("first_name", ""), ("role", "")), "Choose from the list"),
        (columns(("first_name", "x" * 101)), "at most 100 characters"),
        (columns(("first_name", "Problem")), "the heading that we write"),
    ],
)
def test_a_format_that_cannot_be_is_refused_and_nothing_typed_is_lost(browser: Client, sent, words: str) -> None:
    answer = browser.post(f"{HOME}new/", sent | {"name": "Typed name"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Typed name" in page
    assert not UserFileFormat.objects.exists()


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ({"up": "2"}, ["b", "a", "c"]),
        ({"down": "1"}, ["b", "a", "c"]),
        ({"up": "1"}, ["a", "b", "c"]),
        ({"drop": "2"}, ["a", "c"]),
        ({"more": "1"}, ["a", "b", "c", ""]),
        ({"up": "99"}, ["a", "b", "c"]),
    ],
)
def test_columns_are_moved_added_and_taken_out_without_a_script(browser: Client, button, order: list[str]) -> None:
    sent = columns(("first_name", "a"), ("last_name", "b"), ("username", "c"), **button)
    answer = browser.post(f"{HOME}new/columns/", sent | {"name": "Kept"})
    assert [row.heading for row in answer.context["form"].rows] == order
    assert "Kept" in answer.content.decode()
    assert not UserFileFormat.objects.exists()


def test_a_format_is_changed_and_deleted(browser: Client, administrator: User) -> None:
    kept = save_format(form("first_name", "last_name"), by=administrator)
    address = f"{HOME}{kept.public_id}/"
    assert browser.get(address).status_code == 200
    browser.post(address, columns(("last_name", ""), ("username", "")) | {"name": "Other"})
    kept.refresh_from_db()
    assert (kept.name, [one.holds for one in kept.columns.all()]) == ("Other", ["last_name", "username"])
    assert browser.get(f"{address}delete/").status_code == 200
    assert UserFileFormat.objects.exists()
    browser.post(f"{address}delete/")
    assert not UserFileFormat.objects.exists()
    assert browser.get(address).status_code == 404


def test_a_name_that_is_taken_is_answered_with_a_sentence(browser: Client, administrator: User) -> None:
    save_format(form("first_name"), by=administrator)
    answer = browser.post(f"{HOME}new/", columns(("first_name", "")) | {"name": "Registry"})
    assert (answer.status_code, "a format of this name already" in answer.content.decode()) == (422, True)


def test_a_name_that_reads_as_another_one_is_refused(browser: Client) -> None:
    answer = browser.post(f"{HOME}new/", columns(("first_name", "")) | {"name": "\u202eyrtsigeR"})
    assert (answer.status_code, "that nobody can see" in answer.content.decode()) == (422, True)
    assert not UserFileFormat.objects.exists()


def test_one_format_at_most_is_the_default(browser: Client, administrator: User) -> None:
    first, second = (save_format(form("first_name"), by=administrator), None)
    second = UserFileFormat.objects.create(name="Second", is_default=True)
    browser.post(f"{HOME}{first.public_id}/default/")
    assert set(UserFileFormat.objects.filter(is_default=True)) == {first}
    assert second.pk


def test_what_somebody_else_has_deleted_meanwhile_is_said(administrator: User) -> None:
    kept = save_format(form("first_name"), by=administrator)
    delete_format(kept, by=administrator)
    kept.pk = 999_999
    with pytest.raises(Refused, match="deleted"):
        save_format(form("first_name"), by=administrator, stored=kept)
    with pytest.raises(Refused, match="deleted"):
        make_default(kept, by=administrator)
    delete_format(kept, by=administrator)
    assert [one.detail["what"] for one in AuditEvent.objects.order_by("pk")] == ["made", "deleted"]


def test_of_two_defaults_chosen_at_the_same_moment_the_second_is_told(administrator: User) -> None:
    first, second = (save_format(replace(form("first_name"), name=name), by=administrator) for name in ("A", "B"))

    def other_chooses(execute: Any, sql: str, *more: Any) -> Any:
        done = execute(sql, *more)
        if sql.startswith("UPDATE") and not UserFileFormat.objects.filter(is_default=True).exists():
            UserFileFormat.objects.filter(pk=second.pk).update(is_default=True)
        return done

    with connection.execute_wrapper(other_chooses), pytest.raises(Refused, match="has just chosen another default"):
        make_default(first, by=administrator)

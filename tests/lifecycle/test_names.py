"""Names of permanent users on tests: they come from the account, and follow it until a test begins."""

import importlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection

from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.permanent_users import details_of, rename
from candidates.models import AuditEvent, Candidate, Import, PermanentUser, User
from candidates.pages.tests.history_book import Book
from candidates.pages.tests.history_words import sentence
from tests.factories import make_permanent, make_test
from tests.intake.accounts.files import form, run_through, waiting_users
from tests.support.permanent import put_on

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
version = importlib.import_module("candidates.migrations.0045_names_of_permanent_users")


@pytest.fixture
def kari(db: None) -> PermanentUser:
    """A permanent user."""
    return make_permanent(username="kari")


def names(person: PermanentUser) -> list[str]:
    return list(Candidate.objects.filter(user=person.pk).order_by("pk").values_list("name", flat=True))


def call(person: PermanentUser, by: User, **changes: str) -> None:
    person.refresh_from_db()
    old = details_of(person)
    rename(person=person, old=old, new=replace(old, **changes), by=by)


def test_the_door_takes_the_name_that_the_account_has_by_then(kari: PermanentUser, planner: User) -> None:
    test = make_test(planner=planner)
    row = CandidateRow(number=1, candidate_id="0001", extra_minutes=0, account=kari.pk, name="Of a list of yesterday")
    add_candidates(test=test, rows=[row], by=planner, source="test")
    assert names(kari) == ["Nordmann, Kari"]


def test_a_new_name_shows_on_tests_that_have_not_begun(kari: PermanentUser, planner: User, administrator: User) -> None:
    coming, running, own = (
        make_test(planner=planner),
        make_test(planner=planner, opens_in=-HOUR),
        make_test(planner=planner),
    )
    for test in (coming, running):
        put_on(kari, test, "0001", name="Nordmann, Kari")
    put_on(kari, own, "0001", name="Kari, called Kaja")
    call(kari, administrator, last_name="Aas")
    call(kari, administrator, email="kari@uni.example")
    assert names(kari) == ["Aas, Kari", "Nordmann, Kari", "Kari, called Kaja"]
    act = AuditEvent.objects.get(action=AuditEvent.Action.CANDIDATE_CHANGED)
    assert (act.test, act.detail["changes"], "Aas" in str(act.detail)) == (coming, {"name": True}, False)
    book = Book({act.detail["candidates"][0]: "0001"}, {})
    assert sentence(act, book) == "Changed candidate 0001: name (done from the page of the permanent user)"


def test_an_import_of_people_brings_new_names_to_tests_as_well(administrator: User, planner: User) -> None:
    people = [make_permanent(username=name) for name in ("kari", "per")]
    test = make_test(planner=planner)
    for number, person in enumerate(people):
        put_on(person, test, f"000{number}", name=person.listed_name)
    waiting = waiting_users(
        administrator, "Kari,Aas,kari\nKari,Nordmann,per\n", form=form("first_name", "last_name", "username")
    )
    Import.objects.filter(pk=waiting.pk).update(existing="update")
    run_through(waiting)
    assert [names(person) for person in people] == [["Aas, Kari"], ["Nordmann, Kari"]]


def test_an_upgrade_names_who_has_no_name_yet_on_tests_that_have_not_begun(kari: PermanentUser, planner: User) -> None:
    for test in (make_test(planner=planner), make_test(planner=planner, opens_in=-HOUR)):
        put_on(kari, test, "0001")
    version.bring_names(apps, connection.schema_editor())
    assert names(kari) == ["Nordmann, Kari", ""]

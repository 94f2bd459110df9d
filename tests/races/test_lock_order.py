"""Where two or three lock the same rows: in one order, so that PostgreSQL has to end none of them (C56).

That everything else keeps this order is looked at in every test (tests/support/lock_order.py).
"""

import time
from datetime import timedelta
from threading import Event

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from candidates.credentials.purging import purge_due
from candidates.errors import Refused
from candidates.intake import door
from candidates.intake.accounts import formats, running, storing
from candidates.intake.accounts.formats import Column, Format, delete_format, save_format
from candidates.intake.accounts.reporting import seen_of
from candidates.intake.selecting import keep_list
from candidates.lifecycle import user_lists
from candidates.lifecycle.user_lists import add_members, delete_list, make_list
from candidates.models import (
    Candidate,
    Import,
    ListMember,
    PermanentUser,
    PermanentUserList,
    SealedPassword,
    Test,
    User,
    UserFileFormat,
)
from tests.factories import activated, make_permanent, make_staff, open_now
from tests.intake.accounts.files import waiting_users
from tests.intake.lists import confirmed
from tests.races.meeting import Beside, Pause
from tests.support import lock_order
from tests.support.permanent import put_on

meets = pytest.mark.django_db(transaction=True)
MOMENT = 0.5  # seconds in which somebody comes as far as possible; on SQLite nobody comes in between at all
GOOD = "a long winter evening"


@pytest.fixture
def keeper(db: None) -> User:
    """Somebody who plans and administers."""
    return make_staff("keeper", is_planner=True, is_administrator=True)


@pytest.fixture
def people(db: None) -> list[PermanentUser]:
    """Anne and Berit, whose passwords were made here."""
    return [make_permanent(name, "Nordmann", username=name.lower()) for name in ("Anne", "Berit")]


@pytest.fixture
def one(keeper: User, people: list[PermanentUser]) -> PermanentUserList:
    """A list with Anne on it."""
    made = make_list(name="BIO2150", by=keeper)
    add_members(one=made, keys=[people[0].pk], by=keeper)
    return made


def started(waiting: Import) -> str:
    waiting.refresh_from_db()
    running.start_import(waiting, seen=seen_of(waiting))
    return waiting.public_id


@meets
def test_who_adds_members_and_an_import_that_fills_the_same_list(
    keeper: User, one: PermanentUserList, people: list[PermanentUser], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = waiting_users(keeper, "Anne,Nordmann,anne,\nBerit,Nordmann,berit,\n", add_to=one)
    Import.objects.update(existing="skip")
    public_id = started(waiting)
    met = Pause(monkeypatch, storing, "_means_known", before=True).meets(
        lambda: running.work_on(public_id),
        lambda: add_members(one=one, keys=[person.pk for person in people], by=keeper),
    )
    assert met == [None, None]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.problems) == ("done", [])
    assert ListMember.objects.filter(list=one).count() == 2


@pytest.mark.slow
@meets
def test_a_list_is_deleted_while_one_adds_it_to_a_test_and_another_its_members(
    exam: Test, keeper: User, one: PermanentUserList, people: list[PermanentUser], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = keep_list(test=exam, by=keeper, wanted=one)
    pauses = [
        Pause(monkeypatch, door, "_refuse_who_may_not_log_in", before=True),  # holds the draft, and waits for Anne
        Pause(monkeypatch, user_lists, "_edited", before=True),  # holds Anne, and waits for the list
        Pause(monkeypatch, user_lists, "_owned"),  # held the list, and waited for the draft
    ]
    acts = [
        lambda: confirmed(draft, keeper),
        lambda: add_members(one=one, keys=[people[0].pk], by=keeper),
        lambda: delete_list(one=one, by=keeper),
    ]
    there = [Beside(acts[0])]
    assert pauses[0].reached.wait(10)
    there.append(Beside(acts[1]))
    assert pauses[1].reached.wait(MOMENT if connection.vendor == "sqlite" else 10) or connection.vendor == "sqlite"
    there.append(Beside(acts[2]))
    pauses[2].reached.wait(MOMENT)
    for pause in pauses:
        pause.go.set()
    added, members, deleted = (each.ended() for each in there)
    assert (added, deleted) == (None, None)
    # on SQLite both of the others waited at the start, and the list may be gone first
    assert members is None or (connection.vendor == "sqlite" and isinstance(members, Refused))
    assert Candidate.objects.of_test(exam).count() == 1
    assert not PermanentUserList.objects.exists()


@pytest.mark.slow
@meets
def test_a_purge_and_an_import_that_changes_the_same_peoples_passwords(
    exam: Test, planner: User, keeper: User, people: list[PermanentUser], monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in people:
        put_on(person, exam)
    open_now(activated(exam, planner), minutes_ago=60 * 24 * 30)
    SealedPassword.objects.update(made_at=timezone.now() - timedelta(days=40))
    rows = "".join(f"{one.first_name},Nordmann,{one.user.username},{GOOD}\n" for one in reversed(people))
    waiting = waiting_users(keeper, rows)
    Import.objects.update(existing="skip", change_passwords=True)
    public_id = started(waiting)
    met = Pause(monkeypatch, storing, "_give_password").meets(lambda: running.work_on(public_id), purge_due)
    assert met == [None, None]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.updated) == ("done", 2)
    assert not SealedPassword.objects.exists()


@meets
def test_a_format_is_deleted_while_somebody_else_changes_it(keeper: User, monkeypatch: pytest.MonkeyPatch) -> None:
    form = Format("Registry", (Column("first_name"), Column("last_name")))
    stored = save_format(form, by=keeper)
    met = Pause(monkeypatch, UserFileFormat, "save").meets(
        lambda: formats.save_format(form, by=keeper, stored=stored), lambda: delete_format(stored, by=keeper)
    )
    assert met == [None, None]
    assert not UserFileFormat.objects.exists()


@pytest.mark.slow
@meets
def test_two_files_that_name_the_same_new_people_in_different_order(keeper: User) -> None:
    rows = [f"Kari,Nordmann,{name},\n" for name in ("anne", "mari", "tove")]
    public_ids = [started(waiting_users(keeper, "".join(order))) for order in (rows, rows[::-1])]
    there, goes = Event(), Event()

    def holds_the_one_in_the_middle() -> None:
        with transaction.atomic():
            make_staff("mari")
            there.set()
            goes.wait(10)
            transaction.set_rollback(True)

    holder = Beside(holds_the_one_in_the_middle)
    assert there.wait(10)
    workers = [Beside(lambda public_id=public_id: running.work_on(public_id)) for public_id in public_ids]  # type: ignore[misc]
    time.sleep(MOMENT)
    goes.set()
    assert [each.ended() for each in (holder, *workers)] == [None, None, None]
    assert sorted(person.user.username for person in PermanentUser.objects.all()) == ["anne", "mari", "tove"]
    assert {one.status for one in Import.objects.all()} == {"done"}


# The look itself -----------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the statements of the test itself looked at, as those of the product are."""
    monkeypatch.setattr(lock_order, "_places", lambda: ["candidates/lifecycle/removal.py:take_off"])


def refused(*statements: object) -> list[str]:
    """Run the statements in one transaction under the look, and return what was out of order."""
    looked = lock_order.Watch(connection)
    with transaction.atomic(), connection.execute_wrapper(looked):
        for statement in statements:
            try:
                statement()  # type: ignore[operator]
            except lock_order.OutOfOrder:
                break
    found = [sentence.partition(", in candidates")[0] for sentence in lock_order.found]
    lock_order.found.clear()
    return found[:1]


def test_a_statement_out_of_order_is_found(exam: Test, candidates: list[Candidate], watched: None) -> None:
    of_one = Candidate.objects.filter(pk=candidates[0].pk)
    of_all = Candidate.objects.of_test(exam)
    the_test = Test.objects.filter(pk=exam.pk)
    assert refused(lambda: the_test.update(name="A"), lambda: of_one.update(extra_minutes=1)) == []
    assert refused(lambda: of_one.update(extra_minutes=1), lambda: the_test.update(name="A")) == [
        "Test is locked after Candidate"
    ]
    assert refused(lambda: of_all.update(extra_minutes=1)) == ["Rows of Candidate are locked in no order"]
    assert refused(lambda: the_test.update(name="A"), lambda: of_all.update(extra_minutes=1)) == []
    assert refused(lambda: the_test.update(name="A"), lambda: the_test.update(name="B")) == []


@pytest.mark.parametrize(
    ("sql", "locks"),
    [
        ('UPDATE "candidates_test" SET "name" = %s WHERE 1 = 1', [("Test", True, False)]),
        ("UPDATE candidates_candidate SET user_id = %s WHERE id = %s", [("Candidate", True, False)]),
        ('DELETE FROM "candidates_listmember" WHERE 1 = 1', [("ListMember", True, False)]),
        ('SELECT "a" FROM "candidates_user" WHERE 1 = 1 ORDER BY 1 ASC FOR NO KEY UPDATE', [("User", True, True)]),
        (
            'SELECT 1 FROM "candidates_candidate" INNER JOIN "candidates_user" ON (1 = 1) FOR UPDATE',
            [("Candidate", True, False), ("User", True, False)],
        ),
        (
            'SELECT 1 FROM "candidates_candidate" INNER JOIN "candidates_user" ON (1 = 1) '
            'FOR UPDATE OF "candidates_candidate"',
            [("Candidate", True, False)],
        ),
        (
            'SELECT 1 FROM "candidates_import" ORDER BY 1 ASC FOR UPDATE SKIP LOCKED',
            [("Import", False, True)],
        ),
        (
            'SELECT 1 FROM "candidates_user" WHERE "id" IN (SELECT "user_id" FROM "candidates_ssoidentity") FOR UPDATE',
            [("User", True, False)],
        ),
        ("SELECT is_active FROM candidates_user WHERE id = %s FOR KEY SHARE", []),
        ('INSERT INTO "candidates_test" ("name") VALUES (%s)', []),
        ('DELETE FROM "django_session" WHERE 1 = 1', []),
    ],
)
def test_what_a_statement_locks(sql: str, locks: list[tuple[str, bool, bool]]) -> None:
    assert lock_order._locks(sql) == locks


def test_every_model_has_its_place_in_the_order() -> None:
    models = [model.__name__ for model in apps.get_app_config("candidates").get_models()]
    assert sorted(lock_order.ORDER) == sorted(models)


@pytest.mark.parametrize("place", lock_order.EXCEPTIONS)
def test_what_is_excepted_is_there(place: str) -> None:
    path, _, name = place.partition(":")
    assert f"def {name}(" in (lock_order.PROJECT / path).read_text()

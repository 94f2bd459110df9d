"""An import from its start to its end: what is stored, once, and what is left of it."""

import logging
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection

from candidates.credentials.issuing import OutsideTransaction
from candidates.credentials.purging import rotate_keys
from candidates.credentials.sealing import unseal
from candidates.intake.accounts import cleaning, running, storing
from candidates.intake.accounts.checking import surroundings
from candidates.intake.accounts.making import NewUser, make_permanent_users
from candidates.intake.accounts.reporting import check_again, seen_of
from candidates.intake.accounts.running import (
    ImportChanged,
    start_import,
    work_on,
    work_on_next,
)
from candidates.intake.drafts import DraftGone, cancel, expire
from candidates.lifecycle.user_lists import put_on_list
from candidates.models import (
    AuditEvent,
    Import,
    ImportChunk,
    ListMember,
    ListShare,
    PermanentUser,
    PermanentUserList,
    SealedPassword,
    User,
)
from candidates.signin.hashers import KeyedArgon2Hasher
from tests.factories import make_permanent, make_staff, make_test
from tests.intake.accounts.files import form, run_through, waiting_users
from tests.support.permanent import put_on

pytestmark = pytest.mark.django_db
GOOD = "correct horse battery"
NUMBERED = form("first_name", "last_name", "username", "external_id")
ALL = form("first_name", "last_name", "username", "password", "email", "external_id", "list_name")


def dump() -> str:
    """Return everything that the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


def test_new_people_get_accounts_passwords_and_places_on_lists(administrator: User) -> None:
    rows = f"Kari,Nordmann,Kari,{GOOD},k@x.example,1,Biology\nOla,Hansen,,,,,Biology\n,Berg,berg,,,,\n"
    done = run_through(waiting_users(administrator, rows, form=ALL, add_to_name="All"))
    assert (done.status, done.added, done.updated, done.skipped, done.done) == ("done", 3, 0, 0, 3)
    kari = PermanentUser.objects.select_related("user").get(user__username="kari")
    assert (kari.full_name, kari.user.email, kari.external_id) == ("Kari Nordmann", "k@x.example", "1")
    assert KeyedArgon2Hasher().verify(GOOD, kari.user.password)
    assert not SealedPassword.objects.filter(user=kari.user).exists()
    ola = PermanentUser.objects.select_related("user").get(first_name="Ola")
    assert ola.user.has_generated_name
    assert unseal(ola.user.sealed_password.token, ola.user.username)
    assert {one.name: one.members.count() for one in PermanentUserList.objects.all()} == {"Biology": 2, "All": 3}
    assert not done.chunks.exists()
    (event,) = AuditEvent.objects.filter(action="users_imported")
    assert (event.count, event.detail["sha256"], event.actor) == (3, done.file_sha256, administrator)


@pytest.mark.parametrize(
    ("existing", "name", "email", "counts"),
    [("skip", "Kari Nordmann", "old@x.example", (0, 1)), ("update", "Kari Ny", "old@x.example", (1, 0))],
)
def test_known_people_are_left_or_updated_and_a_blank_cell_erases_nothing(
    administrator: User, existing: str, name: str, email: str, counts: tuple[int, int]
) -> None:
    known = make_permanent("Kari", "Nordmann", username="kari", email="old@x.example", external_id="7", password=GOOD)
    before = known.user.password
    waiting = waiting_users(administrator, "Kari,Ny,kari,another long password,,,Biology\n", form=ALL)
    Import.objects.filter(pk=waiting.pk).update(existing=existing)
    done = run_through(waiting)
    known = PermanentUser.objects.select_related("user").get()
    assert (known.full_name, known.user.name, known.user.email, known.external_id) == (name, name, email, "7")
    assert (done.updated, done.skipped, done.added) == (*counts, 0)
    assert known.user.password == before
    assert ListMember.objects.get().person == known
    assert ("ny" in known.search_key) == (existing == "update")


def test_passwords_of_known_people_change_only_when_asked_for_and_the_sealed_copy_goes(administrator: User) -> None:
    place = put_on(make_permanent("Kari", "Nordmann", username="kari"), make_test())
    made = make_permanent("Ola", "Hansen")
    before = make_permanent("Per", "P", username="per", password="the old password").user.password
    rows = f"Kari,Nordmann,kari,{GOOD}\nOla,Hansen,{made.user.username},{GOOD}\nPer,P,per,\n"
    waiting = waiting_users(administrator, rows)
    Import.objects.filter(pk=waiting.pk).update(existing="skip", change_passwords=True)
    done = run_through(waiting)
    kari = User.objects.get(username="kari")
    assert KeyedArgon2Hasher().verify(GOOD, kari.password)
    assert not SealedPassword.objects.filter(user=kari).exists()
    assert SealedPassword.objects.filter(user=made.user).exists()
    assert ([row for row, _sentence in done.problems], done.skipped) == ([2], 1)
    assert User.objects.get(username="per").password == before  # a blank cell erases nothing
    assert AuditEvent.objects.get(action="users_imported").detail["passwords"] == 1
    renewed = AuditEvent.objects.get(action="password_renewed")
    assert (renewed.test, renewed.detail["candidates"]) == (place.test, [place.public_id])


def test_what_was_taken_meanwhile_is_a_problem_of_its_row_alone(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    User.objects.create_user("kari", kind=User.Kind.SSO)
    done = run_through(waiting)
    assert (done.added, done.status, done.done) == (1, "done", 2)
    assert done.problems == [[1, "This is the name of another account. Choose another username."]]
    assert User.objects.get(username="kari").kind == User.Kind.SSO


def test_a_clash_that_only_the_database_sees_stops_nobody_else(administrator: User, monkeypatch) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    User.objects.create_user("kari", kind=User.Kind.SSO)
    monkeypatch.setattr(storing, "account_of", lambda person, around: (None, None))
    done = run_through(waiting)
    assert (done.added, [row for row, _sentence in done.problems]) == (1, [1])


def test_an_external_id_that_somebody_is_given_meanwhile_leaves_the_known_person_as_before(
    administrator: User, monkeypatch
) -> None:
    make_permanent("Kari", "N", username="kari", external_id="7")
    other = make_permanent("Ola", "H", username="ola")
    waiting = waiting_users(administrator, "Kari,N,kari,8\nPer,P,per,9\n", form=NUMBERED)
    Import.objects.filter(pk=waiting.pk).update(existing="update")

    def looked(people: Any) -> Any:
        found = surroundings(people)
        PermanentUser.objects.filter(pk=other.pk).update(external_id="8")
        return found

    monkeypatch.setattr(storing, "surroundings", looked)
    done = run_through(waiting)
    assert done.problems == [[1, "The external ID was given to somebody else while the import ran."]]
    assert (done.updated, done.added) == (0, 1)
    assert PermanentUser.objects.get(user__username="kari").external_id == "7"


def test_somebody_who_was_deleted_while_hashes_were_made_is_made_anew_with_the_password(
    administrator: User, monkeypatch
) -> None:
    known = make_permanent("Kari", "N", username="kari")
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    Import.objects.filter(pk=waiting.pk).update(existing="skip")
    monkeypatch.setattr(running, "_hashes", lambda *_args: User.objects.filter(pk=known.pk).delete() and {})
    done = run_through(waiting)
    assert (done.status, done.added) == ("done", 1)
    assert KeyedArgon2Hasher().verify(GOOD, User.objects.get(username="kari").password)


def test_an_import_starts_once_and_only_as_it_was_seen(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    with pytest.raises(ImportChanged):
        start_import(waiting, seen="another")
    start_import(waiting, seen=seen_of(waiting))
    with pytest.raises(DraftGone):
        start_import(waiting, seen=seen_of(waiting))


def test_nobody_works_on_an_import_that_another_worker_holds(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    start_import(waiting, seen=seen_of(waiting))
    assert running._take_lease(waiting.public_id, "somebody else's")
    assert not work_on(waiting.public_id)
    assert not PermanentUser.objects.exists()


def test_a_worker_whose_lease_has_run_out_stores_nothing_more(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    start_import(waiting, seen=seen_of(waiting))
    running._take_lease(waiting.public_id, "first")
    Import.objects.update(lease="second")
    assert not running._work_on_chunk(waiting.public_id, "first")
    assert not PermanentUser.objects.exists()


def test_what_a_killed_worker_left_is_taken_up_when_its_lease_is_over(administrator: User, clock) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    assert not work_on_next(), "nobody has started it"
    start_import(waiting, seen=seen_of(waiting))
    running._take_lease(waiting.public_id, "killed")
    assert not work_on_next(), "the lease is not over"
    clock.move(seconds=31)
    assert work_on_next()
    assert PermanentUser.objects.count() == 1
    assert not work_on_next()


def test_imports_have_their_turns(administrator: User, monkeypatch, clock) -> None:
    monkeypatch.setattr("candidates.intake.accounts.reading.CHUNK_ROWS", 1)
    monkeypatch.setattr(running, "SECONDS_AT_ONCE", 0)
    turns: list[str] = []
    store = running._store_chunk

    def stored(found: Import, *more: Any) -> bool:
        turns.append(found.file_name)
        return store(found, *more)

    monkeypatch.setattr(running, "_store_chunk", stored)
    for name in ("a.csv", "b.csv"):
        waiting = waiting_users(administrator, "Kari,N,,\nOla,H,,\n", name=name)
        clock.move(seconds=1)
        start_import(waiting, seen=seen_of(waiting))
    while work_on_next():
        clock.move(seconds=1)
    assert turns == ["a.csv", "b.csv"] * 3


@pytest.mark.parametrize("then", ["goes on", "fails"])
def test_a_cancel_while_hashes_are_made_stores_nobody_and_stays_a_cancel(administrator, monkeypatch, then: str) -> None:
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")

    def cancelled(*_args: object) -> dict[str, str]:
        assert cancel(waiting, by=administrator)
        if then == "fails":
            raise RuntimeError
        return {}

    monkeypatch.setattr(running, "_hashes", cancelled)
    assert run_through(waiting).status == "cancelled"
    assert not PermanentUser.objects.exists()
    assert AuditEvent.objects.filter(action__in=["user_import_cancelled", "users_imported"]).count() == 1


def test_an_import_whose_owner_is_deleted_is_cancelled_and_goes_on_no_list(administrator: User) -> None:
    waiting = waiting_users(make_staff("leaver", is_administrator=True), "Kari,N,kari,\n", add_to_name="All")
    start_import(waiting, seen=seen_of(waiting))
    User.objects.filter(username="leaver").delete()
    assert work_on(waiting.public_id)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added, waiting.chunks.exists()) == ("cancelled", 0, False)
    assert not PermanentUserList.objects.exists()


def test_while_the_database_is_away_an_import_fails_for_nobody_and_goes_on_afterwards(
    administrator: User, monkeypatch, clock
) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n")
    start_import(waiting, seen=seen_of(waiting))

    def away(*_args: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(running, "store_people", away)
        with pytest.raises(OperationalError):
            work_on(waiting.public_id)
    clock.move(seconds=31)
    assert work_on_next()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added) == ("done", 1)


def test_a_row_that_a_newer_version_refuses_is_a_problem_of_its_own(administrator: User, monkeypatch) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    monkeypatch.setattr(cleaning, "MAX_USERNAME", 3)
    done = run_through(waiting)
    assert (done.status, done.added, done.done) == ("done", 1, 2)
    assert [row for row, _sentence in done.problems] == [1]


def test_a_list_that_is_shared_no_longer_is_named_once_and_takes_nobody_else(
    administrator, planner, monkeypatch
) -> None:
    monkeypatch.setattr("candidates.intake.accounts.reading.CHUNK_ROWS", 1)
    theirs = PermanentUserList.objects.create(name="BIO2150", owner=planner)
    ListShare.objects.create(list=theirs, user=administrator, may_edit=True)
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n", add_to=theirs)
    ListShare.objects.all().delete()
    done = run_through(waiting)
    assert (done.added, theirs.members.count()) == (2, 0)
    assert done.problems == [[0, "The list BIO2150 is not shared with you any more, so nobody else was added to it."]]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nobody_is_made() -> None:
    with pytest.raises(OutsideTransaction):
        make_permanent_users([NewUser("Kari", "N", "kari")])


def test_a_cancelled_import_keeps_who_is_stored_and_no_digest(administrator: User, monkeypatch) -> None:
    monkeypatch.setattr("candidates.intake.accounts.reading.CHUNK_ROWS", 1)
    waiting = waiting_users(administrator, "Kari,N,kari,\nOla,H,ola,\n")
    start_import(waiting, seen=seen_of(waiting))
    running._take_lease(waiting.public_id, "x")
    running._work_on_chunk(waiting.public_id, "x")
    assert cancel(waiting, by=administrator)
    assert not running._work_on_chunk(waiting.public_id, "x")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added, PermanentUser.objects.count()) == ("cancelled", 1, 1)
    assert not ImportChunk.objects.exists()
    assert not cancel(waiting, by=administrator)
    assert AuditEvent.objects.filter(action="user_import_cancelled").count() == 1


def test_a_fault_of_ours_ends_the_import_and_takes_the_digests_with_it(administrator, monkeypatch, caplog) -> None:
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    monkeypatch.setattr(running, "store_people", lambda *args: 1 / 0)
    done = run_through(waiting)
    assert done.status == "failed"
    assert not ImportChunk.objects.exists()
    assert GOOD not in caplog.text


def test_a_row_that_only_the_end_of_a_chunk_refuses_stops_nobody_else(administrator, monkeypatch, caplog) -> None:
    def put(one: PermanentUserList, keys: list[int]) -> int:
        if PermanentUser.objects.filter(pk__in=keys, last_name="Secretname").exists():
            raise IntegrityError("Key (person)=(Secretname) is not there")
        return put_on_list(one, keys)

    monkeypatch.setattr(storing, "put_on_list", put)
    rows = "Kari,N,kari,\nOla,Secretname,ola,\nPer,P,per,\n"
    done = run_through(waiting_users(administrator, rows, add_to_name="All"))
    assert (done.status, done.added, done.done) == ("done", 2, 3)
    assert done.problems == [[2, "The row could not be stored. Check it, and import it again."]]
    assert set(PermanentUserList.objects.get().members.values_list("first_name", flat=True)) == {"Kari", "Per"}
    assert "IntegrityError" in caplog.text
    assert "Secretname" not in caplog.text


def test_what_an_exception_says_is_not_logged(administrator: User, monkeypatch, caplog) -> None:
    def fail(*_args: object) -> None:
        raise KeyError("a-digest-of-a-password")

    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    monkeypatch.setattr(running, "store_people", fail)
    assert run_through(waiting).status == "failed"
    assert "KeyError in fail" in caplog.text
    assert "a-digest" not in caplog.text


def test_an_update_may_give_the_longest_names(administrator: User) -> None:
    make_permanent("K", "N" * 100, external_id="7")
    waiting = waiting_users(administrator, "F" * 100 + ",7\nOla,8\n", form=form("first_name", "external_id"))
    Import.objects.filter(pk=waiting.pk).update(existing="update")
    done = run_through(waiting)
    assert (done.updated, done.added, done.problems) == (1, 1, [])


def renew_keys(settings: Any, *, keep: bool) -> None:
    settings.VERIFIER_KEYS = [Fernet.generate_key().decode(), *(settings.VERIFIER_KEYS if keep else [])]


@pytest.mark.parametrize("known", [False, True])
def test_a_password_whose_key_is_gone_is_a_problem_of_its_row(administrator: User, settings, known: bool) -> None:
    if known:
        before = make_permanent("Kari", "N", username="kari").user.password
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\nOla,H,ola,\n")
    Import.objects.update(existing="skip", change_passwords=True)
    renew_keys(settings, keep=False)
    done = run_through(waiting)
    assert (done.status, done.added) == ("done", 1)
    assert [(row, "The key of this server has changed" in said) for row, said in done.problems] == [(1, True)]
    if known:
        assert User.objects.get(username="kari").password == before


def test_a_rotation_counts_imports_whose_passwords_have_an_older_key(administrator: User, settings) -> None:
    waiting = waiting_users(administrator, f"Per,P,per,\nKari,N,kari,{GOOD}\n")
    waiting_users(administrator, "Kari,N,kari,\n")
    assert rotate_keys().older_imports == 0
    renew_keys(settings, keep=True)
    assert rotate_keys().older_imports == 1
    said = StringIO()
    call_command("rotate_credential_keys", stdout=said)
    assert "1 imports of users that are not over" in said.getvalue()
    assert "can go" not in said.getvalue().split("Every copy")[0]
    assert run_through(waiting).added == 2
    assert rotate_keys().older_imports == 0
    assert rotate_keys().older_verifiers == 1


def test_expired_files_go_with_their_rows(administrator: User, clock) -> None:
    waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    clock.move(hours=25)
    assert expire() == 1
    assert not ImportChunk.objects.exists()


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_started_import_that_nobody_works_on_is_cancelled_with_its_digests(administrator, clock, status: str) -> None:
    waiting = waiting_users(administrator, f"Kari,N,kari,{GOOD}\n")
    start_import(waiting, seen=seen_of(waiting))
    if status == "running":
        running._take_lease(waiting.public_id, "killed")
    clock.move(hours=23)
    assert expire() == 0
    clock.move(hours=2)
    assert expire() == 1
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added) == ("cancelled", 0)
    assert not ImportChunk.objects.exists()
    assert AuditEvent.objects.get(action="user_import_cancelled").actor is None
    assert not work_on(waiting.public_id)


def test_an_import_goes_on_when_its_owner_is_deactivated(administrator: User) -> None:
    waiting = waiting_users(administrator, "Kari,N,kari,\n", add_to_name="All")
    start_import(waiting, seen=seen_of(waiting))
    User.objects.filter(pk=administrator.pk).update(is_active=False)
    work_on(waiting.public_id)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.added) == ("done", 1)


def test_only_the_newest_five_files_of_a_person_wait(administrator: User, planner: User) -> None:
    other = waiting_users(planner, "Kari,N,,\n")
    first = waiting_users(administrator, "Kari,N,,\n")
    for _number in range(5):
        waiting_users(administrator, "Kari,N,,\n")
    assert set(Import.objects.filter(pk__in=[other.pk, first.pk])) == {other}


def test_a_password_of_a_file_stands_nowhere(administrator: User, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["Planted-Secret-0001", "Planted Secret 0002", "Planted3"]
    rows = "".join(f"Kari,Nordmann{n},kari{n},{secret}\n" for n, secret in enumerate(secrets)).encode("cp1252")
    waiting = waiting_users(administrator, rows + "Åse,Ødegård,ase,Plänted-Sécret-0004\n".encode("cp1252"))
    kept = dump()
    Import.objects.filter(pk=waiting.pk).update(left_out=[3])
    waiting.left_out = [3]
    check_again(waiting)
    done = run_through(waiting)
    kept += dump() + caplog.text
    assert done.added == 3
    assert bytes(waiting.source) == b""
    for part in ("Planted", "planted", "Plänted", "Sécret"):
        assert part not in kept


def test_a_dry_run_changes_nothing_and_counts_as_the_real_one(administrator: User) -> None:
    make_permanent("Kari", "N", username="kari")
    before = dump()
    waiting = waiting_users(administrator, "Kari,Ny,kari,\nOla,H,ola,\nPer,P,,\n")
    report = waiting.report
    assert set(before.split("\n")) <= set(dump().split("\n"))
    Import.objects.filter(pk=waiting.pk).update(existing="update")
    done = run_through(waiting)
    assert (done.added, done.updated, done.problems) == (report["new"], report["changed"], [])


def test_a_password_in_a_column_that_nobody_reads_stands_nowhere(administrator: User) -> None:
    waiting = waiting_users(administrator, f"Kari;Nordmann;{GOOD}\n", form=form("first_name", "last_name", "ignored"))
    assert GOOD not in dump()
    assert run_through(waiting).added == 1
    assert GOOD not in dump()


def test_a_list_that_is_deleted_while_a_file_is_uploaded_stops_nobody(administrator: User) -> None:
    chosen = PermanentUserList.objects.create(name="BIO2150", owner=administrator)
    PermanentUserList.objects.filter(pk=chosen.pk).delete()
    waiting = waiting_users(administrator, "Kari,Nordmann,kari,\n", add_to=chosen)
    assert waiting.add_to is None
    assert waiting.notes == ["The list BIO2150 was deleted, so nobody else is put on it."]
    assert run_through(waiting).added == 1

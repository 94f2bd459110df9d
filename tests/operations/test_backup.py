"""A copy taken while people write restores: whole, with logins, and unreadable without the keys (P18, C62)."""

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from candidates.credentials.purging import purge_due
from candidates.credentials.sealing import can_open
from candidates.credentials.secrets import show_password
from candidates.lifecycle.sitting import save_answer, start
from candidates.models import AuditEvent, Candidate, SealedPassword, Submission, Test
from candidates.operations import copies
from inspera_deliver.make_env import fresh_keys
from tests.factories import password_of
from tests.operations.restoring import back_up, manage, restored
from tests.support.production_server import ProductionServer
from tests.support.visitor import Visitor

sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has pg_dump")
slow = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@contextmanager
def everybody_writes(test: Test) -> Iterator[None]:
    """Let each candidate save "text N" as revision N, as fast as the database takes it, until the end."""
    end = threading.Event()
    saved = threading.Event()

    def write() -> None:
        writing = [start(candidate=one) for one in Candidate.objects.of_test(test).select_related("test", "user")]
        revision = 0
        while not end.is_set():
            for one in writing:
                save_answer(candidate=one, answer=f"text {revision + 1}", base_revision=revision)
            revision += 1
            if revision == 3:
                saved.set()
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert saved.wait(60)
        yield
    finally:
        end.set()
        thread.join()


def rules() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sqlite_master"
            if connection.vendor == "sqlite"
            else "SELECT count(*) FROM pg_constraint"
        )
        return int(cursor.fetchone()[0])


class TestRestore:
    pytestmark = slow

    def test_a_copy_taken_under_load_restores_and_people_log_in(self, open_exam: Test, tmp_path: Path) -> None:
        candidate = Candidate.objects.select_related("user").get(test=open_exam, candidate_id="0001")
        password = password_of(candidate)
        with everybody_writes(open_exam):
            copy = back_up(tmp_path)
        rules_before = rules()
        raw = copy.read_bytes()
        assert password.encode() not in raw
        assert show_password(password).encode() not in raw
        with restored(copy) as name:
            answers = Submission.objects.values_list("answer", "revision")
            assert len(answers) == 3
            assert all(answer == f"text {revision}" for answer, revision in answers)
            assert {revision for _answer, revision in answers} != {0}
            assert rules() == rules_before
            assert manage(name, "migrate", "--check").returncode == 0
            assert candidate.user is not None
            assert password_of(candidate) == password  # with the keys, slips can be printed again
            with ProductionServer(SERVED_DATABASE=name) as server:
                assert Visitor(server.address).log_in(candidate.user.username, show_password(password))
            # without the keys there is nothing to read and nobody gets in
            with ProductionServer(SERVED_DATABASE=name, **fresh_keys()) as server:
                assert not Visitor(server.address).log_in(candidate.user.username, show_password(password))

    def test_purged_login_details_that_a_copy_brings_back_go_at_once(
        self, scheduled_exam: Test, tmp_path: Path, settings
    ) -> None:
        before = timezone.now() - timedelta(days=10)
        Test.objects.update(opens_at=before, ends_at=before + timedelta(hours=4))
        SealedPassword.objects.update(made_at=before)
        copy = back_up(tmp_path)
        assert purge_due() == 3
        with restored(copy) as name:
            tokens = list(SealedPassword.objects.values_list("token", flat=True))
            assert len(tokens) == 3
            settings.CREDENTIAL_KEYS = [fresh_keys()["CREDENTIAL_KEYS"]]
            assert not any(can_open(token) for token in tokens)
            done = manage(name, "purge_login_details")
            assert done.stdout == "3 passwords deleted.\n", done.stderr
            assert not SealedPassword.objects.exists()
            purged = AuditEvent.objects.filter(action=AuditEvent.Action.DETAILS_PURGED)
            assert [row.count for row in purged] == [3]


@sqlite
@pytest.mark.django_db(transaction=True)
def test_a_copy_is_for_its_owner_alone_and_has_nothing_of_what_was_deleted(
    scheduled_exam: Test, tmp_path: Path
) -> None:
    token = SealedPassword.objects.values_list("token", flat=True)[0]
    SealedPassword.objects.all().delete()
    said = StringIO()
    call_command("backup_sqlite", tmp_path / "copy", stdout=said)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert token.encode() not in (tmp_path / "copy").read_bytes()
    assert said.getvalue().endswith(" bytes, checked.\n")


@sqlite
@pytest.mark.django_db
def test_a_copy_is_written_over_no_other_file_and_into_no_missing_folder(tmp_path: Path) -> None:
    (tmp_path / "yesterday").write_text("kept")
    with pytest.raises(CommandError, match="File exists"):
        call_command("backup_sqlite", tmp_path / "yesterday")
    assert (tmp_path / "yesterday").read_text() == "kept"
    with pytest.raises(CommandError, match="No such file"):
        call_command("backup_sqlite", tmp_path / "nowhere" / "copy")


@sqlite
@pytest.mark.django_db
def test_a_copy_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken").write_bytes(b"this is no database" * 100)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "broken"))
    with pytest.raises(CommandError, match="was not made"):
        call_command("backup_sqlite", tmp_path / "copy")
    assert [one.name for one in tmp_path.iterdir()] == ["broken"]


@sqlite
@pytest.mark.django_db(transaction=True)
def test_a_copy_that_is_killed_never_has_the_name_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (child := os.fork()) == 0:
        monkeypatch.setattr(copies, "_check", lambda _part: os.kill(os.getpid(), signal.SIGKILL))
        try:
            copies.copy_sqlite(tmp_path / "copy")
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [one.name for one in tmp_path.iterdir()] == ["copy.part"]
    with pytest.raises(CommandError, match=r"copy\.part is of a copy that is being made, or was interrupted"):
        call_command("backup_sqlite", tmp_path / "copy")
    (tmp_path / "copy.part").unlink()
    call_command("backup_sqlite", tmp_path / "copy", stdout=StringIO())
    assert [one.name for one in tmp_path.iterdir()] == ["copy"]


@sqlite
@pytest.mark.django_db(transaction=True)
def test_a_copy_goes_over_no_file_that_was_made_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "_check", lambda _part: (tmp_path / "copy").write_text("of somebody else"))
    with pytest.raises(CommandError, match="File exists"):
        call_command("backup_sqlite", tmp_path / "copy")
    assert [one.read_text() for one in tmp_path.iterdir()] == ["of somebody else"]


@pytest.mark.django_db
def test_on_postgresql_it_says_what_makes_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "postgresql")
    with pytest.raises(CommandError, match="pg_dump"):
        call_command("backup_sqlite", tmp_path / "copy")

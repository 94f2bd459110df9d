"""The drop folder: each file is one exam's whole list, taken once, answered by a report, and moved."""

import errno
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.authentication_types import AuthenticationType
from candidates.models import ListFormat, RosterState
from candidates.operations import drop_folders
from candidates.rosters.source import Accommodation, AccommodationKind, ExamSearch, Hints, Snapshot, SourceError
from candidates.rosters.sources import READERS
from candidates.rosters.sources.folder import inbox as inboxes
from candidates.rosters.sources.folder import lists, store
from candidates.rosters.sources.folder.inbox import Inbox
from candidates.rosters.sources.folder.names import BadName, read_name, read_stored, stored_name
from candidates.rosters.sources.folder.reader import FolderSource
from tests.intake.samples import workbook

CAMPUS = AuthenticationType("campus", "Campus", "fold")
LIST = "Candidate ID;SSO user ID;Extra time;Building;Room;Name;Student number;Seat\n"
KARI = "10001;kari@havnes.no;30;Main;101;Moe, Kari;S1;A1\n"
OLA = "10002;ola@havnes.no;25%;Main;101;Lie, Ola;S2;A2\n"
PROCESSES = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def _no_formats(request, monkeypatch):
    """Remember no formats, so that no test but that of them asks the database."""
    if "django_db" not in request.keywords:
        monkeypatch.setattr(lists, "formats_for_everybody", lambda _kind: [])


def drop(folder: Path, name: str, text: str | bytes = LIST + KARI + OLA, *, changed: float = 1_000_000) -> Path:
    """Put a file into the folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (changed, changed))
    return path


def take(folder: Path) -> int:
    """Let a worker look that does not wait for files to settle."""
    return Inbox(folder, CAMPUS, settled=0).look()


def names(folder: Path, home: str) -> list[str]:
    """Return what the taken files in a folder were called, in the order in which they were taken."""
    return [one.name for path in sorted((folder / home).iterdir()) if (one := read_stored(path.name))]


def reports(folder: Path, home: str) -> list[str]:
    return [path.read_text("utf-8-sig") for path in sorted((folder / home).glob("*.report.csv"))]


def answered(folder: Path) -> str:
    """Take what has come, and return the only report."""
    take(folder)
    (found,) = [*reports(folder, "done"), *reports(folder, "refused")]
    return found


def source(folder: Path, claim: str = "") -> FolderSource:
    return FolderSource({"folder": str(folder), "authentication_type": "", "claim": claim})  # type: ignore[typeddict-item]


def snapshot(folder: Path, exam: str = "inf1000") -> Snapshot:
    return source(folder).snapshot(exam)


def test_a_list_is_taken_answered_and_is_what_the_source_says(tmp_path):
    drop(tmp_path, "INF1000.csv")
    report = answered(tmp_path)
    assert report.splitlines()[1].startswith(
        'accepted,,,,"The complete list of INF1000 has 2 people. Read as: letters as UTF-8; columns: Candidate ID,'
    )
    assert (names(tmp_path, "done"), os.listdir(tmp_path / "work")) == (["INF1000.csv"], [".lock"])
    found = snapshot(tmp_path)
    assert (found.exam.key, found.exam.title, found.exam.is_anonymous, found.doubts) == ("inf1000", "INF1000", True, ())
    kari, ola = found.enrolments
    assert (kari.key, kari.login, kari.candidate_id, kari.name) == (
        "kari@havnes.no",
        "kari@havnes.no",
        "10001",
        "Moe, Kari",
    )
    assert (kari.student_number, kari.building, kari.room, kari.seat) == ("S1", "Main", "101", "A1")
    assert kari.accommodations == (Accommodation(AccommodationKind.MINUTES, "30"),)
    assert ola.accommodations == (Accommodation(AccommodationKind.PERCENT, "25"),)


def test_the_settings_make_this_reader():
    assert READERS["folder"] is FolderSource


@pytest.mark.parametrize(
    "data",
    [
        (LIST + KARI).encode("utf-8-sig"),
        (LIST + KARI).encode("utf-16"),
        (LIST + KARI).replace(";", "\t").encode(),
        (LIST + KARI).replace("Moe, Kari", "Kari Moe").replace(";", ",").replace("\n", "\r\n").encode(),
        workbook([line.split(";") for line in (LIST + KARI).splitlines()]),
    ],
)
def test_any_file_that_the_importer_reads_is_a_list(tmp_path, data):
    drop(tmp_path, "INF1000.csv", data)
    take(tmp_path)
    (kari,) = snapshot(tmp_path).enrolments
    assert (kari.login, kari.candidate_id, kari.seat) == ("kari@havnes.no", "10001", "A1")


@pytest.mark.django_db
def test_a_format_for_everybody_says_what_other_headings_mean(tmp_path, planner):
    fields = {"kd": "candidate_id", "bruker": "sso_user_id", "sperre": ""}
    ListFormat.objects.create(owner=planner, kind="sso", name="FS", fields=fields, is_shared=True)
    drop(tmp_path, "INF1000.csv", "Kd;Bruker;Sperre\n1;kari@havnes.no;x\n2;ola@havnes.no;y\n")
    assert "by the format “FS”" in answered(tmp_path)
    assert [one.candidate_id for one in snapshot(tmp_path).enrolments] == ["1", "2"]


def test_a_list_without_candidate_ids_is_of_an_exam_that_is_not_anonymous(tmp_path):
    drop(tmp_path, "INF1000.csv", "SSO user ID;Name\nkari@havnes.no;Moe, Kari\n")
    take(tmp_path)
    found = snapshot(tmp_path)
    assert (found.exam.is_anonymous, found.enrolments[0].candidate_id) == (False, "")


def test_a_candidate_id_that_has_not_come_yet_is_left_to_come(tmp_path):
    drop(tmp_path, "INF1000.csv", LIST + KARI + OLA.replace("10002", ""))
    take(tmp_path)
    found = snapshot(tmp_path)
    assert (found.exam.is_anonymous, [one.candidate_id for one in found.enrolments]) == (True, ["10001", ""])


def test_what_somebody_has_to_look_at_is_never_applied_by_itself(tmp_path):
    drop(tmp_path, "INF1000.csv", (LIST + KARI.replace("Moe, Kari", "Bjørn Moe")).encode("cp1252"))
    take(tmp_path)
    assert "which is a guess" in snapshot(tmp_path).doubts[0]
    drop(tmp_path, "INF1000.csv", LIST + KARI.replace("10001", "Kari Moe"))
    take(tmp_path)
    assert "an ID that names its person" in snapshot(tmp_path).doubts[0]
    assert "Kari" not in " ".join([*snapshot(tmp_path).doubts, *snapshot(tmp_path).notices])


# Wrong lists ---------------------------------------------------------------------------------------------------------


def test_wrong_rows_are_all_named_and_nothing_changes(tmp_path):
    drop(tmp_path, "INF1000.csv")
    take(tmp_path)
    before = snapshot(tmp_path)
    wrong = [
        KARI,
        "10001;per@havnes.no;;;;;;\n",
        "10004;kari@havnes.no;;;;;;\n",
        "10005;;;;;;;\n",
        "10006;eva@havnes.no;1.5;;;;;\n",
        "10007;nils@havnes.no;5000;;;;;\n",
        "10008;liv@havnes.no;;Main;101;;;a1\n",
        "Total;4;;;;;;\n",
    ]
    drop(tmp_path, "INF1000_2026-12-01.csv", LIST + "".join(wrong))
    take(tmp_path)
    assert names(tmp_path, "refused") == ["INF1000_2026-12-01.csv"]
    (report,) = reports(tmp_path, "refused")
    assert report.splitlines() == [
        "Result,Row,Column,Cell,Message",
        'refused,,,,"7 rows of 8 are wrong, so nothing of the list is taken."',
        "refused,3,Candidate ID,10001,Row 2 has the same Candidate ID.",
        "refused,4,SSO user ID,kari@havnes.no,Row 2 has the same person.",
        "refused,5,SSO user ID,,Every SSO candidate needs an SSO user ID.",
        'refused,6,Extra time,1.5,"Write whole minutes, like 30, or a percentage, like 25 %."',
        "refused,7,Extra time,5000,Extra time can be at most 2880 minutes on this test.",
        "refused,8,Seat,a1,Row 2 has the same seat.",
        'refused,9,Candidate ID,Total,"This looks like a sum or a count of the list, and not like somebody. '
        'Leave the row out."',
    ]
    after = snapshot(tmp_path)
    assert (after.exam, after.enrolments, after.doubts) == (before.exam, before.enrolments, before.doubts)
    assert after.notices[1].startswith("A newer one was refused: INF1000_2026-12-01.csv, taken on ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "There is nothing in it"),
        (b";;;\n;;;\n", "All cells are empty"),
        (b"Candidate ID;Name\n1;Moe\n", "No column is read as SSO user ID."),
        (b"Candidate ID;SSO user ID;Feide\n1;a@b.no;c@d.no\n", "Several columns could be the same one"),
        (b"Candidate ID;SSO user ID\n", "no row with a candidate under it"),
        (b"Candidate ID;SSO user ID;Password\n1;a@b.no;hunter2\n", "Passwords are not taken"),
        (b"%PDF-1.7\n", "This is a PDF"),
        (b"PK\x03\x04" + b"x" * 100, "refused,,,,"),
        (b"\0\x01\x02" * 1000, "refused,,,,"),
        (LIST.encode() + b"".join(b"%d;u%d@x.no;;;;;;\n" % (n, n) for n in range(1501)), "The list has 1501 rows"),
        (b"x" * 1_100_000, "1 MB"),
        (b"x" * 50 * 1024 * 1024, "It has 50.0 MB; a list can have 5 MB"),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(tmp_path, text, said):
    drop(tmp_path, "INF1000.csv", text)
    report = answered(tmp_path)
    assert said in report
    assert report.splitlines()[1].startswith("refused")
    assert "hunter2" not in report


def test_what_stands_beside_the_columns_is_not_repeated_and_formulas_do_not_run(tmp_path):
    rows = "".join(f"{n};u{n}@havnes.no\n" for n in range(5))
    drop(tmp_path, "INF1000.csv", f"Candidate ID;SSO user ID\n{rows}7;=cmd()@x y;hunter2\n")
    report = answered(tmp_path)
    assert "hunter2" not in report
    assert ""","'=cmd()@x y",""" in report


def test_a_list_that_brings_the_reader_down_is_answered_and_the_next_one_taken(tmp_path, monkeypatch):
    real = lists.read_people

    def read(data, name, *, sso):
        return real(data, name, sso=sso) if name != "BAD" else [][1]

    monkeypatch.setattr(inboxes, "read_people", read)
    drop(tmp_path, "BAD.csv")
    drop(tmp_path, "INF1000.csv")
    assert take(tmp_path) == 2
    assert "The log of the worker says more" in reports(tmp_path, "refused")[0]


# Names and order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "exam", "dated"),
    [
        ("INF1000.csv", "INF1000", ""),
        ("INF1000 Autumn 2026.xlsx", "INF1000 Autumn 2026", ""),
        ("INF1000_2026-12-01.csv", "INF1000", "20261201000000"),
        ("INF1000-20261201T0930.CSV", "INF1000", "20261201093000"),
        ("INF1000 2026-12-01 09.30.15.txt", "INF1000", "20261201093015"),
        ("KJM-1000_20261301.csv", "KJM-1000_20261301", ""),
        ("12345678.csv", "12345678", ""),
        ("prøve.tsv", "prøve", ""),
    ],
)
def test_a_name_says_the_exam_and_the_date(name, exam, dated):
    found = read_name(name)
    assert (found.shown, found.exam, found.dated) == (exam, exam.casefold(), dated)


@pytest.mark.parametrize(
    "name",
    [
        "INF1000",
        "INF.docx",
        "a.report.csv",
        ".csv",
        "--.csv",
        "a\u202eb.csv",
        "a\nb.csv",
        "\ufffd.csv",
        "x" * 101 + ".csv",
    ],
)
def test_a_name_that_cannot_be_an_exams_is_refused(name):
    with pytest.raises(BadName):
        read_name(name)


@settings(max_examples=100)
@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=()), min_size=1, max_size=255))
def test_whatever_a_file_is_called_it_can_be_kept_beside_its_report(name):
    stored = str(stored_name(name))
    assert len(stored.encode()) + len(".report.csv") + 6 <= 255
    assert "/" not in stored
    assert read_stored(stored) is not None or name.endswith(".report.csv")
    with suppress(BadName):
        assert read_name(stored_name(name).name).exam == read_name(name).exam


def test_files_with_odd_names_are_refused_and_moved(tmp_path):
    odd = [b"a\nb.csv", b"caf\xe9.csv", "a\u202egpj.csv".encode(), b"x" * 250, b"-rf.csv", b"$(id).csv", b"..csv"]
    for name in odd:
        (tmp_path / os.fsdecode(name)).write_text(LIST + KARI)
    take(tmp_path)
    assert len(names(tmp_path, "refused")) == 4
    assert sorted(names(tmp_path, "done")) == ["$(id).csv", "-rf.csv"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["..csv"]  # hidden: not a list yet


def test_the_list_that_comes_later_counts_unless_its_name_says_that_it_is_older(tmp_path):
    drop(tmp_path, "INF1000_2026-12-01.csv", LIST + KARI)
    take(tmp_path)
    drop(tmp_path, "INF1000_2026-11-30.csv", LIST + KARI + OLA)
    take(tmp_path)
    assert "older, by the date in its name, than INF1000_2026-12-01.csv" in reports(tmp_path, "refused")[0]
    assert len(snapshot(tmp_path).enrolments) == 1
    drop(tmp_path, "inf1000.csv", LIST + KARI + OLA)
    take(tmp_path)
    assert len(snapshot(tmp_path).enrolments) == 2


def test_of_files_found_together_the_one_that_changed_last_is_taken_last(tmp_path):
    drop(tmp_path, "INF1000.xlsx", LIST + KARI, changed=200)
    drop(tmp_path, "INF1000.csv", LIST + KARI + OLA, changed=100)
    drop(tmp_path, "KJM1000.csv", LIST + OLA, changed=300)
    assert take(tmp_path) == 3
    assert names(tmp_path, "done") == ["INF1000.csv", "INF1000.xlsx", "KJM1000.csv"]
    assert len(snapshot(tmp_path).enrolments) == 1
    assert [one.title for one in source(tmp_path).exams(ExamSearch("1000"))] == ["INF1000", "KJM1000"]
    assert [one.key for one in source(tmp_path).exams(ExamSearch("kjm"))] == ["kjm1000"]


def test_the_same_file_twice_changes_nothing_and_is_said(tmp_path):
    for _turn in range(2):
        drop(tmp_path, "INF1000.csv")
        take(tmp_path)
    assert names(tmp_path, "done") == ["INF1000.csv"] * 2
    assert "It is the same as the last list" in reports(tmp_path, "done")[1]


def test_a_clock_that_was_put_back_does_not_let_an_older_list_count(tmp_path):
    drop(tmp_path, "INF1000.csv", LIST + KARI)
    take(tmp_path)
    (first,) = [path for path in (tmp_path / "done").iterdir() if read_stored(path.name)]
    first.rename(first.with_name("29991231T000000.000000Z-aaaaaa_INF1000.csv"))
    drop(tmp_path, "KJM1000.csv", "spoilt")
    drop(tmp_path, "INF1000.csv", changed=2_000_000)
    take(tmp_path)
    assert len(snapshot(tmp_path).enrolments) == 2


def test_hints_name_the_exams_of_lists_that_came_since(tmp_path):
    here = source(tmp_path)
    assert here.hints("") == Hints("-", everything=True)
    drop(tmp_path, "INF1000.csv")
    take(tmp_path)
    first = here.hints("-")
    assert first is not None
    assert first.exams == ("inf1000",)
    drop(tmp_path, "KJM1000.csv")
    take(tmp_path)
    second = here.hints(first.marker)
    assert second is not None
    assert second.exams == ("kjm1000",)
    assert here.hints(second.marker) == Hints(second.marker)
    drop(tmp_path, "INF1000.csv", "spoilt")
    take(tmp_path)
    third = here.hints(second.marker)
    assert third is not None
    assert third.exams == ("inf1000",)
    assert third.marker > second.marker > first.marker


# Files that are not there yet ----------------------------------------------------------------------------------------


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_file_waits_until_it_has_stayed_as_it_is(tmp_path):
    clock = Clock()
    inbox = Inbox(tmp_path, CAMPUS, clock=clock)
    path = drop(tmp_path, "INF1000.csv", LIST)
    for clock.now in (0, 9):
        assert inbox.look() == 0
    with path.open("a") as stream:
        stream.write(KARI)
    for clock.now in (10, 19):
        assert inbox.look() == 0
    clock.now = 20
    assert inbox.look() == 1
    assert len(snapshot(tmp_path).enrolments) == 1


def test_an_empty_file_waits_longer_since_its_writer_may_be_slow(tmp_path):
    clock = Clock()
    inbox = Inbox(tmp_path, CAMPUS, clock=clock)
    drop(tmp_path, "INF1000.csv", b"")
    for clock.now in (0, 59):
        assert inbox.look() == 0
    clock.now = 60
    assert inbox.look() == 1
    assert "There is nothing in it" in reports(tmp_path, "refused")[0]


@pytest.mark.parametrize(
    "name", ["INF1000.csv.part", "INF1000.tmp", ".INF1000.csv", "~$INF1000.xlsx", "INF1000.csv.filepart"]
)
def test_names_of_what_is_on_its_way_wait(tmp_path, name):
    path = drop(tmp_path, name)
    assert take(tmp_path) == 0
    path.rename(tmp_path / "INF1000.csv")
    assert take(tmp_path) == 1


def test_a_file_beside_its_lock_waits(tmp_path):
    drop(tmp_path, "INF1000.csv")
    lock = drop(tmp_path, "INF1000.csv.lock", "")
    assert take(tmp_path) == 0
    lock.unlink()
    assert take(tmp_path) == 1


def test_a_file_that_is_written_to_while_it_is_read_waits_in_work(tmp_path, monkeypatch):
    real = store.read_whole

    def read(path):
        found = real(path)
        with path.open("a") as stream:
            stream.write(OLA)
        return found

    drop(tmp_path, "INF1000.csv", LIST + KARI)
    with monkeypatch.context() as patch:
        patch.setattr(inboxes, "read_whole", read)
        assert take(tmp_path) == 0
    assert names(tmp_path, "work") == ["INF1000.csv"]
    assert take(tmp_path) == 1
    assert len(snapshot(tmp_path).enrolments) == 2


# Links, rights, disks ------------------------------------------------------------------------------------------------


def test_links_and_devices_are_refused_and_never_read(tmp_path):
    folder = tmp_path / "drop"
    folder.mkdir()
    secret = drop(tmp_path, "secret.csv")
    (folder / "INF1000.csv").symlink_to(secret)
    os.mkfifo(folder / "KJM1000.csv")
    take(folder)
    assert sorted(names(folder, "refused")) == ["INF1000.csv", "KJM1000.csv"]
    assert all("It is a link or a device" in one for one in reports(folder, "refused"))
    assert secret.exists()
    (folder / "done" / "20260101T000000.000000Z-aaaaaa_INF1000.csv").symlink_to(secret)
    assert source(folder).exams(ExamSearch()) == []
    with pytest.raises(OSError, match="symbolic link"):  # one that is put in the place of a file in between
        store.read_whole(folder / "done" / "20260101T000000.000000Z-aaaaaa_INF1000.csv")


def test_a_folder_of_ours_that_is_a_link_stops_everything(tmp_path):
    folder, elsewhere = tmp_path / "drop", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "done").symlink_to(elsewhere)
    drop(folder, "INF1000.csv")
    with pytest.raises(SourceError, match="done in the folder of this student system is no folder of its own"):
        take(folder)
    assert os.listdir(elsewhere) == []


def test_folders_inside_are_left_alone(tmp_path):
    (tmp_path / "archive").mkdir()
    drop(tmp_path / "archive", "INF1000.csv")
    assert take(tmp_path) == 0


def failing(real, number: int, *, at: str):
    """Return a function of the system that fails where a path has these letters."""

    def call(*args, **more):
        if any(at in os.fspath(one) for one in args if isinstance(one, str | Path)):
            raise OSError(number, os.strerror(number))
        return real(*args, **more)

    return call


def test_a_file_that_may_not_be_moved_keeps_no_other_waiting(tmp_path, monkeypatch):
    drop(tmp_path, "INF1000.csv", changed=1)
    drop(tmp_path, "KJM1000.csv", changed=2)
    monkeypatch.setattr(os, "rename", failing(os.rename, errno.EACCES, at="INF1000"))
    inbox = Inbox(tmp_path, CAMPUS, settled=0)
    assert (inbox.look(), inbox.stuck) == (1, 1)
    assert names(tmp_path, "done") == ["KJM1000.csv"]


def test_a_file_that_waits_for_long_is_said_when_the_connection_is_tested(tmp_path, monkeypatch):
    assert source(tmp_path).check() == "The folder can be read; no list has been taken yet."
    drop(tmp_path, "INF1000.csv")
    take(tmp_path)
    assert source(tmp_path).check().startswith("Lists of 1 exam; the last one is INF1000.csv, taken on ")
    drop(tmp_path, "INF1000.csv")
    monkeypatch.setattr("candidates.rosters.sources.folder.reader.PATIENCE", -1)
    with pytest.raises(SourceError, match="the worker does not run, or may not move it"):
        source(tmp_path).check()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_loses_nothing_and_the_file_is_answered_once_there_is_room(tmp_path, monkeypatch, number):
    drop(tmp_path, "INF1000.csv")
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", failing(os.open, number, at=".part"))
        with pytest.raises(SourceError, match=os.strerror(number)):
            take(tmp_path)
    assert (names(tmp_path, "work"), names(tmp_path, "done")) == (["INF1000.csv"], [])
    assert take(tmp_path) == 1
    assert names(tmp_path, "done") == ["INF1000.csv"]


def test_a_folder_that_is_read_only_or_gone_is_said(tmp_path, monkeypatch):
    with pytest.raises(SourceError, match="cannot be used"):
        take(tmp_path / "gone")
    with pytest.raises(SourceError, match="cannot be used"):
        source(tmp_path / "gone").check()
    monkeypatch.setattr(os, "mkdir", failing(os.mkdir, errno.EROFS, at="work"))
    with pytest.raises(SourceError, match="Read-only file system"):
        take(tmp_path)


def test_an_exam_without_a_list_and_a_list_that_can_no_longer_be_read_are_errors(tmp_path):
    with pytest.raises(SourceError, match="No list of this exam lies in the folder"):
        snapshot(tmp_path)
    drop(tmp_path, "INF1000.csv")
    take(tmp_path)
    for path in (tmp_path / "done").glob("*_INF1000.csv"):
        path.write_text("spoilt")
    with pytest.raises(SourceError, match="can no longer be read"):
        snapshot(tmp_path)


def test_thousands_of_files_are_taken_in_turns(tmp_path):
    for number in range(1_000):
        (tmp_path / f"E{number}.csv").write_text("nothing")
    inbox = Inbox(tmp_path, CAMPUS, settled=0)
    assert [inbox.look(), inbox.look()] == [100, 100]
    assert len(names(tmp_path, "refused")) == 200


# Several workers, and workers that die -------------------------------------------------------------------------------


def work(folder: Path, times: int) -> None:
    for _turn in range(times):
        take(folder)


def test_of_several_workers_one_takes_each_file(tmp_path):
    for number in range(30):
        drop(tmp_path, f"E{number}.csv")
    workers = [PROCESSES.Process(target=work, args=(tmp_path, 20)) for _number in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    take(tmp_path)
    assert [one.exitcode for one in workers] == [0] * 4
    assert sorted(names(tmp_path, "done")) == sorted(f"E{number}.csv" for number in range(30))
    assert len(reports(tmp_path, "done")) == 30
    assert names(tmp_path, "work") == names(tmp_path, "refused") == []


def stop_at(folder: Path, moment: str) -> None:
    """Take files as a worker does that stands still at a moment."""
    write = inboxes._write

    def stand_still(path, data):
        if moment == "after":
            write(path, data)
        (folder / ".here").touch()
        time.sleep(60)

    inboxes._write = stand_still
    take(folder)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_a_killed_worker_had_claimed_is_taken_by_the_next_one(tmp_path, moment):
    drop(tmp_path, "INF1000.csv")
    worker = PROCESSES.Process(target=stop_at, args=(tmp_path, moment))
    worker.start()
    try:
        for _turn in range(600):
            if (tmp_path / ".here").exists():
                break
            time.sleep(0.05)
        assert names(tmp_path, "work") == ["INF1000.csv"]
        assert take(tmp_path) == 0  # while it lives, nobody else is at its files
    finally:
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join(30)
    assert take(tmp_path) == 1
    assert (names(tmp_path, "done"), names(tmp_path, "work")) == (["INF1000.csv"], [])
    assert len(reports(tmp_path, "done")) == 1


# The worker ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def _two_folders(settings, tmp_path) -> None:
    shared = {"kind": "folder", "authentication_type": "", "claim": "", "problems": []}
    settings.ROSTER_SOURCES = [
        {"slug": "gone", "folder": str(tmp_path / "gone"), **shared},
        {"slug": "here", "folder": str(tmp_path), **shared},
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("_two_folders")
def test_the_worker_watches_each_folder_and_a_broken_one_stops_no_other(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(Inbox.__init__, "__kwdefaults__", {"settled": 0, "clock": time.monotonic})
    state = RosterState.objects.create(source="here", hints_due_at="2030-01-01T00:00Z")
    drop(tmp_path, "INF1000.csv")
    watcher = drop_folders.Watcher()
    assert [watcher.look(), watcher.look()] == [1, 0]
    state.refresh_from_db()
    assert state.hints_due_at.year < 2030
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [
        "Drop folder of gone: The folder of this student system cannot be used (No such file or directory)."
    ]


# Mangled -------------------------------------------------------------------------------------------------------------

WHOLE = (LIST + KARI + OLA).encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=0, max_size=3)), max_size=4),
    cut=st.integers(0, len(WHOLE)),
    ending=st.binary(max_size=20),
)
def test_whatever_a_file_holds_it_is_answered_and_moved(tmp_path, places, cut, ending):
    data = bytearray(WHOLE)
    for place, put in places:
        data[place : place + 1] = put
    drop(tmp_path, "INF1000.csv", bytes(data[:cut]) + ending)
    assert take(tmp_path) == 1
    assert not list(tmp_path.glob("*.csv"))
    assert "The log of the worker says more" not in "".join(reports(tmp_path, "refused"))
    with suppress(SourceError):
        snapshot(tmp_path)

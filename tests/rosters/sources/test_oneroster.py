"""OneRoster CSV: what a package says is read whole or refused with a sentence."""

import io
import os
import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from candidates.rosters.source import ExamSearch, Snapshot, SourceError
from candidates.rosters.sources import READERS
from candidates.rosters.sources.oneroster import packages, tables
from candidates.rosters.sources.oneroster.reader import OneRosterSource
from tests.rosters.sources.oneroster_files import HEADS, enrolment, files, manifest, packed, put, school, user


@pytest.fixture(autouse=True)
def _written_long_ago(monkeypatch):
    """Take every package for written to its end, unless a test says otherwise."""
    monkeypatch.setattr(tables, "SETTLED", -1)
    monkeypatch.setattr(tables, "PATIENCE", -1)


def source(folder: Path, login: str = "username") -> OneRosterSource:
    setup = {"folder": str(folder), "login_column": login, "authentication_type": "campus"}
    return OneRosterSource(setup)  # type: ignore[arg-type]


def read(folder: Path, login: str = "username") -> Snapshot:
    return source(folder, login).snapshot("c1")


def refusal(folder: Path, login: str = "username") -> str:
    with pytest.raises(SourceError) as caught:
        read(folder, login)
    return str(caught.value)


def test_a_class_is_an_exam_and_its_students_are_the_list(tmp_path):
    put(tmp_path, packed(files(school())))
    found = read(tmp_path)
    assert [(one.key, one.login, one.name, one.student_number) for one in found.enrolments] == [
        ("u1", "user1", "Moeb, Kari", "S0001"),
        ("u2", "user2", "Moec, Kari", "S0002"),
        ("u3", "user3", "Moed, Kari", "S0003"),
    ]
    exam = found.exam
    assert (exam.key, exam.title, exam.code, exam.place) == ("c1", "Chemistry: Group 1", "KJM1000", "A 1")
    assert (exam.opens, exam.is_anonymous, exam.is_cancelled) == (None, False, False)
    assert not any(one.candidate_id or one.accommodations for one in found.enrolments)
    assert (found.notices, found.doubts) == ((), ())


def test_the_settings_make_this_reader():
    assert READERS["oneroster"] is OneRosterSource


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_come_through_with_any_mark_that_says_which_they_are(tmp_path, encoding):
    made = files(school() | {"users": [user(1, givenName="Bjørn"), user(2), user(3)]})
    put(tmp_path, packed({name: data.decode().encode(encoding) for name, data in made.items()}))
    assert read(tmp_path).enrolments[0].name == "Moeb, Bjørn"


def test_other_letters_are_refused_since_names_would_be_wrong(tmp_path):
    made = files(school() | {"users": [user(1, givenName="Bjørn"), user(2), user(3)]})
    put(tmp_path, packed(made | {"users.csv": made["users.csv"].decode().encode("cp1252")}))
    assert "users.csv (oneroster.zip) is not UTF-8" in refusal(tmp_path)


@pytest.mark.parametrize("folded", [False, True])
def test_a_folder_with_the_files_is_read_like_a_zip_file(tmp_path, folded):
    below = tmp_path / "export" if folded else tmp_path
    below.mkdir(exist_ok=True)
    for name, data in files(school()).items():
        (below / name).write_bytes(data)
    assert len(read(tmp_path).enrolments) == 3


def test_a_zip_file_with_a_folder_around_its_files_is_read(tmp_path):
    put(tmp_path, packed({f"Export/{name}": data for name, data in files(school()).items()}))
    assert len(read(tmp_path).enrolments) == 3


@pytest.mark.parametrize(
    ("column", "login"),
    [
        ("identifier", "S0001"),
        ("email", "kari1@example.org"),
        ("sourcedId", "u1"),
        ("userIds:LDAP", "ldap1"),
        ("userIds:lti", "lti-1"),
    ],
)
def test_the_setting_names_the_column_by_which_people_log_in(tmp_path, column, login):
    put(tmp_path, packed(files(school())))
    assert read(tmp_path, column).enrolments[0].login == login


def test_a_profile_of_1_2_may_hold_the_login(tmp_path):
    profiles = [
        {"sourcedId": f"p{n}", "userSourcedId": f"u{n}", "profileType": "sso", "vendorId": "uni", "username": f"sso{n}"}
        for n in (1, 2, 3)
    ]
    put(tmp_path, packed(files(school() | {"userProfiles": profiles}, version="1.2")))
    assert [one.login for one in read(tmp_path, "userProfiles:uni").enrolments] == ["sso1", "sso2", "sso3"]


def test_two_ids_of_one_kind_are_a_question_and_no_guess(tmp_path):
    put(tmp_path, packed(files(school() | {"users": [user(1, userIds="{LDAP:a},{LDAP:b}"), user(2), user(3)]})))
    assert "Line 2 of users.csv has several ids of the kind “userIds:LDAP”" in refusal(tmp_path, "userIds:LDAP")


def test_two_people_with_one_login_are_refused(tmp_path):
    put(tmp_path, packed(files(school() | {"users": [user(1), user(2, username="USER1"), user(3)]})))
    said = refusal(tmp_path)
    assert "the same username" in said
    assert "USER1" not in said


def test_who_has_no_login_is_told_of_and_a_class_without_any_is_refused(tmp_path):
    put(tmp_path, packed(files(school() | {"users": [user(1, username=""), user(2), user(3)]})))
    found = read(tmp_path)
    assert [one.login for one in found.enrolments] == ["", "user2", "user3"]
    assert "1 student has nothing in username" in found.notices[0]
    assert "Nobody of this class has anything in userIds:other" in refusal(tmp_path, "userIds:other")


def test_who_is_to_be_deleted_has_withdrawn(tmp_path):
    told = school(4)
    told["enrollments"][0] |= {"status": "tobedeleted", "dateLastModified": "2026-11-20T10:00:00.000Z"}
    told["users"][1] |= {"status": "tobedeleted"}
    put(tmp_path, packed(files(told)))
    found = read(tmp_path).enrolments
    assert [one.is_withdrawn for one in found] == [True, True, False, False]
    assert f"{found[0].withdrawn_at:%Y-%m-%d %H:%M}" == "2026-11-20 10:00"


def test_who_left_before_the_term_ends_has_withdrawn_and_who_was_enrolled_for_the_term_has_not(tmp_path):
    told = school()
    told["enrollments"][0]["endDate"] = "2025-10-01"
    told["enrollments"][1]["endDate"] = "2025-11-30"
    told["academicSessions"][0]["endDate"] = "2025-11-30"
    told["enrollments"][2]["endDate"] = "nonsense"
    put(tmp_path, packed(files(told)))
    assert [one.is_withdrawn for one in read(tmp_path).enrolments] == [True, False, False]


def test_of_two_enrolments_of_somebody_the_one_that_stands_counts(tmp_path):
    told = school(1)
    ways = ["tobedeleted", "active", "tobedeleted"]
    told["enrollments"] = [enrolment(1, sourcedId=f"e{number}", status=one) for number, one in enumerate(ways)]
    put(tmp_path, packed(files(told)))
    assert [one.is_withdrawn for one in read(tmp_path).enrolments] == [False]


def test_a_class_to_be_deleted_is_cancelled_and_is_not_offered(tmp_path):
    told = school()
    told["classes"][0]["status"] = "tobedeleted"
    put(tmp_path, packed(files(told)))
    assert read(tmp_path).exam.is_cancelled
    assert [one.key for one in source(tmp_path).exams(ExamSearch())] == ["c2"]


@pytest.mark.parametrize(
    ("search", "keys"),
    [
        (ExamSearch("chem 2"), ["c2"]),
        (ExamSearch("kjm1000"), ["c1", "c2"]),
        (ExamSearch("physics"), []),
    ],
)
def test_classes_are_found_by_words_of_their_names_and_codes(tmp_path, search, keys):
    put(tmp_path, packed(files(school())))
    assert [one.key for one in source(tmp_path).exams(search)] == keys


# Bulk and delta ------------------------------------------------------------------------------------------------------


def test_deltas_are_put_on_the_last_full_list_in_their_order(tmp_path):
    put(tmp_path, packed(files(school(), users="bulk")), "1.zip", changed=100)
    moved = [enrolment(1, status="tobedeleted"), enrolment(2, status="active", classSourcedId="c2"), enrolment(4)]
    more = {"enrollments": moved, "users": [user(4), user(3, familyName="Lie", status="active")]}
    put(tmp_path, packed(files(more, delta=["enrollments", "users"])), "2.zip", changed=200)
    back = {"enrollments": [enrolment(1, status="active")]}
    put(tmp_path, packed(files(back, delta=["enrollments"])), "0-newest.zip", changed=300)
    found = read(tmp_path)
    assert {one.key: (one.name, one.is_withdrawn) for one in found.enrolments} == {
        "u1": ("Moeb, Kari", False),
        "u3": ("Lie, Kari", False),
        "u4": ("Moee, Kari", False),
    }
    assert "2 packages of changes" in found.notices[0]


def test_a_newer_full_list_ends_what_came_before(tmp_path):
    put(tmp_path, packed(files(school(5))), "1.zip", changed=100)
    put(
        tmp_path,
        packed(files({"enrollments": [enrolment(9)], "users": [user(9)]}, delta=["enrollments", "users"])),
        "2.zip",
        changed=150,
    )
    put(tmp_path, packed(files(school(2))), "3.zip", changed=200)
    found = read(tmp_path)
    assert ([one.key for one in found.enrolments], found.notices) == (["u1", "u2"], ())


def test_each_table_has_a_full_list_of_its_own(tmp_path):
    put(tmp_path, packed(files(school(5))), "1.zip", changed=100)
    put(tmp_path, packed(files({"enrollments": [enrolment(2), enrolment(4)]})), "2.zip", changed=200)
    assert [one.key for one in read(tmp_path).enrolments] == ["u2", "u4"]


def test_a_delta_without_its_full_list_is_an_error(tmp_path):
    put(tmp_path, packed(files(school(), delta=["enrollments"])))
    assert refusal(tmp_path).startswith("Only changes (delta) of enrollments.csv are here, and no full list")


def test_a_table_that_never_came_is_an_error(tmp_path):
    told = school()
    del told["users"]
    put(tmp_path, packed(files(told)))
    assert refusal(tmp_path) == "No package holds users.csv: manifest.csv says that they are absent."


def test_older_packages_are_not_opened_once_a_full_list_is_found(tmp_path):
    put(tmp_path, b"no zip file", "0.zip", changed=1)
    put(tmp_path, packed(files(school())), "1.zip", changed=100)
    assert len(read(tmp_path).enrolments) == 3


# What is not whole ---------------------------------------------------------------------------------------------------


def test_references_that_lead_nowhere_make_a_list_that_is_not_whole(tmp_path):
    put(tmp_path, packed(files(school() | {"users": [user(1)]})))
    assert "2 enrolments of this class are of people whom users.csv does not have" in refusal(tmp_path)


def test_a_class_without_its_course_and_term_can_still_be_read(tmp_path):
    put(tmp_path, packed(files(school() | {"courses": [], "academicSessions": []})))
    assert read(tmp_path).exam.title == "Group 1"


@pytest.mark.parametrize("name", ["users", "enrollments", "classes"])
def test_an_id_that_comes_twice_in_a_table_is_an_error(tmp_path, name):
    told = school()
    told[name].append(dict(told[name][0]))
    put(tmp_path, packed(files(told)))
    assert f"of {name}.csv (oneroster.zip) has a sourcedId twice" in refusal(tmp_path)


def test_a_class_without_students_is_an_error_and_so_is_one_that_is_gone(tmp_path):
    put(tmp_path, packed(files(school() | {"enrollments": [enrolment(90, role="teacher")]})))
    assert "Nobody is enrolled in this class" in refusal(tmp_path)
    put(tmp_path, packed(files(school() | {"classes": []})))
    assert "has no class with this id any more" in refusal(tmp_path)


def swapped(old: bytes, new: bytes, name: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda made: made | {name: made[name].replace(old, new)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            swapped(b"userSourcedId", b"userId", "enrollments.csv"),
            "enrollments.csv (oneroster.zip) has no column userSourcedId",
        ),
        (swapped(b"username", b"login", "users.csv"), "users.csv (oneroster.zip) has no column username"),
        (swapped(b"email", b"phone", "users.csv"), "has the column phone twice"),
        (
            swapped(b",student,", b",", "enrollments.csv"),
            "Line 2 of enrollments.csv (oneroster.zip) has 9 cells, its header 10",
        ),
        (swapped(b"e1,,", b"e1,gone,", "enrollments.csv"), "has the status “gone”"),
        (swapped(b"e1,,", b",,", "enrollments.csv"), "Line 2 of enrollments.csv (oneroster.zip) has no sourcedId"),
        (swapped(b"u3,", b'"u3,', "users.csv"), "users.csv (oneroster.zip) cannot be read"),
        (swapped(b"1.1", b"1.0", "manifest.csv"), "is OneRoster “1.0” by its manifest.csv"),
        (swapped(b"users,bulk", b"users,some", "manifest.csv"), "says “some” of users"),
        (lambda made: {name: data for name, data in made.items() if name != "users.csv"}, "which is not in it"),
        (
            lambda made: {name: data for name, data in made.items() if name != "manifest.csv"},
            "There is no manifest.csv",
        ),
        (lambda made: made | {"users.csv": b"\0\0\0\0" * 50}, "is no text"),
        (lambda made: made | {"users.csv": b""}, "has no column sourcedId, username"),
        (lambda made: made | {"../users.csv": b""}, "a path that leads out of it"),
        (lambda made: made | {"/etc/users.csv": b""}, "a path that leads out of it"),
        (lambda made: made | {"C:\\users.csv": b""}, "a path that leads out of it"),
        (lambda made: made | {"more.zip": b""}, "another packed file"),
        (lambda made: made | {"USERS.csv": made["users.csv"]}, "holds users.csv twice"),
        (lambda made: made | {f"{n}.csv": b"" for n in range(100)}, "holds 106 files"),
        (lambda made: made | {"demographics.csv": b"0" * 5_000_000}, "is larger than anything that is read"),
    ],
)
def test_what_is_wrong_with_a_package_is_said_and_nothing_of_it_is_read(tmp_path, change, said):
    put(tmp_path, packed(change(files(school()))))
    assert said in refusal(tmp_path)


def test_a_password_another_way_to_pack_and_a_link_are_refused(tmp_path):
    made = packed(files(school()))
    locked = bytearray(made)
    at = locked.rindex(b"PK\x01\x02")
    locked[at + 8] |= 1
    put(tmp_path, bytes(locked))
    assert "has a password" in refusal(tmp_path)
    put(tmp_path, packed(files(school()), zipfile.ZIP_BZIP2))
    assert "packed in a way that is not read" in refusal(tmp_path)
    stream = io.BytesIO(made)
    with zipfile.ZipFile(stream, "a") as archive:
        link = zipfile.ZipInfo("orgs.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    put(tmp_path, stream.getvalue())
    assert "holds a link" in refusal(tmp_path)


def test_a_table_that_was_damaged_on_its_way_is_noticed(tmp_path):
    made = bytearray(packed(files(school()), zipfile.ZIP_STORED))
    made[made.index(b"user1")] ^= 1
    put(tmp_path, bytes(made))
    assert "users.csv (oneroster.zip) cannot be read" in refusal(tmp_path)


def test_links_in_the_folder_are_never_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    put(outside, packed(files(school())))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "oneroster.zip").symlink_to(outside / "oneroster.zip")
    (folder / "export").symlink_to(outside)
    assert "holds no OneRoster package" in refusal(folder)
    for name, data in files(school()).items():
        (outside / name).write_bytes(data)
        (folder / name).symlink_to(outside / name)
    assert "cannot be read" in refusal(folder)


def test_a_folder_that_is_gone_is_said(tmp_path):
    assert refusal(tmp_path / "gone") == "The folder of this student system cannot be read (No such file or directory)."


# Still being written -------------------------------------------------------------------------------------------------


def test_a_package_that_has_just_changed_waits_and_the_one_before_it_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(packages.Package, "is_on_its_way", lambda one, _seconds: one.name == "2.zip")
    put(tmp_path, packed(files(school(2))), "2.zip", changed=200)
    assert refusal(tmp_path) == "2.zip is still being written. Look again in a minute."
    put(tmp_path, packed(files(school(3))), "1.zip", changed=100)
    found = read(tmp_path)
    assert (len(found.enrolments), found.notices) == (3, ("2.zip is still being written; this is what 1.zip says.",))


def test_half_a_zip_file_waits_for_its_rest_and_is_an_error_once_none_comes(tmp_path, monkeypatch):
    whole = packed(files(school(2)))
    put(tmp_path, packed(files(school(3))), "1.zip", changed=100)
    put(tmp_path, whole[: len(whole) // 2], "2.zip", changed=200)
    assert "2.zip cannot be read (BadZipFile)" in refusal(tmp_path)
    monkeypatch.setattr(tables, "PATIENCE", 600)
    found = read(tmp_path)
    assert (len(found.enrolments), "2.zip" in found.notices[0]) == (3, True)


@pytest.mark.parametrize("name", ["2.zip.part", ".2.zip", "2.zip.tmp", "~2.zip", "2.zip.filepart"])
def test_names_of_what_is_on_its_way_are_passed_over(tmp_path, name):
    put(tmp_path, packed(files(school(3))), "1.zip", changed=100)
    put(tmp_path, b"half", name, changed=200)
    assert len(read(tmp_path).enrolments) == 3


def test_hints_say_that_there_is_something_new(tmp_path):
    put(tmp_path, packed(files(school())), changed=100)
    first = source(tmp_path).hints("")
    assert first is not None
    assert first.everything
    again = source(tmp_path).hints(first.marker)
    assert again is not None
    assert (again.marker, again.everything) == (first.marker, False)
    put(tmp_path, packed(files(school(2))), "2.zip", changed=200)
    newer = source(tmp_path).hints(first.marker)
    assert newer is not None
    assert newer.everything


def test_the_connection_is_tested_by_reading_the_packages(tmp_path):
    put(tmp_path, packed(files(school())), changed=1_780_000_000)
    assert source(tmp_path).check() == "OneRoster 1.1 of Thu 28 May 2026, 22:26: 2 classes."


# Mangled -------------------------------------------------------------------------------------------------------------

WHOLE = packed(files(school()))
TEXTS = st.one_of(
    st.sampled_from(["", "null", "-1", "[]", "\u202e", "{:}", "x" * 300, '"', "\r\n", "\0", "student"]),
    st.text(max_size=20),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_table_holds_only_a_sentence_comes_out(tmp_path, data):
    told = school()
    for _turn in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from([one for one in HEADS if one in told]))
        row = data.draw(st.sampled_from(told[name]))
        column = data.draw(st.sampled_from(HEADS[name].split(",")))
        row[column] = data.draw(TEXTS)
    put(tmp_path, packed(files(told)))
    try:
        found = read(tmp_path)
        source(tmp_path).exams(ExamSearch())
    except SourceError:
        return
    assert all(len(one.key) <= 255 and len(one.login) <= 255 for one in found.enrolments)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.integers(0, len(WHOLE)),
)
def test_whatever_is_damaged_in_a_zip_file_only_a_sentence_comes_out(tmp_path, places, cut):
    damaged = bytearray(WHOLE)
    for place, value in places:
        damaged[place] = value
    put(tmp_path, bytes(damaged if cut % 2 else damaged[:cut]))
    with suppress(SourceError):
        read(tmp_path)


def test_no_password_of_a_package_comes_out(tmp_path):
    put(tmp_path, packed(files(school() | {"users": [user(1, password="hunter2"), user(2), user(3)]})))
    assert "hunter2" not in repr(read(tmp_path))


def test_manifests_are_read_in_capitals_too(tmp_path):
    said = manifest(dict.fromkeys(school(), "Bulk")).replace(b"file.users", b"File.Users")
    put(tmp_path, packed(files(school()) | {"manifest.csv": said}))
    assert len(read(tmp_path).enrolments) == 3
    assert os.listdir(tmp_path) == ["oneroster.zip"]

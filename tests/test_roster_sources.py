"""Settings of student systems: a broken one says what is wrong with it and stops nothing else."""

from pathlib import Path

import pytest

from inspera_deliver import environment
from inspera_deliver.roster_sources import SourceSettings, read_roster_sources, types_of_platforms

FS = {
    "ROSTER_FS_KIND": "fs",
    "ROSTER_FS_LABEL": "FS, Havnes",
    "ROSTER_FS_URL": "https://api.example.org/graphql/",
    "ROSTER_FS_API_KEY": "9a1",
    "ROSTER_FS_ORGANISATION": "0192",
    "ROSTER_FS_AUTHENTICATION_TYPE": "campus",
}


def read(monkeypatch: pytest.MonkeyPatch, slugs: list[str], **values: str) -> tuple[list[SourceSettings], list[str]]:
    def config(name: str, default: object = "", cast: object = str) -> object:
        return slugs if name == "ROSTER_SOURCES" else values.get(name, default)

    monkeypatch.setattr(environment, "config", config)
    return read_roster_sources(["campus"])


def test_a_whole_source_has_nothing_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    (one,), left_out = read(monkeypatch, ["fs"], **FS)
    assert (one["label"], one["every_minutes"], one["problems"], left_out) == ("FS, Havnes", 60, [], [])


def test_the_institutions_table_of_measures_is_read_with_percent_and_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Förlängd skrivtid:25%; Enskild  :30 ;Half: 12,5 %;"
    (one,), _left_out = read(monkeypatch, ["fs"], **FS, ROSTER_FS_SUPPORT=text)
    assert one["support"] == {"förlängd skrivtid": "25%", "enskild": "30", "half": "12.5%"}
    assert one["problems"] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ROSTER_FS_API_KEY": ""}, "ROSTER_FS_API_KEY, or ROSTER_FS_USER and ROSTER_FS_PASSWORD, is not set."),
        ({"ROSTER_FS_ORGANISATION": " "}, "ROSTER_FS_ORGANISATION is not set."),
        ({"ROSTER_FS_URL": "http://api.example.org/"}, "ROSTER_FS_URL is http://api.example.org/…, which is no https"),
        ({"ROSTER_FS_URL": "https://me:secret@api.example.org/"}, "without a name or password in it"),
        ({"ROSTER_FS_URL": "https://[api"}, "ROSTER_FS_URL is no address."),
        ({"ROSTER_FS_AUTHENTICATION_TYPE": "feide"}, "“feide”, which SSO_TYPES does not name"),
        ({"ROSTER_FS_AUTHENTICATION_TYPE": ""}, "ROSTER_FS_AUTHENTICATION_TYPE is not set"),
        ({"ROSTER_FS_EVERY_MINUTES": "often"}, "no whole number of minutes"),
        ({"ROSTER_FS_EVERY_MINUTES": "0"}, "no whole number of minutes"),
        ({"ROSTER_FS_CLAIM": "email"}, "ROSTER_FS_CLAIM is “email”, which a person can choose or share"),
        ({"ROSTER_FS_SUPPORT": "Extra time"}, "“Extra time” is not written like"),
        ({"ROSTER_FS_CA": "/nowhere/ca.pem"}, "ROSTER_FS_CA names /nowhere/ca.pem, which cannot be read."),
        ({"ROSTER_FS_KIND": "folder"}, "ROSTER_FS_FOLDER is not set."),
        ({"ROSTER_FS_KIND": "ladok"}, "ROSTER_FS_CERTIFICATE is not set."),
        ({"ROSTER_FS_SUPPORT_URL": "http://api.example.org/stod"}, "ROSTER_FS_SUPPORT_URL is http://api.example.org/…"),
        ({"ROSTER_FS_STUDENT_NUMBER": "email"}, "ROSTER_FS_STUDENT_NUMBER is “email”; it can be personnummer"),
    ],
)
def test_a_broken_source_says_which_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], said: str
) -> None:
    (one,), left_out = read(monkeypatch, ["fs"], **(FS | changed))
    assert said in " ".join(one["problems"])
    assert not left_out
    assert "secret" not in " ".join(one["problems"])


def test_a_learning_platform_brings_its_own_authentication_type_and_is_registered_on_a_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (key := tmp_path / "key.pem").touch()
    settings = {"ROSTER_LMS_KIND": "lti", "ROSTER_LMS_LABEL": "Canvas", "ROSTER_LMS_KEY": str(key)}
    found, _left_out = read(monkeypatch, ["lms"], **settings)
    (type_,) = types_of_platforms(found, ["campus"])
    assert (found[0]["problems"], found[0]["authentication_type"]) == ([], "lms")
    assert (type_["slug"], type_["label"], type_["comparison"], type_["by_launch"]) == ("lms", "Canvas", "exact", True)


@pytest.mark.parametrize(
    ("slug", "changed", "said"),
    [
        ("lms", {"ROSTER_LMS_AUTHENTICATION_TYPE": "campus"}, "ROSTER_LMS_AUTHENTICATION_TYPE cannot be set"),
        ("lms", {"ROSTER_LMS_CLAIM": "email"}, "ROSTER_LMS_CLAIM cannot be set"),
        ("lms", {"ROSTER_LMS_KEY": ""}, "ROSTER_LMS_KEY is not set."),
        ("campus", {"ROSTER_CAMPUS_KIND": "lti"}, "ROSTER_SOURCES and SSO_TYPES both have “campus”"),
    ],
)
def test_a_learning_platform_is_taken_for_no_sso_setup(
    monkeypatch: pytest.MonkeyPatch, slug: str, changed: dict[str, str], said: str
) -> None:
    found, _left_out = read(
        monkeypatch, [slug], **({"ROSTER_LMS_KIND": "lti", "ROSTER_LMS_KEY": "/dev/null"} | changed)
    )
    assert said in " ".join(found[0]["problems"])
    assert bool(types_of_platforms(found, ["campus"])) == (slug == "lms")


def test_names_that_cannot_be_told_apart_or_addressed_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found, left_out = read(monkeypatch, ["fs", "fs", "F S", "pcg"], **FS, ROSTER_PCG_KIND="pcg")
    assert [one["slug"] for one in found] == ["fs"]
    assert ["twice" in left_out[0], "cannot stand" in left_out[1], "“pcg”; it can be" in left_out[2]] == [True] * 3


def test_a_folder_that_is_there_is_enough_for_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = {"ROSTER_FS_KIND": "oneroster", "ROSTER_FS_FOLDER": str(tmp_path)}
    (one,), _left_out = read(monkeypatch, ["fs"], **(FS | folder))
    assert one["problems"] == []


@pytest.mark.parametrize(
    ("said", "claim", "column"),
    [
        ("", "", "username"),
        ("userIds:LDAP", "", "userIds:LDAP"),
        ("norEduPersonLIN = identifier", "norEduPersonLIN", "identifier"),
    ],
)
def test_of_oneroster_the_claim_names_the_column_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, claim: str, column: str
) -> None:
    folder = {"ROSTER_FS_KIND": "oneroster", "ROSTER_FS_FOLDER": str(tmp_path), "ROSTER_FS_CLAIM": said}
    (one,), _left_out = read(monkeypatch, ["fs"], **(FS | folder))
    assert (one["claim"], one["login_column"], one["problems"]) == (claim, column, [])
    (one,), _left_out = read(monkeypatch, ["fs"], **(FS | folder | {"ROSTER_FS_CLAIM": "phone"}))
    assert "ROSTER_FS_CLAIM is “phone”; it can be username" in one["problems"][0]


def test_a_source_on_the_same_machine_without_tls_shows_no_certificate(monkeypatch):
    values = {**FS, "ROSTER_FS_KIND": "ladok", "ROSTER_FS_URL": "http://127.0.0.1:8801"}
    (one,), _left_out = read(monkeypatch, ["fs"], **values)
    assert one["problems"] == []

"""What stands beside the README: licences of what is copied, the version, and hooks."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
FONTS = PROJECT / "candidates/credentials/fonts"
VENDORED = (*PROJECT.glob("candidates/**/vendor/*"), *PROJECT.glob("tests/**/vendor/*"))
COPIED = sorted([*VENDORED, *PROJECT.glob("tests/data/ladok/*/"), FONTS])


@pytest.mark.parametrize("folder", COPIED, ids=lambda folder: folder.name)
def test_what_is_copied_has_its_licence_beside_it_and_stands_in_the_notice(folder: Path) -> None:
    assert list(folder.glob("LICENSE*"))
    assert f"\n  {folder.relative_to(PROJECT).as_posix()}/\n" in (PROJECT / "NOTICE").read_text()


def test_the_notice_names_only_what_is_there() -> None:
    named = re.findall(r"^  (\S+)/$", (PROJECT / "NOTICE").read_text(), re.MULTILINE)
    assert sorted(named) == [folder.relative_to(PROJECT).as_posix() for folder in COPIED]


def test_the_newest_version_of_the_changes_is_that_of_the_project() -> None:
    numbers = re.findall(
        r"^## \[([0-9.]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$", (PROJECT / "CHANGELOG.md").read_text(), re.M
    )
    assert numbers[0] == tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]


def test_hooks_before_a_commit_run_what_the_makefile_has() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    entries = re.findall(r"entry: (.*)$", (PROJECT / ".pre-commit-config.yaml").read_text(), re.MULTILINE)
    assert {"make lint"} <= set(entries)
    for entry in entries:
        command, *goals = entry.split()
        assert command == "make"
        assert set(goals) <= targets

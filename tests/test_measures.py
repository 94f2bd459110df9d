"""What `make coverage` asks of the rooms that guard exams, and what `make durations` writes down."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.covered import ROOMS, figures, too_little
from tests.support.durations import PAGE, filled, table_of

PROJECT = Path(__file__).resolve().parent.parent


def summary(*, missing: int = 0, branches: int = 100, covered: int = 100) -> dict[str, Any]:
    lines = {"num_statements": 10, "covered_lines": 10 - missing}
    return {"summary": {**lines, "num_branches": branches, "covered_branches": covered}}


def everything(**changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"candidates/{room}": summary() for room in ROOMS} | {"candidates/pages/x.py": summary(missing=9)} | changed


def test_rooms_that_guard_exams_are_where_they_are_looked_for() -> None:
    assert [room for room in ROOMS if not (PROJECT / "candidates" / room).exists()] == []
    assert too_little(figures(everything())) == []


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("candidates/signin/sso/backend.py", summary(missing=1)),
        ("candidates/access.py", summary(covered=97)),
    ],
)
def test_a_line_or_more_than_two_in_a_hundred_branches_that_no_test_takes_are_named(
    file: str, found: dict[str, Any]
) -> None:
    [sentence] = too_little(figures(everything(**{file: found})))
    assert sentence.startswith(file.split("/")[1])


def test_the_files_of_a_room_are_summed_up_and_no_other_room_is() -> None:
    found = figures(everything(**{"candidates/signin/sso/backend.py": summary(missing=1, branches=4, covered=3)}))
    assert set(found) == set(ROOMS)
    assert found["signin"] == {"num_statements": 20, "covered_lines": 19, "num_branches": 104, "covered_branches": 103}


def test_a_room_that_was_not_measured_is_named() -> None:
    measured = everything()
    del measured["candidates/timing.py"]
    assert too_little(figures(measured)) == ["timing.py was not measured at all."]


RESULTS = """<testsuites><testsuite time="61.4">
<testcase classname="tests.signin.test_idle" name="test_staff_are_logged_out[a|b c]" time="9.06" />
<testcase classname="tests.test_docs" name="test_links" time="11.5" />
</testsuite></testsuites>"""


def test_the_slowest_tests_stand_first_in_the_table_of_their_set(tmp_path: Path) -> None:
    (tmp_path / "fast-sqlite.xml").write_text(RESULTS)
    table = table_of(tmp_path / "fast-sqlite.xml")
    assert table.startswith("2 tests, 61 s on the clock, 21 s of both workers:")
    assert table.splitlines()[-2:] == [
        "| 11.5 | tests/test_docs.py | links |",
        "| 9.1 | tests/signin/test_idle.py | staff are logged out [a b c] |",
    ]


def test_every_set_of_the_makefile_has_its_place_on_the_page() -> None:
    sets = [part.split(".xml")[0] for part in (PROJECT / "Makefile").read_text().split("$(TIMED)/")[1:]]
    assert len(sets) == 4
    for name in sets:
        assert f"<!-- durations: {name} -->\nnew\n<!-- end -->" in filled(PAGE.read_text(), name, "new")
    with pytest.raises(ValueError, match="no place"):
        filled(PAGE.read_text(), "unknown", "new")

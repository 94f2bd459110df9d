"""The register of fault cases names every number, and only tests that are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from candidates.models import AuditEvent
from tests.fault_cases import CASES, PROMISES, Case, markdown
from tests.recorded_acts import RECORDED_BY

TESTS = Path(__file__).parent
PROJECT = TESTS.parent


def source_of(file: str, function: str) -> str:
    """Return what a test says, its parameters with it."""
    text = (TESTS / file).read_text()
    [found] = (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef) and one.name == function)
    first = min([found.lineno, *(one.lineno for one in found.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : found.end_lineno])


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_number_is_there_once_and_in_order() -> None:
    assert [case.number for case in CASES] == [f"C{number}" for number in range(1, 76)]
    assert [case.number for case in PROMISES] == [f"P{number}" for number in range(1, 19)]


@pytest.mark.parametrize("case", [*CASES, *PROMISES], ids=lambda case: case.number)
def test_each_is_shown_by_tests_that_are_there_or_says_why_not(case: Case) -> None:
    assert case.shown_by or case.not_shown
    for name in case.shown_by:
        file, _, function = name.partition("::")
        assert (TESTS / file).is_file(), name
        found = functions_of(file)
        assert function in found if function else any(one.startswith("test_") for one in found), name


def test_what_people_read_is_the_register() -> None:
    assert (TESTS / "fault-cases.md").read_text() == markdown()
    assert "tests/fault-cases.md" in (PROJECT / "README.md").read_text()
    assert "../tests/fault-cases.md" in (PROJECT / "docs" / "fault-cases.md").read_text()


def test_every_act_of_the_audit_has_a_test_that_is_there() -> None:
    # C72: the list of acts is closed (candidates/models/audit.py). That each of these tests fails without the row shows
    # `make mutation`; here, that each names the act.
    assert set(RECORDED_BY) == set(AuditEvent.Action)
    for action, name in RECORDED_BY.items():
        file, _, function = name.partition("::")
        assert re.search(rf"\b({action.name}|{action.value})\b", source_of(file, function)), name

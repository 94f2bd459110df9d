"""The register of fault cases names every number, and only tests that are there; so does the choice of conftest.py."""

import ast
import re
from functools import cache
from pathlib import Path

from candidates.models import AuditEvent
from tests.conftest import ON_POSTGRESQL_TOO
from tests.fault_cases import CASES, PROMISES
from tests.recorded_acts import RECORDED_BY

TESTS = Path(__file__).parent


def source_of(file: str, function: str) -> str:
    """Return what a test says, its parameters with it."""
    text = (TESTS / file).read_text()
    [found] = (one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef) and one.name == function)
    first = min([found.lineno, *(one.lineno for one in found.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : found.end_lineno])


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text())
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_number_is_there_once_and_in_order() -> None:
    assert [case.number for case in CASES] == [f"C{number}" for number in range(1, 76)]
    assert [case.number for case in PROMISES] == [f"P{number}" for number in range(1, 19)]


def is_there(name: str) -> bool:
    """Say whether there is such a file of tests, or such a function in it."""
    file, _, function = name.partition("::")
    return (TESTS / file).is_file() and (function in functions_of(file) if function else bool(functions_of(file)))


def test_each_is_shown_by_tests_that_are_there_or_says_why_not() -> None:
    assert [case.number for case in (*CASES, *PROMISES) if not (case.shown_by or case.not_shown)] == []
    named = [(case.number, name) for case in (*CASES, *PROMISES) for name in case.shown_by]
    assert [one for one in named if not is_there(one[1])] == []


def test_what_runs_on_postgresql_too_is_there() -> None:
    folders = {name for name in ON_POSTGRESQL_TOO if (TESTS / name).is_dir()}
    assert [name for name in ON_POSTGRESQL_TOO - folders if not is_there(name)] == []


def test_every_act_of_the_audit_has_a_test_that_is_there() -> None:
    # C72: the list of acts is closed (candidates/models/audit.py). That each of these tests fails without the row shows
    # `make mutation`; here, that each names the act.
    assert set(RECORDED_BY) == set(AuditEvent.Action)
    for action, name in RECORDED_BY.items():
        file, _, function = name.partition("::")
        assert re.search(rf"\b({action.name}|{action.value})\b", source_of(file, function)), name

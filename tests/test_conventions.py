"""Rules of the house that no linter knows, read off the text of modules and templates.

Each check is a function of one text, so that it can be seen to find what it forbids. A table names what broke a rule
before there was a check. It may only shrink: the check also fails where a line of the table is no longer needed.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
APPLICATION = PROJECT / "candidates"
MAX_LINE = 200  # characters, of a template
PAGES = ("pages", "templatetags")  # rooms that show what the other rooms found

# Queries in page modules. A page asks `access` and the rooms below for objects; `Model.objects.none()` asks nothing.
QUERIES_IN_PAGES = {
    "pages/imports/preview.py": 1,
    "pages/login_details/rows.py": 1,
    "pages/permanent_users/rows.py": 2,
}

MANAGERS = {"objects", "_default_manager", "_base_manager"}
INSERTING = {
    f"{prefix}{name}" for prefix in ("", "a") for name in ("create", "bulk_create", "get_or_create", "update_or_create")
}
RELATED_TO_CANDIDATES = {"candidates", "candidacies", "stands_in_for"}
TRANSLATION = "django.utils.translation"
# Which arguments of each function are messages.
MESSAGES = {
    "gettext": slice(1),
    "gettext_lazy": slice(1),
    "gettext_noop": slice(1),
    "ngettext": slice(2),
    "ngettext_lazy": slice(2),
    "pgettext": slice(2),
    "pgettext_lazy": slice(2),
    "npgettext": slice(3),
    "npgettext_lazy": slice(3),
}

TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}")
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
QUERY = re.compile(
    r"\b[\w.]*(?:\.(?:all|filter|exclude|exists|order_by|select_related|prefetch_related|values_list|iterator|latest"
    r"|earliest|objects)|_set)\b"
)
COUNT = re.compile(r"\b[\w.]*\.count\b")
# What has a number under the name `count`. A queryset or a list would count there.
NUMBERS_CALLED_COUNT = {
    "all.count",
    "finish.count",
    "first.count",
    "group.count",
    "history.count",
    "known.count",
    "logins.last_print.count",
    "logins.last_view.count",
    "opening.count",
    "page.count",
    "printed.count",
    "refusal.count",
    "room.count",
    "row.count",
    "slips.count",
    "way.count",
}


def modules(*rooms: str) -> Iterator[tuple[str, str]]:
    """Yield the path below candidates/ and the text of each module of the rooms, of all rooms where none is named."""
    for path in sorted(APPLICATION.rglob("*.py")):
        name = path.relative_to(APPLICATION)
        if "migrations" not in name.parts and (not rooms or name.parts[0].removesuffix(".py") in rooms):
            yield name.as_posix(), path.read_text()


def templates() -> Iterator[tuple[str, str]]:
    for path in sorted((PROJECT / "templates").rglob("*.html")):
        yield path.relative_to(PROJECT / "templates").as_posix(), path.read_text()


def name_of(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def queries(source: str) -> int:
    """Count the managers of models that a module names, and its functions of Django that ask one."""
    tree = ast.parse(source)
    harmless = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "none" and isinstance(node.value, ast.Attribute)
    }
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in MANAGERS]
    shortcuts = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and name_of(node.func) in {"get_object_or_404", "get_list_or_404"}
    ]
    return sum(id(node) not in harmless for node in named) + len(shortcuts)


def functions_that_insert_candidates(source: str) -> list[str]:
    """Return the name of each function that makes candidates or has a manager of them insert some."""
    tree = ast.parse(source)
    renamed = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "Candidate" and alias.asname
    }
    return list(_inserting(tree, "", {"Candidate", *renamed}))


def _inserting(node: ast.AST, function: str, candidate: set[str]) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        if isinstance(child, ast.Call) and _inserts(child.func, candidate):
            yield function
        yield from _inserting(child, inside, candidate)


def _inserts(called: ast.expr, candidate: set[str]) -> bool:
    if name_of(called) in candidate:
        return True
    if name_of(called) not in INSERTING or not isinstance(called, ast.Attribute):
        return False
    words = {name_of(node) for node in ast.walk(called.value)}
    return bool(words & candidate and words & MANAGERS) or name_of(called.value) in RELATED_TO_CANDIDATES


def messages_put_together(source: str) -> list[int]:
    """Return the line of each message for gettext that is not written out: no tool finds it, no translation has it."""
    tree = ast.parse(source)
    known = {
        alias.asname or alias.name: MESSAGES[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == TRANSLATION
        for alias in node.names
        if alias.name in MESSAGES
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            messages = known.get(name_of(node.func)) or MESSAGES.get(name_of(node.func), slice(0))
            found += [text.lineno for text in node.args[messages] if not isinstance(text, ast.Constant)]
    return found


def expressions(template: str, wanted: re.Pattern[str]) -> list[str]:
    """Return what a template names in its tags and variables and the pattern finds; quoted words are no names."""
    return [
        found
        for match in TAG.finditer(template)
        for found in wanted.findall(QUOTED.sub("", match.group(1) or match.group(2)))
    ]


def long_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), start=1) if len(line) > MAX_LINE]


# --- The rules --------------------------------------------------------------------------------------------------------


def test_pages_ask_the_rooms_below_and_no_model() -> None:
    found = {name: number for name, text in modules(*PAGES) if (number := queries(text))}
    assert found == QUERIES_IN_PAGES


def test_candidates_are_inserted_by_one_function() -> None:
    found = {(name, function) for name, text in modules() for function in functions_that_insert_candidates(text)}
    assert found == {("intake/door.py", "_inserted")}


def test_every_message_is_written_out_where_gettext_gets_it() -> None:
    found = [f"{name}:{line}" for name, text in modules() for line in messages_put_together(text)]
    assert found == []


def test_no_template_asks_the_database() -> None:
    assert [f"{name}: {found}" for name, text in templates() for found in expressions(text, QUERY)] == []


def test_what_templates_call_count_is_a_number() -> None:
    assert {found for _name, text in templates() for found in expressions(text, COUNT)} == NUMBERS_CALLED_COUNT


def test_no_line_of_a_template_is_longer_than_an_editor_shows() -> None:
    assert [f"{name}:{line}" for name, text in templates() for line in long_lines(text)] == []


# --- What each check finds --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("rows = Candidate.objects.filter(test=test)", 1),
        ("rows = models.Candidate.objects.all(), Test.objects.count()", 2),
        ("rows = Candidate._default_manager.all()", 1),
        ("manager = Candidate.objects", 1),
        ("test = get_object_or_404(Test, pk=pk)", 1),
        ("test = shortcuts.get_object_or_404(Test, pk=pk)", 1),
        ("people = User.objects.none()", 0),
        ("people = User.objects.none().union(User.objects.all())", 1),
        ("objects = rows_of(test)", 0),
    ],
)
def test_a_query_in_a_page_is_found(source: str, number: int) -> None:
    assert queries(source) == number


@pytest.mark.parametrize(
    "source",
    [
        "Candidate.objects.create(test=test)",
        "Candidate.objects.bulk_create(rows)",
        "Candidate.objects.of_test(test).get_or_create(candidate_id='1')",
        "await Candidate.objects.acreate(test=test)",
        "Candidate(test=test).save()",
        "models.Candidate(test=test)",
        "from candidates.models import Candidate as Place\n    Place.objects.create()",
        "test.candidates.create(candidate_id='1')",
        "user.candidacies.update_or_create(test=test)",
    ],
)
def test_an_insertion_of_candidates_is_found(source: str) -> None:
    assert functions_that_insert_candidates(f"async def add():\n    {source}") == ["add"]


@pytest.mark.parametrize(
    "source",
    [
        "Candidate.objects.filter(pk=1).update(extra_minutes=5)",
        "Location.objects.bulk_create(rows)",
        "rows: list[Candidate] = Candidate.objects.all()",
        "Submission.objects.create(candidate=candidate)",
    ],
)
def test_what_inserts_no_candidate_is_left_alone(source: str) -> None:
    assert functions_that_insert_candidates(f"def read():\n    {source}") == []


@pytest.mark.parametrize(
    "message",
    [
        '_(f"{n} rows")',
        '_("%d rows" % n)',
        '_("{} rows".format(n))',
        '_("one " + "two")',
        "_(words)",
        'many("%(n)d row", f"{n} rows", n)',
        'translation.gettext(f"{n} rows")',
        'pgettext("a place", f"{name}")',
    ],
)
def test_a_message_that_is_put_together_is_found(message: str) -> None:
    imports = f"from {TRANSLATION} import gettext as _, ngettext as many, pgettext\n"
    assert messages_put_together(f"{imports}text = {message}") == [2]


@pytest.mark.parametrize(
    "message",
    ['_("%(n)d rows") % {"n": n}', '_("a" "b")', 'many("%(n)d row", "%(n)d rows", n)', 'pgettext("a place", "Hall")'],
)
def test_a_message_that_is_written_out_is_left_alone(message: str) -> None:
    imports = f"from {TRANSLATION} import gettext as _, ngettext as many, pgettext\n"
    assert messages_put_together(f"{imports}text = {message}") == []


@pytest.mark.parametrize(
    "template",
    [
        "{% for one in test.candidates.all %}{% endfor %}",
        "{{ test.candidate_set }}",
        "{% if test.contributors.exists %}yes{% endif %}",
        "{% with rows=test.candidates.filter %}{% endwith %}",
        "{{ test.candidates.order_by|length }}",
    ],
)
def test_a_query_in_a_template_is_found(template: str) -> None:
    assert len(expressions(template, QUERY)) == 1


@pytest.mark.parametrize(
    "template", ["{{ forloop.first }}", "<p>Ask for all. Nothing exists.all</p>", '{% translate "That is .all" %}']
)
def test_what_only_looks_like_a_query_is_left_alone(template: str) -> None:
    assert expressions(template, QUERY) == []


def test_a_count_in_a_template_is_found() -> None:
    assert expressions("{% if test.candidates.count > 1 %}{{ n }}{% endif %}", COUNT) == ["test.candidates.count"]


def test_a_long_line_is_found() -> None:
    assert long_lines("x" * MAX_LINE + "\n" + "x" * (MAX_LINE + 1)) == [2]

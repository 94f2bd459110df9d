"""What code, tests and templates say of documents is so, and what documents say of files, settings and packages."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.test_env_example import entries

PROJECT = Path(__file__).parent.parent
DOCS = PROJECT / "docs"
FOLDERS = ("candidates", "docs", "inspera_deliver", "templates", "tests")
NO_ROOMS = {"formats/", "migrations/", "templatetags/"}
NOT_OURS = {"vendor", "node_modules", "__pycache__"}
MAX_LINES_OF_README = 150

DOCUMENT = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-]+\.md)\b")
SECTION = re.compile(r"docs/([\w/-]+\.md) (§\d+(?: and §\d+)*)")
HEADING = re.compile(r'docs/([\w/-]+\.md) "([^"]+)"')
RECORD = re.compile(r"docs/decisions/(\d{4})\b")
PATH = re.compile(r"`((?:candidates|inspera_deliver|tests|templates)/[\w./-]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Codes that mean one thing in the whole house stand alone; those of the other letters are named with their document.
CODE = re.compile(r"(?<!%)\b([CDFIJOPRST]\d{1,2})\b")
CODE_OF = re.compile(r"docs/([\w/-]+\.md) ([A-Z]\d{1,2})\b")
NEEDS_DOCUMENT = re.compile(r"(?<!\.md )\b([EH]\d{1,2})\b")
NAMED_TRY = re.compile(r"""["']([CPR]\d{1,2}) """)
DEFINED = re.compile(r"\| ([A-Z]\d{1,2}) (?=\|)")
COMMENTS = {
    ".py": re.compile(r'"""(.*?)"""|(?<!\S)# ?([^\n]*)', re.DOTALL),
    ".html": re.compile(r"\{#(.*?)#\}|\{% comment.*?%\}(.*?)\{% endcomment %\}", re.DOTALL),
    ".js": re.compile(r"//(.*)|/\*(.*?)\*/", re.DOTALL),
    ".css": re.compile(r"/\*(.*?)\*/", re.DOTALL),
    ".conf": re.compile(r"#(.*)"),
    "": re.compile(r"(?m)^\s*#(.*)|\s# (.*)"),
}


@cache
def ours() -> tuple[Path, ...]:
    """Return the files of the project that are not copied from elsewhere."""
    within = [path for folder in FOLDERS for path in sorted((PROJECT / folder).rglob("*"))]
    paths = [path for path in [*sorted(PROJECT.glob("*")), *within] if NOT_OURS.isdisjoint(path.parts)]
    return tuple(path for path in paths if path.is_file())


def documents() -> list[Path]:
    return [path for path in ours() if path.suffix == ".md"]


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """Return what stands behind # in addresses of a document's headings, as GitHub and others make it."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings(path)}


@cache
def defined(name: str) -> frozenset[str]:
    """Return the codes that the tables of a document explain."""
    return frozenset(DEFINED.findall((DOCS / name).read_text()))


@cache
def said() -> tuple[tuple[str, str], ...]:
    """Return what people are told in each file, with the name of the file."""
    return tuple(_said())


def _said() -> Iterator[tuple[str, str]]:
    """Yield each file's name and what people are told in it, but for documents."""
    for path in ours():
        name = str(path.relative_to(PROJECT))
        if path.suffix in COMMENTS and path.name not in ("LICENSE", "NOTICE"):
            found = COMMENTS[path.suffix].findall(path.read_text())
            yield name, "\n".join("".join(one) for one in found)


def test_there_is_something_to_look_at() -> None:
    assert len(said()) > 200
    assert {"C1", "D1", "H4"} <= defined("domain.md") | defined("fault-cases.md")


@pytest.mark.parametrize("name", ["domain.md", "fault-cases.md"])
def test_a_code_is_explained_once(name: str) -> None:
    found = DEFINED.findall((DOCS / name).read_text())
    assert sorted(found) == sorted(set(found))


def test_the_codes_that_stand_alone_mean_one_thing() -> None:
    both = defined("domain.md") & defined("fault-cases.md")
    assert not {code for code in both if CODE.fullmatch(code)}


def test_every_document_that_is_mentioned_is_there() -> None:
    told = [*said(), *((str(path.relative_to(PROJECT)), path.read_text()) for path in documents())]
    missing = [
        (name, found)
        for name, text in told
        for found in DOCUMENT.findall(text)
        if not (PROJECT / found).is_file() and not ((PROJECT / name).parent / found).is_file()
    ]
    assert not missing


def test_every_section_and_record_that_is_mentioned_is_there() -> None:
    missing: list[tuple[str, ...]] = []
    for name, text in said():
        for document, numbers in SECTION.findall(text):
            there = {heading.partition(".")[0] for heading in headings(DOCS / document)}
            missing += [(name, document, one) for one in re.findall(r"\d+", numbers) if one not in there]
        missing += [(name, *one) for one in HEADING.findall(text) if one[1] not in headings(DOCS / one[0])]
        missing += [(name, one) for one in RECORD.findall(text) if not list((DOCS / "decisions").glob(f"{one}-*.md"))]
    assert not missing


def test_every_code_that_is_mentioned_is_explained() -> None:
    alone = defined("domain.md") | defined("fault-cases.md")
    missing = [(name, code) for name, text in said() for code in CODE.findall(text) if code not in alone]
    for path in (PROJECT / "tests").rglob("*.py"):
        missing += [(path.name, code) for code in NAMED_TRY.findall(path.read_text()) if code not in alone]
    for name, text in said():
        missing += [(name, code) for document, code in CODE_OF.findall(text) if code not in defined(document)]
    assert not missing


def test_codes_of_more_than_one_meaning_name_their_document() -> None:
    assert not [(name, code) for name, text in said() for code in NEEDS_DOCUMENT.findall(text)]


def test_every_file_that_a_document_names_is_there() -> None:
    named = [(path.name, found) for path in documents() for found in PATH.findall(path.read_text())]
    assert named
    assert [one for one in named if not (PROJECT / one[1]).exists()] == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_to_files_and_headings(path: Path) -> None:
    missing = []
    for link in LINK.findall(path.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(link)
    assert not missing


def test_every_decision_stands_in_the_index_under_its_own_number_and_title() -> None:
    index = (DOCS / "decisions" / "README.md").read_text()
    records = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    numbers = [path.name[:4] for path in records]
    assert numbers == sorted(set(numbers))
    missing = [path.name for path in records if f"- [{path.name[:4]}]({path.name}) {headings(path)[0]}\n" not in index]
    assert not missing


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_that_was_chosen_has_its_reason(name: str) -> None:
    chosen = (PROJECT / name).read_text().partition("# What the packages above bring along")[0]
    packages = [found.lower().replace("_", "-") for found in re.findall(r"^([\w.-]+)(?:\[\w+\])?==", chosen, re.M)]
    told = (DOCS / "packages.md").read_text().lower()
    assert packages
    assert [package for package in packages if not re.search(rf"[| ]{re.escape(package)}(?: \||,| \()", told)] == []


def test_every_setting_stands_in_the_table_for_those_who_run_it() -> None:
    told = set(re.findall(r"`([A-Z_]+)`", (DOCS / "operations" / "settings.md").read_text()))
    assert set(entries()) <= told


def test_the_map_has_every_room_and_no_other() -> None:
    house = re.findall(r"^ {6}((?:[\w.]+/? )+) +\w", (PROJECT / "README.md").read_text(), re.MULTILINE)
    named = {name for line in house for name in line.split()}
    rooms = {f"{path.name}/" for path in (PROJECT / "candidates").iterdir() if any(path.glob("*.py"))}
    assert rooms - NO_ROOMS <= named
    assert [name for name in named if not (PROJECT / "candidates" / name).exists()] == []


def test_what_a_stranger_reads_first_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) <= MAX_LINES_OF_README


def test_modules_that_templates_and_scripts_name_are_there() -> None:
    named = re.compile(r"(?<![\w/])((?:\w+/)+\w+\.py)\b")
    files = [*(PROJECT / "templates").rglob("*.html"), *(PROJECT / "candidates/static/candidates").rglob("*.js")]
    found = [(file, module) for file in files for module in named.findall(file.read_text())]
    assert found
    there = (PROJECT, PROJECT / "candidates")
    assert [one for one in found if not any((room / one[1]).is_file() for room in there)] == []

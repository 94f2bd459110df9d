"""Write into docs/benchmarks.md how long each set of tests took and which tests took longest: `make durations`.

Each set leaves a file in test-results/ when it runs (`make test`, `make test-slow`); what has not run keeps its table.
"""

import re
import sys
from pathlib import Path

from defusedxml.ElementTree import parse

PROJECT = Path(__file__).resolve().parent.parent.parent
RESULTS = PROJECT / "test-results"
PAGE = PROJECT / "docs" / "benchmarks.md"
MOST = 25


def table_of(results: Path) -> str:
    """Return, as Markdown, what a set of tests took in all and which of its tests took longest."""
    suite = parse(results).getroot().find("testsuite")
    cases = [(float(case.get("time")), case.get("classname"), case.get("name")) for case in suite.iter("testcase")]
    cases.sort(reverse=True)
    together = sum(took for took, *_name in cases)
    said = f"{len(cases)} tests, {float(suite.get('time')):.0f} s on the clock, {together:.0f} s of both workers"
    rows = [f"| {took:.1f} | {folder.replace('.', '/')}.py | {_plain(name)} |" for took, folder, name in cases[:MOST]]
    return "\n".join([said + ":", "", "| s | file | test |", "|---|---|---|", *rows])


def _plain(name: str) -> str:
    """Return the name of a test as a sentence that breaks no table."""
    sentence, bracket, case = name.removeprefix("test_").partition("[")
    return sentence.replace("_", " ") + (" [" + re.sub(r"[|`\s]+", " ", case)[:40].rstrip("]") + "]" if bracket else "")


def filled(page: str, name: str, table: str) -> str:
    """Return the page with the table between the marks of this set. Raises ValueError where there are none."""
    marks = re.compile(rf"(<!-- durations: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marks.search(page):
        raise ValueError(f"{PAGE.name} has no place for the durations of {name}.")
    return marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page)


def main() -> int:
    """Fill the page with what the last runs left, and return the exit code."""
    found = sorted(RESULTS.glob("*.xml"))
    if not found:
        print("No set of tests has left its times: run `make test` or `make test-slow` first.", file=sys.stderr)
        return 1
    page = PAGE.read_text()
    for results in found:
        page = filled(page, results.stem, table_of(results))
    PAGE.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The two files of requirements are a lock: what they name is all that gets installed, each in one version."""

import re
from importlib.metadata import distribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
BROUGHT = "# What the packages above bring along"
# pip comes with every virtual environment, and pip-audit's helpers ask for it.
FROM_PYTHON = {"pip"}
Pins = dict[str, Requirement]


def pins_of(text: str) -> Pins:
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-r ")]
    return {canonicalize_name(one.name): one for one in found}


def pins(name: str) -> tuple[Pins, Pins]:
    """Return what a file chooses, and what its choice brings along."""
    chosen, _heading, brought = (PROJECT / name).read_text().partition(BROUGHT)
    return pins_of(chosen), pins_of(brought)


def needed_by(chosen: Pins) -> set[str]:
    """Return the names of all that these packages need on this machine, extras and markers considered."""
    found: dict[str, set[str]] = {}
    left = [(name, {"", *one.extras}) for name, one in chosen.items()]
    while left:
        name, extras = left.pop()
        if name in found and extras <= found[name]:
            continue
        found[name] = found.get(name, set()) | extras
        for text in distribution(name).requires or ():
            asked = Requirement(text)
            if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in found[name]):
                left.append((canonicalize_name(asked.name), {"", *asked.extras}))
    return set(found)


SOFTWARE, SOFTWARE_BROUGHT = pins("requirements.txt")
CHECKS, CHECKS_BROUGHT = pins("requirements-dev.txt")


def test_what_the_software_installs_is_what_is_pinned() -> None:
    assert needed_by(SOFTWARE) == set(SOFTWARE) | set(SOFTWARE_BROUGHT)


def test_what_tests_and_checks_install_on_top_is_what_is_pinned() -> None:
    everything = {**SOFTWARE, **SOFTWARE_BROUGHT, **CHECKS, **CHECKS_BROUGHT}
    # what is for older Pythons alone stands in the file on every Python
    for_older = {"tomli"} & set(CHECKS_BROUGHT)
    assert needed_by({**SOFTWARE, **CHECKS}) - FROM_PYTHON | for_older == set(everything)
    assert not (set(SOFTWARE) | set(SOFTWARE_BROUGHT)) & (set(CHECKS) | set(CHECKS_BROUGHT))


@pytest.mark.parametrize(
    "pin", [*SOFTWARE.values(), *SOFTWARE_BROUGHT.values(), *CHECKS.values(), *CHECKS_BROUGHT.values()], ids=str
)
def test_each_pin_is_one_version_and_the_one_that_is_installed(pin: Requirement) -> None:
    assert re.fullmatch(r"==[0-9][^,*]*", str(pin.specifier))
    assert version(pin.name) == str(pin.specifier).removeprefix("==")

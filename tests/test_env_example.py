"""Every setting that is read stands in .env.example, with a sentence, and .env.example holds no secret."""

import re
from pathlib import Path

import pytest

from inspera_deliver import environment
from inspera_deliver.sso_types import read_sso_types

PROJECT = Path(__file__).resolve().parent.parent
LINES = (PROJECT / ".env.example").read_text(encoding="utf-8").splitlines()
SET = re.compile(r"#?([A-Z_]+)=(.*)")
READ = re.compile(r"""\b(?:config|required|required_list|listed|networks)\(\s*["']([A-Z_]+)["']""")


def names_read() -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "inspera_deliver").glob("*.py")]
    return {name for source in sources for name in READ.findall(source)}


def entries() -> dict[str, str]:
    return {match[1]: match[2] for line in LINES if (match := SET.fullmatch(line))}


def test_what_is_read_and_what_is_explained_are_the_same() -> None:
    assert set(entries()) == names_read()


@pytest.mark.parametrize("name", sorted(entries()))
def test_a_sentence_stands_above_every_setting(name: str) -> None:
    at = next(number for number, line in enumerate(LINES) if re.match(rf"#?{name}=", line))
    assert re.match(r"# +\S", LINES[at - 1])


def test_the_address_on_slips_is_nobody_elses() -> None:
    assert entries()["LOGIN_ADDRESS"] == ""


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS", "CREDENTIAL_KEYS", "VERIFIER_KEYS"])
def test_no_key_is_given_as_an_example(name: str) -> None:
    assert entries()[name] == ""


@pytest.mark.parametrize("name", ["DEBUG", "DEMONSTRATION", "PLAIN_HTTP", "PLAIN_STATIC", "BEHIND_PROXY"])
def test_what_weakens_an_installation_is_off_in_the_example(name: str) -> None:
    assert entries()[name] == "False"


def worked_examples() -> dict[str, dict[str, str]]:
    """Return the settings of each worked example of an SSO setup, by its short name."""
    found: dict[str, dict[str, str]] = {}
    for line in LINES:
        match = re.fullmatch(r"# {5}(SSO_[A-Z_]+)=(.*)", line)
        if match and match[1] == "SSO_TYPES":
            current = found.setdefault(match[2], {})
        if match:
            current[match[1]] = match[2]
    return found


def test_the_worked_examples_are_those_of_the_providers_that_customers_have() -> None:
    assert list(worked_examples()) == ["feide", "entra", "google", "campus"]


@pytest.mark.parametrize("slug", worked_examples())
def test_a_worked_example_is_a_whole_setup_with_nothing_to_report(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = worked_examples()[slug]

    def config(name: str, default: str = "", cast: object = str) -> object:
        value = values.get(name, default)
        return [value] if name == "SSO_TYPES" else value

    monkeypatch.setattr(environment, "config", config)
    (one,), left_out = read_sso_types(plain_http=False)
    assert (one["slug"], one["problems"], one["advice"], left_out) == (slug, [], [], [])
    read = {f"SSO_{slug.upper()}_{part.upper()}" for part in (*one, "compare")} | {"SSO_TYPES"}
    assert set(values) <= read, "the example names a setting that nothing reads"

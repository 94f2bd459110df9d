"""What the system check says about keys, without which nothing starts, and about the address on slips."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from candidates.site.checks import check_credential_keys, check_login_address, check_test_code_letters
from inspera_deliver.make_env import fresh_keys

PROJECT = Path(__file__).resolve().parent.parent.parent
KEYS = ["SECRET_KEY", "CREDENTIAL_KEYS", "VERIFIER_KEYS"]


def manage(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run manage.py with production settings of its own, changed as said; None takes a setting away."""
    settings: dict[str, str | None] = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        **fresh_keys(),
        "ENV_FILE": os.devnull,
        "ALLOWED_HOSTS": "exam.havnes.example",
        "LOGIN_ADDRESS": "https://exam.havnes.example",
        **changes,
    }
    environment = {name: value for name, value in settings.items() if value is not None}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [*((name, None) for name in KEYS), (KEYS[0], "  "), (KEYS[1], "")],  # one function reads all three
)
def test_nothing_starts_without_a_key_and_the_setting_is_named(name: str, value: str | None) -> None:
    done = manage("check", **{name: value})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize("name", KEYS[1:])
def test_a_list_of_commas_is_no_key(name: str) -> None:
    done = manage("check", **{name: " , ,"})
    assert done.returncode != 0
    assert name in done.stderr


@pytest.mark.slow
def test_a_malformed_key_and_slips_without_an_address_are_errors_that_do_not_repeat_the_key() -> None:
    done = manage("check", "--deploy", **dict.fromkeys(KEYS[1:], "not-a-key-but-secret"), LOGIN_ADDRESS=None)
    assert done.returncode != 0
    assert done.stderr.count("candidates.E001") == 2
    assert all(name in done.stderr for name in KEYS[1:])
    assert "not-a-key-but-secret" not in done.stderr + done.stdout
    assert "candidates.E003" in done.stderr
    assert "LOGIN_ADDRESS is not set" in done.stderr


@pytest.mark.slow
def test_a_production_like_environment_with_sso_passes_the_deployment_check() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", **SSO)
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


MIGRATE_AND_COUNT = """
from django.core.management import call_command
from candidates.models import User
call_command("migrate", verbosity=0)
print("accounts:", User.objects.count())
"""


@pytest.mark.slow
def test_an_installation_begins_without_any_account() -> None:
    done = manage("shell", "--no-imports", "-c", MIGRATE_AND_COUNT, DATABASE_URL="sqlite://:memory:")
    assert (done.returncode, done.stdout) == (0, "accounts: 0\n"), done.stderr


@pytest.mark.parametrize("name", KEYS[1:])
@pytest.mark.parametrize("keys", [["x"], ["x", "{good}"], ["{good}", "x"], ["{good}", "{good}x"]])
def test_one_malformed_key_anywhere_in_the_list_is_found(settings, name: str, keys: list[str]) -> None:
    good = Fernet.generate_key().decode()
    setattr(settings, name, [key.format(good=good) for key in keys])
    if keys == ["{good}", "{good}x"]:
        setattr(settings, name, [good, good[:-4]])
    (found,) = check_credential_keys()
    assert found.id == "candidates.E001"
    assert name in found.msg
    assert good not in found.msg


def test_good_keys_pass(settings) -> None:
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode() for _ in range(3)]
    assert check_credential_keys() == []


@pytest.mark.parametrize(("one", "other"), [(KEYS[0], KEYS[1]), (KEYS[0], KEYS[2]), (KEYS[1], KEYS[2])])
def test_one_key_for_two_purposes_is_an_error(settings, one: str, other: str) -> None:
    key = Fernet.generate_key().decode()
    for name in (one, other):
        setattr(settings, name, key if name == "SECRET_KEY" else [key])
    assert [found.id for found in check_credential_keys()] == ["candidates.E002"]


@pytest.mark.parametrize("weaker", [False, True])
def test_nor_does_an_empty_address_pass_where_less_is_asked(settings, weaker: bool) -> None:
    settings.LOGIN_ADDRESS, settings.DEMONSTRATION = "", False
    settings.DEBUG = settings.PLAIN_HTTP = weaker
    (found,) = check_login_address()
    assert (found.id, "LOGIN_ADDRESS is not set" in found.msg) == ("candidates.E003", True)


@pytest.fixture
def real_installation(settings) -> None:
    settings.DEMONSTRATION = settings.DEBUG = settings.PLAIN_HTTP = False


@pytest.mark.usefixtures("real_installation")
@pytest.mark.parametrize(
    "address",
    [
        "http://exam.havnes.example",
        "exam.havnes.example",
        "https://",
        "https://localhost",
        "https://LOCALHOST:8000",
        "https://exam.localhost",
        "https://127.0.0.1:8000",
        "https://127.1.2.3",
        "https://[::1]/",
        "https://0.0.0.0",
        "https://[not-an-address",
    ],
)
def test_an_address_that_candidates_cannot_open_is_an_error_that_names_it(settings, address: str) -> None:
    settings.LOGIN_ADDRESS = address
    (found,) = check_login_address()
    assert found.id == "candidates.E003"
    assert f"LOGIN_ADDRESS is {address}" in found.msg


@pytest.mark.usefixtures("real_installation")
@pytest.mark.parametrize(
    "address", ["https://exam.havnes.example", "https://10.1.2.3:8443", "https://localhost.example"]
)
def test_an_address_that_candidates_can_open_passes(settings, address: str) -> None:
    settings.LOGIN_ADDRESS = address
    assert check_login_address() == []


@pytest.mark.usefixtures("real_installation")
@pytest.mark.parametrize("name", ["DEMONSTRATION", "DEBUG", "PLAIN_HTTP"])
def test_a_demonstration_keeps_its_own_address(settings, name: str) -> None:
    settings.LOGIN_ADDRESS = "http://127.0.0.1:8000"
    setattr(settings, name, True)
    assert check_login_address() == []


SSO = {
    "SSO_TYPES": "feide",
    "SSO_FEIDE_ISSUER": "https://auth.example.org",
    "SSO_FEIDE_CLIENT_ID": "deliver",
    "SSO_FEIDE_CLIENT_SECRET": "not-to-be-said",
    "SSO_FEIDE_CLAIM": "eduPersonPrincipalName",
}


def another(name: str, **changes: str) -> dict[str, str]:
    """Return the same setup under another name, changed as said."""
    one = {setting.replace("FEIDE", name): value for setting, value in SSO.items() if setting != "SSO_TYPES"}
    return one | {f"SSO_{name}_{setting}": value for setting, value in changes.items()}


@pytest.mark.slow
def test_broken_sso_setups_are_named_and_stop_nothing() -> None:
    setups = [SSO, another("NOBODY", CLIENT_ID=""), another("PLAIN", ISSUER="http://auth.example.org")]
    setups += [another("FOLDED", CLAIM="sub"), {"SSO_TYPES": "feide,Entra,nobody,plain,folded"}]
    done = manage("check", **{name: value for setup in setups for name, value in setup.items()})
    assert done.returncode == 0
    for said in (
        "candidates.W001) SSO_TYPES: “Entra”",
        "candidates.W002) SSO_NOBODY_CLIENT_ID is not set",
        "candidates.W002) SSO_PLAIN_ISSUER is http://auth",
        "candidates.W003) SSO_FOLDED_COMPARE is fold",
    ):
        assert said in done.stderr
    assert "not-to-be-said" not in done.stderr + done.stdout


@pytest.mark.slow
def test_a_broken_sso_setup_fails_the_check_before_a_deployment() -> None:
    broken = {**SSO, "SSO_FEIDE_CLIENT_ID": ""}
    assert manage("check", "--deploy", "--fail-level", "WARNING", **broken).returncode != 0


@pytest.mark.parametrize(
    ("letters", "wrong"), [("HAV", False), ("HA", True), ("HAVN", True), ("HÅV", True), ("", True)]
)
def test_test_codes_begin_with_three_letters_that_everybody_can_type(settings, letters: str, wrong: bool) -> None:
    settings.TEST_CODE_LETTERS = letters
    assert [found.id for found in check_test_code_letters()] == ["candidates.E004"] * wrong

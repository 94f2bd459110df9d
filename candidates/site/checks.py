"""Checks of `manage.py check`: the keys of login details (P16), SSO, the address on slips and test codes."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from candidates.credentials.keys import KeyProblem, seal_box, verifier_keys
from candidates.models.test_codes import LETTERS


@register()
def check_credential_keys(**kwargs: Any) -> list[CheckMessage]:
    """Report keys that cannot be used, before the first login fails because of them."""
    found: list[CheckMessage] = []
    for name, load in (("CREDENTIAL_KEYS", seal_box), ("VERIFIER_KEYS", verifier_keys)):
        try:
            load()
        except KeyProblem as problem:
            found.append(Error(f"{name}: {problem}", hint=".env.example tells how to make one.", id="candidates.E001"))
    used = [settings.SECRET_KEY, *settings.CREDENTIAL_KEYS, *settings.VERIFIER_KEYS]
    if len(set(used)) < len(used):
        found.append(
            Error(
                "SECRET_KEY, CREDENTIAL_KEYS and VERIFIER_KEYS share a key.",
                hint="Each key serves one purpose: make a new one for each.",
                id="candidates.E002",
            )
        )
    return found


@register()
def check_sso_setups(**kwargs: Any) -> list[CheckMessage]:
    """Report SSO setups that nobody can log in through, or that may take one person for another.

    Warnings and no errors: a broken setup must not stop an upgrade, the other setups or local logins.
    """
    hint = "Look at SSO_TYPES in .env.example."
    found: list[CheckMessage] = [
        Warning(text, hint=hint, id="candidates.W001") for text in settings.AUTHENTICATION_TYPES_LEFT_OUT
    ]
    for one in settings.AUTHENTICATION_TYPES:
        found += [Warning(text, hint=hint, id="candidates.W002") for text in one.get("problems", ())]
        found += [Warning(text, hint=hint, id="candidates.W003") for text in one.get("advice", ())]
    return found


@register()
def check_roster_sources(**kwargs: Any) -> list[CheckMessage]:
    """Report student systems that cannot be asked; warnings, since nothing else depends on them."""
    hint = "Look at ROSTER_SOURCES in .env.example."
    texts = [*settings.ROSTER_SOURCES_LEFT_OUT, *(text for one in settings.ROSTER_SOURCES for text in one["problems"])]
    return [Warning(text, hint=hint, id="candidates.W004") for text in texts]


@register()
def check_login_address(**kwargs: Any) -> list[CheckMessage]:
    """Report an address that candidates could not open, or not over https, before it is printed on slips."""
    address = settings.LOGIN_ADDRESS
    if not address:
        wrong = "LOGIN_ADDRESS is not set."
    elif settings.DEMONSTRATION or settings.DEBUG or settings.PLAIN_HTTP:
        return []
    elif not address.startswith("https://"):
        wrong = f"LOGIN_ADDRESS is {address}, which is no https address."
    elif _is_this_machine(address):
        wrong = f"LOGIN_ADDRESS is {address}, which no other machine than this one can open."
    else:
        return []
    hint = "It is printed on slips: put the address that candidates open into .env, as .env.example explains."
    return [Error(wrong, hint=hint, id="candidates.E003")]


@register()
def check_test_code_letters(**kwargs: Any) -> list[CheckMessage]:
    """Report letters of test codes that no code could be made or read with."""
    letters = settings.TEST_CODE_LETTERS
    if LETTERS.fullmatch(letters):
        return []
    hint = "Three letters, A to Z, as .env.example explains."
    return [Error(f"TEST_CODE_LETTERS is {letters!r}.", hint=hint, id="candidates.E004")]


def _is_this_machine(address: str) -> bool:
    """Say whether an address leads to the machine on which it is opened, or nowhere."""
    try:
        host = urlsplit(address).hostname or "localhost"
    except ValueError:
        return True
    try:
        number = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return number.is_loopback or number.is_unspecified

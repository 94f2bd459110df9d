"""What `manage.py check` says about the keys of login details (traps.md P16)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from candidates.credentials.keys import KeyProblem, seal_box, verifier_keys


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

"""What `manage.py check` says about the keys of login details (traps.md P16)."""

from typing import Any

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
    return found

"""Passwords of a file: judged and turned into keyed digests in the request that reads them, and then forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.contrib.auth.password_validation import (
    UserAttributeSimilarityValidator,
    get_default_password_validators,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates.intake.accounts.headings import EMAIL, FIRST_NAME, LAST_NAME, USERNAME
from candidates.models import User
from candidates.signin.hashers import digest_of
from candidates.text import MAX_TYPED

WEAK = "weak:"
"""How the kind of a cell begins whose password was refused; what follows says why."""
_ATTRIBUTES = (USERNAME, FIRST_NAME, LAST_NAME, EMAIL)


def why_refused(kind: str) -> str:
    """Return what is wrong with a password whose cell is of this kind, "" for every other kind. Never the password."""
    if not kind.startswith(WEAK):
        return ""
    return {
        "password_too_short": _("The password is too short: it needs 12 characters at least."),
        "password_too_common": _("The password is one that is guessed first. Choose another one."),
        "password_too_similar": _("The password is too much like the person's name, username or e-mail."),
        "password_entirely_numeric": _("The password has digits only."),
        "spaces": _("There is a space before or after the password. Nobody can tell whether it belongs to it."),
        "hidden": _("There is a character in the password that nobody can see."),
        "long": _("The password is too long to be typed."),
        "changed": _("The spreadsheet has changed this cell into a number, a date or a formula."),
        "no_username": _("There is a password, but no username: nobody could use it."),
    }.get(kind.removeprefix(WEAK), _("The password is too easy to guess."))


@sensitive_variables()
def take_password(raw: str, kind: str, person: Mapping[str, str]) -> tuple[str, str]:
    """Return the digest of a password and "", or "" and the kind of its cell that says why it is refused.

    `kind` is what reading found in the cell, `person` the other cells of the row. An empty cell has neither.
    """
    if kind:
        return "", WEAK + ("hidden" if kind == "hidden" else "changed")
    if not raw.strip():
        return "", ""
    if raw != raw.strip():
        return "", f"{WEAK}spaces"
    if not raw.isprintable() or "\ufffd" in raw:
        return "", f"{WEAK}hidden"
    if len(raw) > MAX_TYPED:
        return "", f"{WEAK}long"
    if not person.get(USERNAME, "").strip():
        return "", f"{WEAK}no_username"
    code = _weakness(raw, person)
    return ("", WEAK + code) if code else (digest_of(raw), "")


@sensitive_variables()
def _weakness(password: str, person: Mapping[str, str]) -> str:
    """Return the code of the first validator of AUTH_PASSWORD_VALIDATORS that refuses a password, "" for none."""
    user: User | None = None
    for validator in get_default_password_validators():
        if isinstance(validator, UserAttributeSimilarityValidator):
            texts = [person.get(name, "") for name in _ATTRIBUTES]
            if not _may_be_similar(password, texts, validator.max_similarity):
                continue
            user = User(username=person.get(USERNAME, ""), email=person.get(EMAIL, ""))
            user.first_name, user.last_name = person.get(FIRST_NAME, ""), person.get(LAST_NAME, "")  # type: ignore[attr-defined]  # what the validator looks for
        try:
            validator.validate(password, user)
        except ValidationError as error:
            return error.error_list[0].code or "weak"
    return ""


@sensitive_variables()
def _may_be_similar(password: str, texts: Sequence[str], most: float) -> bool:
    """Say whether Django's validator is worth asking: its own first bound, by the lengths alone, and 100 times faster.

    A ratio is twice the letters in common by all letters, so a short text can never reach it.
    """
    return any(
        2 * min(len(part), len(password)) >= most * (len(part) + len(password))
        for text in texts
        if text
        for part in (text, *re.split(r"\W+", text))
        if part
    )

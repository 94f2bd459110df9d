"""Seal a copy of a generated password, and open it again."""

import json

from cryptography.fernet import InvalidToken, MultiFernet

from candidates.credentials.keys import newest_seal_key, seal_box

VERSION = 1


class SealBroken(Exception):
    """A sealed copy cannot be opened: its key is missing from CREDENTIAL_KEYS, or it belongs to another user."""


def seal(username: str, folded: str) -> str:
    """Return the sealed copy of a password, bound to its user name."""
    content = json.dumps({"v": VERSION, "u": username, "p": folded}).encode()
    return seal_box().encrypt(content).decode()


def resealed(token: str) -> str:
    """Return a sealed copy under the newest key: the same one where it lies under that already.

    Raises SealBroken where no key opens it.
    """
    try:
        newest_seal_key().decrypt(token.encode())
    except InvalidToken:
        try:
            return seal_box().rotate(token.encode()).decode()
        except InvalidToken as error:
            raise SealBroken("no key opens this sealed copy") from error
    return token


def unseal(token: str, username: str) -> str:
    """Return the folded password of a sealed copy.

    Raises SealBroken where no key opens it or where it was sealed for another user name.
    """
    try:
        content = json.loads(seal_box().decrypt(token.encode()))
    except InvalidToken as error:
        raise SealBroken("no key opens this sealed copy") from error
    if content.get("v") != VERSION or content.get("u") != username:
        raise SealBroken("this sealed copy belongs to another user")
    return str(content["p"])


def can_open(token: str) -> bool:
    """Say whether one of CREDENTIAL_KEYS opens this sealed copy; only its signature is checked, nothing is opened."""
    return is_sealed_by(seal_box(), token)


def is_sealed_by(box: MultiFernet, token: str) -> bool:
    """Say whether a key of this box opens the sealed copy; only its signature is checked."""
    try:
        box.extract_timestamp(token.encode())
    except InvalidToken:
        return False
    return True

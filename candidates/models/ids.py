"""Random public ids stand in addresses: a sequence would tell how many there are (traps.md C14)."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 symbols without look-alikes
LENGTH = 12


def new_public_id() -> str:
    """Return a random id of 12 symbols (59 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))

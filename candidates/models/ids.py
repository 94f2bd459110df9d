"""Random public ids stand in addresses: a sequence would tell how many there are (traps.md C14)."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 symbols without look-alikes
LENGTH = 12


def new_public_id() -> str:
    """Return a random id of 12 symbols (59 bits)."""
    number = secrets.randbelow(len(ALPHABET) ** LENGTH)  # one draw for all symbols: 1500 rows are added at once
    symbols = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        symbols.append(ALPHABET[place])
    return "".join(symbols)

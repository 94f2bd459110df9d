"""Random public ids stand in addresses: a sequence would tell how many there are (C14)."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 symbols without look-alikes
LENGTH = 12


# 248 = 8 x 31 byte values stand for the symbols, equally often; the other eight are drawn again.
_SYMBOL_OF_BYTE = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
_DRAWN_AGAIN = bytes(range(256 - 256 % len(ALPHABET), 256))


def random_symbols(count: int) -> str:
    """Return that many random symbols of ALPHABET, each as likely as every other: 150,000 rows are added at once."""
    symbols = b""
    while len(symbols) < count:
        symbols += secrets.token_bytes(count + 6).translate(_SYMBOL_OF_BYTE, _DRAWN_AGAIN)
    return symbols[:count].decode()


def new_public_id() -> str:
    """Return a random id of 12 symbols (59 bits)."""
    return random_symbols(LENGTH)

"""Keep secrets out of the logs."""

import logging
import re

NAMES = "password|code|state|id_token|answer"
# as addresses and messages have it: password=...
SECRET_PARAMETER = re.compile(rf"\b({NAMES})=[^&\s\"']*", re.IGNORECASE)
# as dictionaries, query dictionaries and JSON have it: 'password': ['...']
SECRET_ENTRY = re.compile(rf"""(["'](?:{NAMES})["']\s*:\s*\[?\s*)(["'])(?:\\.|(?!\2).)*\2""", re.IGNORECASE)
# What a one-time password looks like: as it is printed, and without hyphens or with spaces, then with a digit at least
# (98 in 100 have one), so that words of 13 letters stay readable.
SYMBOL = "[2-9a-hjkmnp-z]"
SECRET_SHAPE = re.compile(rf"\b{SYMBOL}{{4}}-{SYMBOL}{{4}}-{SYMBOL}{{5}}\b", re.IGNORECASE)
SECRET_RUN = re.compile(
    rf"\b(?=[a-z ]{{0,14}}[2-9])(?:{SYMBOL}{{13}}|{SYMBOL}{{4}} {SYMBOL}{{4}} {SYMBOL}{{5}})\b", re.IGNORECASE
)


def without_secrets(text: str) -> str:
    """Return a text with everything that looks like a secret replaced."""
    text = SECRET_PARAMETER.sub(r"\1=[removed]", text)
    text = SECRET_ENTRY.sub(r"\1\2[removed]\2", text)
    return SECRET_RUN.sub("[removed]", SECRET_SHAPE.sub("[removed]", text))


class SecretFormatter(logging.Formatter):
    """Replace secrets in log lines: the last line of defence, since nothing should log them at all.

    A formatter and not a filter: the text of an exception is added after the filters.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the whole entry, its traceback included, without secrets."""
        return without_secrets(super().format(record))

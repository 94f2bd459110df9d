"""What was meant by a typed user name or password of a slip (traps.md section 4)."""

import unicodedata

# What keyboards make of a hyphen beside the dashes that Unicode calls so: minus, hyphen bullet, modifier minus.
DASHES = frozenset("\u2212\u2043\u02d7")
LONGEST_TYPED = 256  # nobody types more: refused before any work is done with it


def fold(typed: str) -> str:
    """Return what was meant by a typed code: any case, with or without spaces and hyphens of any kind.

    Folding is NFKC and casefold; every dash (Unicode category Pd, minus), space (Z*) and the soft hyphen is dropped.
    """
    text = unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).casefold()
    return "".join(
        char
        for char in text
        if char not in DASHES and unicodedata.category(char) not in {"Pd", "Zs", "Zl", "Zp", "Cf", "Cc", "Cs"}
    )

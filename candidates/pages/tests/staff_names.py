"""Staff by pasted user names or e-mail addresses."""

import re
from typing import NamedTuple

from candidates.candidate_ids import candidate_key
from candidates.lifecycle.contributors import staff_to_choose
from candidates.models import Contributor, User
from candidates.pages.shared.pasting import find_pasted

# How mail programs write people: Nord, Kari <kari@example.org>
_ADDRESS = re.compile(r"<([^<>\s@]+@[^<>\s]+)>")
_NAMED_ADDRESS = re.compile(r"[^,<>]*<([^<>\s@]+@[^<>\s]+)>")


class StaffFound(NamedTuple):
    """Whom a pasted text names, and what in it names nobody or more than one, as it was typed."""

    found: tuple[User, ...]
    missing: tuple[str, ...]
    ambiguous: tuple[str, ...]


def staff_by_names(text: str) -> StaffFound:
    """Return whom of the staff a pasted text names, each once and in its order; one query, however much was pasted."""
    staff = {str(user.pk): user for user in staff_to_choose(*Contributor.Role.values)}
    known: dict[str, set[str]] = {}
    for key, user in staff.items():
        for name in (user.username, user.email):
            if name:
                known.setdefault(candidate_key(name), set()).add(key)
    pasted = find_pasted("\n".join(map(_without_names, re.split(r"[;\r\n]+", text))), lambda _texts: known)
    return StaffFound(tuple(staff[key] for key in pasted.found), pasted.missing, pasted.ambiguous)


def _without_names(piece: str) -> str:
    """Return the addresses of "Nord, Kari <kari@example.org>" without the names; what has no address stays."""
    addresses = _ADDRESS.findall(piece)
    if len(addresses) == 1 and piece.count("@") == 1:
        return str(addresses[0])
    return _NAMED_ADDRESS.sub(r"\1", piece)

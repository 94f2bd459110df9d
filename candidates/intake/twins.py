"""Find names of locations that only a machine tells apart: other case, spaces or signs (docs/domain.md §7)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

Place = tuple[str, str]


class NearNames:
    """An index of known locations, by what people take for the same name."""

    def __init__(self, known: Iterable[Place]) -> None:
        self._exact: set[Place] = set()
        self._near: dict[Place, Place] = {}
        for name in sorted(known):
            self.add(name)

    def add(self, name: Place) -> None:
        """Take a name as known; of several near ones the first counts."""
        self._exact.add(name)
        self._near.setdefault(_folded(name), name)

    def of(self, name: Place) -> Place | None:
        """Return the known location that differs only in case, spaces, hyphens or dots; None for a known or new one."""
        if name in self._exact:
            return None
        return self._near.get(_folded(name))


def _folded(name: Place) -> Place:
    building, room = name
    return _one(building), _one(room)


def _one(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    # between two digits a sign tells rooms apart: 1.1 is not 11
    return re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", "", re.sub(r"(?<=\d)[\W_]+(?=\d)", ".", folded))

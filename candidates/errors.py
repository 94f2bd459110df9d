"""Refused acts, with the sentence that people see."""

from typing import Any


class Refused(Exception):
    """An act was refused and nothing was changed; the text says why and what to do, `about` which field."""

    def __init__(self, sentence: str, *, about: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.about = about


class Conflict(Refused):
    """Somebody else changed the same thing meanwhile; `stored` is what is there now, `names` are the fields (C55)."""

    def __init__(self, sentence: str, stored: Any = None, names: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.stored = stored
        self.names = names

"""What a line of the hall, at the door and in Monitor, says of the row that a query has returned."""

from typing import Protocol


class Stored(Protocol):
    """One candidate as a query returns it."""

    @property
    def public_id(self) -> str: ...
    @property
    def candidate_id(self) -> str: ...
    @property
    def building(self) -> str | None: ...
    @property
    def room(self) -> str | None: ...


class StoredLine:
    """A line about one candidate; each list has columns of its own, and so a row of its own."""

    __slots__ = ()
    stored: Stored

    @property
    def public_id(self) -> str:
        """Return what stands for the candidate in addresses."""
        return self.stored.public_id

    @property
    def candidate_id(self) -> str:
        """Return the Candidate ID."""
        return self.stored.candidate_id

    @property
    def place(self) -> str:
        """Return building and room in one, empty for neither."""
        return " ".join(part for part in (self.stored.building, self.stored.room) if part)

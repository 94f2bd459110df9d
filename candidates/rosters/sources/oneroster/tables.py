"""Put the tables of OneRoster packages together: the last bulk of each, and the deltas that came after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from candidates.rosters.source import SourceError
from candidates.rosters.sources.oneroster.packages import (
    PATIENCE,
    SETTLED,
    Manifest,
    Only,
    Package,
    Record,
    Unreadable,
    find_packages,
)

NEEDED = ("users", "enrollments", "classes")
_STATES = {"": False, "active": False, "tobedeleted": True, "inactive": True}


@dataclass(frozen=True, slots=True)
class Roster:
    """The packages that together are the present state, the oldest first, with what each says of itself.

    `waiting` is the name of a newer one that is still being written, "" for none.
    """

    parts: tuple[tuple[Package, Manifest], ...]
    waiting: str = ""

    @property
    def marker(self) -> str:
        """Return a text that changes whenever the packages do."""
        return "|".join(f"{one.name}:{one.changed}:{one.size}" for one, _manifest in self.parts)

    @property
    def name(self) -> str:
        """Return what the newest package is called."""
        return self.parts[-1][0].name

    def deltas(self) -> int:
        """Return how many packages are changes only, of what is needed."""
        return sum(any(manifest.tables.get(name) == "delta" for name in NEEDED) for _package, manifest in self.parts)

    def has(self, table: str) -> bool:
        """Tell whether there is a bulk of a table."""
        return any(manifest.tables.get(table.lower()) == "bulk" for _package, manifest in self.parts)

    def rows(self, table: str, columns: Iterable[str] = (), *, only: Only | None = None) -> dict[str, Record]:
        """Return the rows of a table, or `only` some, by sourcedId, as the newest package that names each has them.

        A row of a delta is the whole row: it takes the place of the former one. Raises SourceError.
        """
        states = [manifest.tables.get(table.lower(), "absent") for _package, manifest in self.parts]
        if "bulk" not in states:
            return {}
        base = len(states) - 1 - states[::-1].index("bulk")
        needed = ("sourcedId", *columns, *((only[0],) if only else ()))
        found: dict[str, Record] = {}
        for (package, _manifest), state in list(zip(self.parts, states, strict=True))[base:]:
            if state == "absent":
                continue
            seen: set[str] = set()
            with package.opened() as opened:
                # a delta may say of a row that was wanted that it is not any more
                for record in opened.rows(f"{table}.csv", needed, only if state == "bulk" else None):
                    key = record["sourcedId"]
                    if only and record[only[0]] not in only[1]:
                        found.pop(key, None)
                        continue
                    _refuse(record, key, seen, f"{table}.csv ({package.name})")
                    seen.add(key)
                    found[key] = record
        return found


def is_deleted(record: Record) -> bool:
    """Tell whether a row says that what it describes is gone."""
    return _STATES[record["status"].lower()]


def read_roster(folder: Path, *, needed: Iterable[str] = NEEDED) -> Roster:
    """Return the packages from the last bulk of every needed table on. Raises SourceError, also for a delta without.

    A package that is still being written waits, and those before it count.
    """
    packages, waiting = find_packages(folder), ""
    while packages and packages[-1].is_on_its_way(SETTLED):
        waiting = packages.pop().name
    parts: list[tuple[Package, Manifest]] = []
    lacking = set(needed)
    told: set[str] = set()
    for package in reversed(packages):
        try:
            manifest = _whole(package)
        except Unreadable:
            if parts or not package.is_on_its_way(PATIENCE):
                raise
            waiting = package.name
            continue
        parts.append((package, manifest))
        told |= {name for name in lacking if manifest.tables.get(name.lower()) == "delta"}
        lacking -= {name for name in lacking if manifest.tables.get(name.lower()) == "bulk"}
        if not lacking:
            return Roster(tuple(reversed(parts)), waiting)
    if waiting and not parts:
        raise SourceError(_("%(package)s is still being written. Look again in a minute.") % {"package": waiting})
    if not parts:
        raise SourceError(_("The folder of this student system holds no OneRoster package: no zip file has come yet."))
    names = ", ".join(f"{name}.csv" for name in sorted(lacking))
    if lacking & told:
        message = _("Only changes (delta) of %(names)s are here, and no full list (bulk) before them. Have one sent.")
        raise SourceError(message % {"names": names})
    raise SourceError(_("No package holds %(names)s: manifest.csv says that they are absent.") % {"names": names})


def _whole(package: Package) -> Manifest:
    with package.opened() as opened:
        return opened.manifest()


def _refuse(record: Record, key: str, seen: set[str], where: str) -> None:
    if not key or len(key) > 255:
        message = _("Line %(line)d of %(file)s has no sourcedId that can be used.")
        raise SourceError(message % {"line": record.number, "file": where})
    if key in seen:
        raise SourceError(
            _("Line %(line)d of %(file)s has a sourcedId twice.") % {"line": record.number, "file": where}
        )
    if record["status"].lower() not in _STATES:
        message = _("Line %(line)d of %(file)s has the status “%(status)s”, which OneRoster does not know.")
        found = {"line": record.number, "file": where, "status": record["status"][:30]}
        raise SourceError(message % found)

"""Say what each column of a list of candidates is read as: chosen, by a format, heading or place (D13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _

from candidates.intake.headings import (
    LOGS_IN_WITH,
    MAX_COLUMNS_READ,
    NAME,
    PROBLEM,
    SSO_USER_ID,
    Spec,
    fold_heading,
    holds_passwords,
    is_formula,
    name_order,
)
from candidates.tabular.table import Row, UnreadableFile

IGNORE = ""
"""What a column is read as that is not read."""
KIND = "kind"
# Our own export (candidates/pages/candidates/export.py) is known by these two headings.
_EXPORTED = frozenset({KIND, LOGS_IN_WITH})
_SHOWN_ROWS = 3
_MAX_SHOWN = 60
"""Characters of a cell that is shown beside its column."""
_MAX_HEADING = 200

Why = Literal["chosen", "format", "heading", "order", "unknown", "twice", "elsewhere", "empty", "few"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its place from 0, its heading and first cells, what it is read as, and why.

    `why` is "twice" where several columns could be the same one of ours, and "elsewhere" where only another kind of
    list has such a column: both are ignored until somebody chooses. It is "few" where a few rows have cells past the
    headings: those rows are problems until somebody chooses, because a name may hold the separator (F5).
    """

    place: int
    heading: str
    field: str
    why: Why
    cells: tuple[str, ...] = ()

    def as_json(self) -> list[Any]:
        """Return what a draft stores."""
        return [self.place, self.heading, self.field, self.why, list(self.cells)]

    @classmethod
    def from_json(cls, stored: Sequence[Any]) -> Column:
        """Return the column that `as_json` gave."""
        place, heading, field, why, cells = stored
        return cls(place, heading, field, why, tuple(cells))


class KnownFormat(NamedTuple):
    """A format that was remembered: what the columns with these headings (`heading_keys`) are read as."""

    name: str
    fields: Mapping[str, str]


def assigned(
    header: Row | None,
    data: Sequence[Row],
    spec: Spec,
    *,
    chosen: Mapping[int, str] | None = None,
    formats: Sequence[KnownFormat] = (),
) -> tuple[tuple[Column, ...], str]:
    """Return what each column is read as, and the name of the format by which that is known, "" for none.

    `chosen` is what a person said, by place. Raises UnreadableFile where a heading says that there are passwords: the
    list would be kept with them while it waits.
    """
    heads = [heading[:_MAX_HEADING] for heading in header.cells] if header else []
    for heading in heads:
        if header and holds_passwords(heading):
            message = _(
                "Row %(row)d has a column “%(heading)s”. Passwords are not taken with candidates, and are not kept: "
                "remove the column, and upload the list again."
            )
            raise UnreadableFile(message % {"row": header.number, "heading": heading.strip()[:60]}, header.number)
    if header is None:
        spec = _in_its_order(spec, data)
    form = _format_for(heads, formats)
    keys = heading_keys(heads)
    known = {place: form.fields[key] for place, key in enumerate(keys) if key in form.fields} if form else {}
    usual, few = _places(heads, data, spec, headed=header is not None)
    columns = [
        _column(place, heads, spec, known, chosen or {}, headed=header is not None, few=place in few)
        for place in sorted({*usual, *few})
    ]
    # of a sparse column the rows that fill it
    shown = {one.place: _filled(data, one.place) if one.place in few else data[:_SHOWN_ROWS] for one in columns}
    columns = [
        replace(one, cells=tuple(_cell(row, one.place)[:_MAX_SHOWN] for row in shown[one.place])) for one in columns
    ]
    return tuple(_asked_about_twins(columns)), form.name if form else ""


def _in_its_order(spec: Spec, data: Sequence[Row]) -> Spec:
    """Return what a list without headings has in its columns: the addresses may stand before the Candidate IDs."""
    first, second, *others = (*spec.places, "", "")
    firsts, seconds = ([text for row in data if (text := _cell(row, place).strip())] for place in (0, 1))
    swapped = bool(firsts and seconds) and all("@" in text for text in firsts) and not any("@" in s for s in seconds)
    return replace(spec, order=(second, first, *filter(None, others))) if swapped and second == SSO_USER_ID else spec


def missing(columns: Sequence[Column], spec: Spec) -> list[str]:
    """Return the fields that the list needs and no column is read as."""
    read = {one.field for one in columns}
    return [name for name in spec.fields if name in spec.required and name not in read]


def refusal_of(columns: Sequence[Column], spec: Spec) -> str:
    """Return what somebody has to choose before the list can be checked, "" for nothing."""
    said = []
    lacking = missing(columns, spec)
    for name in sorted({_field_by_heading(one, spec) for one in columns if one.why == "twice"}):
        twins = [one for one in columns if one.why == "twice" and _field_by_heading(one, spec) == name]
        words = _("%(columns)s could each be %(label)s: choose which one is.")
        named = _(" and ").join(f"“{one.heading.strip()[:60]}”" for one in twins)
        said.append(words % {"columns": named, "label": spec.words.label(name)})
        lacking = [one for one in lacking if one != name]
    said += [_("No column is read as %(label)s: choose it.") % {"label": spec.words.label(name)} for name in lacking]
    return " ".join([*said, _("Then press “Read it again”.")]) if said else ""


def as_format(columns: Sequence[Column], name: str = "") -> KnownFormat:
    """Return the format of the next file with these headings."""
    heads = {one.place: one.heading for one in columns}
    keys = heading_keys([heads.get(place, "") for place in range(max(heads, default=-1) + 1)])
    return KnownFormat(name, {keys[one.place]: one.field for one in columns if one.why != "few"})


def heading_keys(heads: Sequence[str]) -> list[str]:
    """Return what the columns of a header are known by: folded headings, twins in order; without one their place."""
    counted: Counter[str] = Counter()
    keys = []
    for place, heading in enumerate(heads):
        folded = fold_heading(heading)
        counted[folded] += 1
        number = counted[folded]
        # a space is in no folded heading
        keys.append(f" {place}" if not folded else folded if number == 1 else f"{folded} {number}")
    return keys


def overruled_by_format(columns: Sequence[Column], spec: Spec) -> list[Column]:
    """Return the columns that a format ignores although their headings are known."""
    ignored = [one for one in columns if one.why == "format" and one.field == IGNORE]
    return [one for one in ignored if _field_by_heading(one, spec) in spec.fields]


def columns_by_field(columns: Sequence[Column]) -> dict[str, list[int]]:
    """Return the places of the columns of each field; the parts of a name in their order."""
    found: dict[str, list[int]] = {}
    for one in sorted(columns, key=lambda one: (name_order(one.heading) if one.field == NAME else 0, one.place)):
        if one.field != IGNORE:
            found.setdefault(one.field, []).append(one.place)
    return found


def too_many_chosen(chosen: Mapping[int, str]) -> list[str]:
    """Return the fields that more columns were chosen for than can be read as one."""
    counted = Counter(field for field in chosen.values() if field != IGNORE)
    return [name for name, count in counted.items() if count > MAX_COLUMNS_READ.get(name, 1)]


def is_export(heads: Sequence[str]) -> bool:
    """Tell whether these are the headings of our own list of candidates."""
    return _EXPORTED.issubset(fold_heading(heading) for heading in heads)


def _column(
    place: int,
    heads: Sequence[str],
    spec: Spec,
    known: Mapping[int, str],
    chosen: Mapping[int, str],
    *,
    headed: bool,
    few: bool,
) -> Column:
    heading = heads[place] if place < len(heads) else ""
    found = Column(place, heading, IGNORE, "few") if few else _found(place, heading, heads, spec, known, headed=headed)
    if place in chosen and (few or chosen[place] != found.field):
        return replace(found, field=chosen[place], why="chosen")
    return found


def _found(
    place: int, heading: str, heads: Sequence[str], spec: Spec, known: Mapping[int, str], *, headed: bool
) -> Column:
    """Return what a column is read as where nobody says it."""
    if not headed:
        field = spec.places[place] if place < len(spec.places) else IGNORE
        return Column(place, "", field, "order" if field else "empty")
    if place in known:
        return Column(place, heading, known[place], "format")
    if not heading.strip():
        return Column(place, heading, IGNORE, "empty")
    field = _field_by_heading(Column(place, heading, IGNORE, "unknown"), spec, exported=is_export(heads))
    if field == PROBLEM or field in spec.fields:
        return Column(place, heading, field, "heading")
    return Column(place, heading, IGNORE, "elsewhere" if field == SSO_USER_ID else "unknown")


def _field_by_heading(column: Column, spec: Spec, *, exported: bool = False) -> str:
    if is_formula(column.heading):
        return IGNORE
    if exported and fold_heading(column.heading) == LOGS_IN_WITH:
        # the user names of one-time users stand there, too, in a list of them
        return SSO_USER_ID if SSO_USER_ID in spec.fields else IGNORE
    return spec.words.field_of(column.heading) or IGNORE


def _asked_about_twins(columns: list[Column]) -> list[Column]:
    """Ignore columns of which several could be the same one of ours, unless a person or a format has said which."""
    names = [one for one in columns if one.field == NAME and one.why == "heading"]
    if {name_order(one.heading) for one in names} >= {-1, 1} and len(names) > 2:
        # the parts of a name beside the whole of it: the parts are read
        whole = {one.place for one in names if name_order(one.heading) == 0}
        columns = [replace(one, field=IGNORE, why="unknown") if one.place in whole else one for one in columns]
    problems = [one.place for one in columns if one.field == PROBLEM]  # the last one is ours
    columns = [replace(one, field=IGNORE, why="unknown") if one.place in problems[:-1] else one for one in columns]
    counted = Counter(one.field for one in columns)
    twice = {name for name, count in counted.items() if count > MAX_COLUMNS_READ.get(name, 1)} - {IGNORE}
    named = [one for one in columns if one.field == NAME and one.why == "heading"]
    orders = sorted(name_order(one.heading) for one in named)
    if len(named) == 2 and _is_over_both(*named):
        orders = []
    if (len(orders) == 2 and orders[1] != 1) or orders == [1, 1]:  # two whole names, or two of the same part
        twice.add(NAME)
    said = {one.field for one in columns if one.why in ("chosen", "format")}
    return [
        replace(one, field=IGNORE, why="unknown" if one.field in said else "twice")
        if one.field in twice and one.why == "heading"
        else one
        for one in columns
    ]


def _is_over_both(left: Column, right: Column) -> bool:
    """Tell whether two columns have the same heading and stand side by side: a spreadsheet had merged its cells."""
    return left.heading.strip() == right.heading.strip() and right.place == left.place + 1


def _format_for(heads: Sequence[str], formats: Sequence[KnownFormat]) -> KnownFormat | None:
    """Return the format that knows most of these headings, of those whose headings are all there."""
    keys = set(heading_keys(heads))
    fitting = [one for one in formats if one.fields and one.fields.keys() <= keys]
    return max(fitting, key=lambda one: len(one.fields), default=None)


def _places(heads: Sequence[str], data: Sequence[Row], spec: Spec, *, headed: bool) -> tuple[set[int], frozenset[int]]:
    """Return the places that are columns, and those that only a few rows fill.

    Columns are those with a heading, else of the usual order, and those that most rows fill.
    """
    widest = max((len(row.cells) for row in data), default=0)
    filled = [sum(1 for row in data if _cell(row, place).strip()) for place in range(widest)]
    most = {place for place, count in enumerate(filled) if count * 2 >= len(data) > 0}
    named = {place for place, heading in enumerate(heads) if heading.strip()} if headed else {*range(len(spec.places))}
    usual = {*named, *most}
    return usual, frozenset(place for place, count in enumerate(filled) if count) - usual


def _filled(data: Sequence[Row], place: int) -> list[Row]:
    return [row for row in data if _cell(row, place).strip()][:_SHOWN_ROWS]


def _cell(row: Row, place: int) -> str:
    return row.cells[place] if place < len(row.cells) else ""

"""Rows of a body: what is no text as it should be is said with what the importer finds elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from candidates.api.problems import Problem, Wrong, invalid, pointer_to, wrong_of
from candidates.api.schemas import Body, Text

MAX_SENT = 1000  # characters of a member; what is too long for its column is said in a sentence


class Unread(str):
    """A member that is no text as it should be: empty for the importer, which looks at the rest of the row."""

    why: Wrong

    @classmethod
    def of(cls, error: ValidationError) -> "Unread":
        """Return the member that pydantic refused."""
        unread = cls()
        (unread.why,) = wrong_of([{**error.errors()[0], "loc": ("body", "")}])
        return unread


def or_why(value: Any, handler: ValidatorFunctionWrapHandler) -> str:
    """Return a member, or why it is none."""
    try:
        return str(handler(value))
    except ValidationError as error:
        return Unread.of(error)


Cell = Annotated[Text, Field(max_length=MAX_SENT), WrapValidator(or_why)]


class Row(Body):
    """One of many that are sent. `unread` says what is wrong in it, unknown members too."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})


def unread(rows: Iterable[Row], where: str) -> Iterator[Wrong]:
    """Yield the members that are no text as they should be, and those that nobody knows; `where` is their list."""
    for place, row in enumerate(rows):
        for name, value in row.__dict__.items():
            if isinstance(value, Unread):
                alias = type(row).model_fields[name].alias or name
                yield value.why.model_copy(update={"pointer": pointer_to(where, place, alias)})
        for name in row.model_extra or ():
            pointer = pointer_to(where, place, name)
            yield Wrong(detail=_("There is no such member."), pointer=pointer, code="extra_forbidden")


def all_wrong(wrong: Sequence[Wrong], found: Iterable[Wrong]) -> Problem:
    """Return the problem with what was wrong before the importer looked, and what it found elsewhere, row by row."""
    named = {one.pointer for one in wrong}
    everything = [*wrong, *(one for one in found if one.pointer not in named)]
    return invalid(sorted(everything, key=lambda one: int((one.pointer or "").split("/")[2])))

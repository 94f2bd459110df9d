"""Shapes that all resources share: what is sent is strict, what is answered has the original's names."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictStr,
)
from pydantic.alias_generators import to_camel

from candidates.models.tests import FIRST_MOMENT, LAST_MOMENT

T = TypeVar("T")
MAX_PAGE = 1500
DEFAULT_PAGE = 100
OURS = "Ours: the public record of the original does not say."


class Body(BaseModel):
    """What is sent. A member that nobody knows is refused: a misspelt `extraTime` must not be lost."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        # an answer always has all its members, whatever is in them
        json_schema_serialization_defaults_required=True,
    )

    _status: int = PrivateAttr(200)
    _is_stored: bool = PrivateAttr(True)

    def made(self) -> "Answer":
        """Say that something new was made: 201."""
        self._status = 201
        return self

    def unless(self, dry_run: bool) -> "Answer":
        """Say whether what was done is stored: not in a dry run."""
        self._is_stored = not dry_run
        return self


def _iso(value: Any) -> Any:
    """Return a moment that is written as a text; a number could be seconds or minutes or days."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or "T" not in value.upper():
        raise ValueError(_("Write it as ISO 8601 with an offset: 2026-12-07T08:00:00Z."))
    return value


def _within(value: datetime) -> datetime:
    if not FIRST_MOMENT <= value < LAST_MOMENT:
        raise ValueError(_("It lies too far off."))
    return value.astimezone(UTC)


def _plain(value: str) -> str:
    """Return a text that both databases take."""
    if "\0" in value:
        raise ValueError(_("The character NUL cannot be stored."))
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_iso, json_schema_input_type=datetime),
    AfterValidator(_within),
    Field(description="ISO 8601 with an offset or Z; a time without one is refused. Answers are in UTC."),
]
Text = Annotated[StrictStr, AfterValidator(_plain)]


class Page(Answer, Generic[T]):
    """Some rows of a list, and where the next begin."""

    items: list[T]
    next: str | None = Field(default=None, description="Send it as `cursor` to read on; null at the end.")

"""Ask what is asked at every login without building the query each time."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

Found = TypeVar("Found", bound=models.Model)
# What stands for the values while a query is built: nothing else in one is like these.
A_NUMBER, A_TEXT = -7_000_000_001, "\x01 a text"


class CompiledQuery(threading.local, Generic[Found]):
    """A query of one shape, whose SQL is built once in each thread, and its objects as the query itself makes them.

    Django takes longer to build a query than a database to answer it: with 1500 people at once that was half of a page.
    `build` gets the values, A_NUMBER or A_TEXT for each, and has to come to the same SQL whatever they are.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Found]], *stand_ins: int | str) -> None:
        """Begin in this thread: connections belong to threads as well."""
        self._build, self._stand_ins = build, stand_ins
        self._connection: Any = None

    def __call__(self, *values: int | str) -> list[Found]:
        """Return the objects that the query finds for these values."""
        connection = connections[DEFAULT_DB_ALIAS]
        if self._connection is not connection:
            self._compile(connection)
        given = dict(zip(self._stand_ins, values, strict=True))
        parameters = tuple(given.get(one, one) for one in self._parameters)
        self._compiler.as_sql = lambda *_how, **_more: (self._sql, parameters)
        return list(self._queryset._iterable_class(self._queryset))

    def _compile(self, connection: Any) -> None:
        """Build the query, and let it use what was built from now on."""
        self._queryset: Any = self._build(*self._stand_ins).using(DEFAULT_DB_ALIAS)
        self._compiler: Any = self._queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = self._compiler.as_sql()
        # the query has only one compiler from now on, which has done its work
        self._queryset.query.get_compiler = lambda *_which, **_more: self._compiler  # type: ignore[method-assign]
        self._connection = connection

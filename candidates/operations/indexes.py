"""Changes of indexes while people write: steps of migrations with `atomic = False`.

Django's own operations lock a table until the migration ends, on PostgreSQL also against reading. These run single
statements that can be repeated, so that an interrupted migration can be run again. On SQLite others wait for the one
statement that makes an index.
"""

from typing import Any

from django.db import migrations
from django.db.migrations.state import ProjectState
from django.db.models import Index, Model


class AddIndexWhilePeopleWrite(migrations.AddIndex):
    """Make an index beside those who write (PostgreSQL: CREATE INDEX CONCURRENTLY)."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _make(self.index, to_state.apps.get_model(app_label, self.model_name), schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _drop(self.index, schema_editor)


class DropIndexOfForeignKey(migrations.AlterField):
    """Give a foreign key db_index=False; Django would write a whole table of SQLite anew for it."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        _drop(self._index(from_state.apps.get_model(app_label, self.model_name), schema_editor), schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        _make(self._index(model, schema_editor), model, schema_editor)

    def _index(self, model: type[Model], schema_editor: Any) -> Index:
        """Return the index, under the name that Django makes of table and column."""
        column = f"{self.name}_id"
        return Index(fields=[self.name], name=schema_editor._create_index_name(model._meta.db_table, [column]))


def _make(index: Index, model: type[Model], schema_editor: Any) -> None:
    # an interrupted CREATE INDEX CONCURRENTLY leaves an invalid index of this name
    _drop(index, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.add_index(model, index, concurrently=True)
    else:
        schema_editor.add_index(model, index)


def _drop(index: Index, schema_editor: Any) -> None:
    words = "DROP INDEX CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else "DROP INDEX"
    schema_editor.execute(f"{words} IF EXISTS {schema_editor.quote_name(index.name)}")

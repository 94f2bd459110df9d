"""An import that waits in the queue while a new version comes is taken up by that version's worker."""

import importlib
import json

import pytest
from django.apps import apps
from django.db import connection
from django_tasks_db.models import DBTaskResult

from candidates.intake.accounts import running

pytestmark = pytest.mark.django_db
moved = importlib.import_module("candidates.migrations.0025_task_of_imports_moved")


def test_a_task_that_waits_finds_its_function() -> None:
    running.import_users.enqueue("never.made")
    DBTaskResult.objects.update(task_path=moved.BEFORE)
    moved.move(moved.BEFORE, moved.NOW)(apps, connection.schema_editor())
    waiting = DBTaskResult.objects.get()
    assert waiting.task.func is running.import_users.func
    assert json.loads(json.dumps(waiting.args_kwargs))["args"] == ["never.made"]
    moved.move(moved.NOW, moved.BEFORE)(apps, connection.schema_editor())
    assert DBTaskResult.objects.get().task_path == moved.BEFORE

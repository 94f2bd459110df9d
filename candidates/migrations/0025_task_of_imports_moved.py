"""Let tasks that wait in the queue find their function, which stands beside the work itself now."""

from typing import Any

from django.db import migrations

BEFORE = "candidates.tasks.import_users"
NOW = "candidates.intake.accounts.running.import_users"


def move(was: str, path: str) -> Any:
    """Return what renames the function of tasks."""

    def rename(apps: Any, schema_editor: Any) -> None:
        tasks = apps.get_model("django_tasks_database", "DBTaskResult")
        tasks.objects.using(schema_editor.connection.alias).filter(task_path=was).update(task_path=path)

    return rename


class Migration(migrations.Migration):
    dependencies = [
        ("candidates", "0024_seals_of_the_audit"),
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
    ]
    operations = [migrations.RunPython(move(BEFORE, NOW), move(NOW, BEFORE))]

"""One table of imports: lists of candidates and files of permanent users, waiting, running and done.

What candidates' lists have brought stays, and files of permanent users with their rows, whatever they wait for. Lists
of candidates that wait for confirmation are not carried over: they live for a day, and are uploaded again. The rules of
the new table come with 0027: PostgreSQL changes no table that rows were written to in the same transaction.
"""

from datetime import timedelta
from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import candidates.models.ids

SAME = (
    "public_id status owner_id format_name columns file_name file_sha256 encoding delimiter header_row "
    "letters_to_confirm has_passwords source mends left_out report existing change_passwords add_to_id add_to_name "
    "back_to_test total done updated skipped problems created_at expires_at started_at finished_at cancel_asked_at "
    "lease leased_until"
).split()
ROWS_AT_ONCE = 20


def carry_over(apps: Any, schema_editor: Any) -> None:
    """Complete the records of candidates' lists, and copy the imports of users with their rows."""
    imports = apps.get_model("candidates", "Import").objects
    chunks = apps.get_model("candidates", "ImportChunk")
    for record in imports.only("pk", "list_read_at", "finished_at").iterator():
        made = record.list_read_at or record.finished_at
        imports.filter(pk=record.pk).update(status="done", created_at=made, expires_at=made + timedelta(hours=1))
    for old in apps.get_model("candidates", "UserImport").objects.select_related("owner").iterator(chunk_size=1):
        name = old.owner.name or old.owner.username
        made = {field: getattr(old, field) for field in SAME}
        new = imports.create(kind="users", owner_name=name[:200], added=old.made, **made)
        for chunk in old.chunks.order_by("number").iterator(chunk_size=ROWS_AT_ONCE):
            chunks.objects.create(source=new, number=chunk.number, rows=chunk.rows)


class Migration(migrations.Migration):
    dependencies = [("candidates", "0025_task_of_imports_moved")]
    operations = [
        migrations.RemoveConstraint("candidateimport", "import_kind_known"),
        migrations.RemoveConstraint("candidateimport", "import_did_something"),
        migrations.RenameModel("CandidateImport", "Import"),
        migrations.RenameField("import", "by", "owner"),
        migrations.RenameField("import", "by_name", "owner_name"),
        migrations.RenameField("import", "at", "finished_at"),
        migrations.RenameField("import", "left_out", "left_out_count"),
        migrations.AlterField(
            "import",
            "public_id",
            models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, unique=True),
        ),
        migrations.AlterField(
            "import",
            "kind",
            models.CharField(
                choices=[
                    ("one_time", "One-time users"),
                    ("sso", "SSO candidates"),
                    ("permanent", "Permanent users who were chosen for a test"),
                    ("users", "New permanent users"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "import",
            "test",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="imports",
                to="candidates.test",
            ),
        ),
        migrations.AlterField(
            "import",
            "owner",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="imports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField("import", "finished_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "import",
            "status",
            models.CharField(
                choices=[
                    ("waiting", "Waiting for confirmation"),
                    ("queued", "About to start"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("cancelled", "Cancelled"),
                    ("failed", "Failed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddField("import", "format_name", models.CharField(blank=True, max_length=100)),
        migrations.AddField("import", "columns", models.JSONField(default=list)),
        migrations.AddField("import", "encoding", models.CharField(blank=True, max_length=40)),
        migrations.AddField("import", "delimiter", models.CharField(blank=True, max_length=1)),
        migrations.AddField("import", "header_row", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("import", "letters_to_confirm", models.JSONField(default=list)),
        migrations.AddField("import", "has_passwords", models.BooleanField(default=False)),
        migrations.AddField("import", "source", models.BinaryField(default=bytes)),
        migrations.AddField("import", "mends", models.JSONField(default=dict)),
        migrations.AddField("import", "left_out", models.JSONField(default=list)),
        migrations.AddField("import", "report", models.JSONField(default=dict)),
        migrations.AddField(
            "import",
            "existing",
            models.CharField(
                blank=True,
                choices=[("skip", "Leave them as they are"), ("update", "Update them")],
                max_length=6,
            ),
        ),
        migrations.AddField("import", "change_passwords", models.BooleanField(default=False)),
        migrations.AddField(
            "import",
            "add_to",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="filled_by",
                to="candidates.permanentuserlist",
            ),
        ),
        migrations.AddField("import", "add_to_name", models.CharField(blank=True, max_length=200)),
        migrations.AddField("import", "back_to_test", models.CharField(blank=True, max_length=16)),
        migrations.AddField("import", "total", models.PositiveIntegerField(default=0)),
        migrations.AddField("import", "done", models.PositiveIntegerField(default=0)),
        migrations.AddField("import", "problems", models.JSONField(default=list)),
        migrations.AddField(
            "import", "created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)
        ),
        migrations.AddField("import", "expires_at", models.DateTimeField(null=True)),
        migrations.AddField("import", "started_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("import", "cancel_asked_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("import", "lease", models.CharField(blank=True, max_length=32)),
        migrations.AddField("import", "leased_until", models.DateTimeField(blank=True, null=True)),
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("rows", models.JSONField(default=list)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="candidates.import"
                    ),
                ),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.AlterModelOptions(name="import", options={"ordering": ["-created_at", "-pk"]}),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]

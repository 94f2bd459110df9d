"""One table of imports: lists of candidates and files of permanent users, waiting, running and done.

Its rows come with 0027 and its rules with 0028: PostgreSQL changes no table that rows were written to in the same
transaction.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import candidates.models.ids

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
    ]

"""The rules of the one table of imports; what it replaces goes, and the queue of tasks that nothing waits in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("candidates", "0027_imports_carried_over")]
    operations = [
        migrations.DeleteModel("ImportDraft"),
        migrations.DeleteModel("UserImportChunk"),
        migrations.DeleteModel("UserImport"),
        migrations.RunSQL("DROP TABLE IF EXISTS django_tasks_database_dbtaskresult", migrations.RunSQL.noop),
        migrations.RemoveField("import", "list_read_at"),
        migrations.AlterField("import", "expires_at", models.DateTimeField()),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(condition=models.Q(("status", "waiting")), fields=["expires_at"], name="import_expiry"),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=["leased_until"],
                name="import_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["one_time", "sso", "permanent", "users"])), name="import_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "queued", "running", "done", "cancelled", "failed"])),
                name="import_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("existing__in", ["", "skip", "update"])), name="import_existing_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "users"), ("test__isnull", False), _connector="XOR"),
                name="import_is_for_a_test",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "sso"), ("authentication_type", ""), _connector="XOR"),
                name="import_type_is_for_sso",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_list__isnull", True), ("kind", "permanent"), _connector="OR"),
                name="import_list_is_for_permanent",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source", b""),
                    models.Q(
                        ("has_passwords", False), ("status", "waiting"), models.Q(("kind", "permanent"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="import_keeps_no_passwords",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("done__lte", models.F("total"))), name="import_counts"
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("created_at"))), name="import_expires_later"
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "done"), _negated=True),
                    ("kind", "users"),
                    ("added__gt", 0),
                    ("updated__gt", 0),
                    _connector="OR",
                ),
                name="import_did_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("undone_at__isnull", True), models.Q(("status", "done"), ("test__isnull", False)), _connector="OR"
                ),
                name="import_undone_was_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="importchunk",
            constraint=models.UniqueConstraint(fields=("source", "number"), name="import_chunk_once"),
        ),
    ]

import hashlib

from django.db import migrations, models
from django.db.models import F, Q

ROWS_AT_ONCE = 500


def close_what_was_handed_in(apps, schema_editor):
    """Note revision and digest of what was handed in before."""
    Submission = apps.get_model("candidates", "Submission")
    handed_in = Submission.objects.filter(candidate__submitted_at__isnull=False).order_by("pk")
    last = 0
    while rows := list(handed_in.filter(pk__gt=last).only("pk", "answer", "revision")[:ROWS_AT_ONCE]):
        for row in rows:
            row.handed_in_revision = row.revision
            row.digest = hashlib.sha256(row.answer.encode()).hexdigest()
        Submission.objects.bulk_update(rows, ["handed_in_revision", "digest"])
        last = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0009_audit_actions_by_name'),
    ]

    operations = [
        migrations.AddField(
            model_name='submission',
            name='digest',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='submission',
            name='handed_in_revision',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(close_what_was_handed_in, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=Q(('handed_in_revision__isnull', True), ('handed_in_revision', F('revision')), _connector='OR'), name='submission_stays_as_handed_in'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=Q(Q(('digest', ''), ('handed_in_revision__isnull', True)), Q(('handed_in_revision__isnull', False), Q(('digest', ''), _negated=True)), _connector='OR'), name='submission_digest_of_what_was_handed_in'),
        ),
    ]

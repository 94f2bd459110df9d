"""Names and seats of candidates; what imports changed of them, and of private references, can be undone."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def carry_references_over(apps, schema_editor):
    """Until now no import changed a private reference: it was before and after what it is now."""
    candidates = apps.get_model("candidates", "Candidate").objects.filter(pk=OuterRef("candidate"))
    now = Subquery(candidates.values("private_reference"))
    apps.get_model("candidates", "ImportedChange").objects.update(
        old_private_reference=now, new_private_reference=now
    )


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0028_rules_of_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='candidate',
            name='name',
            field=models.CharField(blank=True, max_length=200, verbose_name='Name'),
        ),
        migrations.AddField(
            model_name='candidate',
            name='seat',
            field=models.CharField(blank=True, max_length=20, verbose_name='Seat'),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='new_name',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='new_private_reference',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='new_seat',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='old_name',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='old_private_reference',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='old_seat',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AlterField(
            model_name='agedout',
            name='kind',
            field=models.CharField(choices=[('answers', 'Answers'), ('private_references', 'Names and private references'), ('one_time_users', 'Logins of one-time users'), ('tests', 'Tests')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(condition=models.Q(('seat', ''), _negated=True), fields=('test', 'location', 'seat'), name='candidate_seat_once_per_room'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(condition=models.Q(('location__isnull', True), models.Q(('seat', ''), _negated=True)), fields=('test', 'seat'), name='candidate_seat_once_without_room'),
        ),
        migrations.RunPython(carry_references_over, migrations.RunPython.noop),
    ]

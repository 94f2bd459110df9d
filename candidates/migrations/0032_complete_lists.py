"""Lists that say who is on a test and nobody else: whom they removed, so that undoing brings them back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def carry_ids_over(apps, schema_editor):
    """Until now no import changed a Candidate ID: it was before and after what it is now."""
    candidates = apps.get_model("candidates", "Candidate").objects.filter(pk=models.OuterRef("candidate"))
    now = models.Subquery(candidates.values("candidate_id"))
    apps.get_model("candidates", "ImportedChange").objects.update(old_candidate_id=now, new_candidate_id=now)


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0031_formats_of_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportedRemoval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(max_length=16)),
                ('kind', models.CharField(max_length=10)),
                ('candidate_id', models.CharField(max_length=100)),
                ('authentication_type', models.CharField(blank=True, max_length=50)),
                ('sso_user_id', models.CharField(blank=True, max_length=255)),
                ('name', models.CharField(blank=True, max_length=200)),
                ('private_reference', models.CharField(blank=True, max_length=200)),
                ('seat', models.CharField(blank=True, max_length=20)),
                ('extra_minutes', models.PositiveIntegerField(default=0)),
                ('incident_minutes', models.PositiveIntegerField(default=0)),
                ('added_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='import',
            name='import_did_something',
        ),
        migrations.AddField(
            model_name='import',
            name='is_complete',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='import',
            name='removed',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='import',
            name='unticked',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='new_candidate_id',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='importedchange',
            name='old_candidate_id',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_complete', False), ('removed', 0)), models.Q(('is_complete', True), ('kind__in', ['one_time', 'sso'])), _connector='OR'), name='import_complete_is_of_a_list'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('kind', 'users'), ('added__gt', 0), ('updated__gt', 0), ('removed__gt', 0), _connector='OR'), name='import_did_something'),
        ),
        migrations.AddField(
            model_name='importedremoval',
            name='added_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='candidates.import'),
        ),
        migrations.AddField(
            model_name='importedremoval',
            name='location',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='candidates.location'),
        ),
        migrations.AddField(
            model_name='importedremoval',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='removals', to='candidates.import'),
        ),
        migrations.AddField(
            model_name='importedremoval',
            name='user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='importedremoval',
            constraint=models.UniqueConstraint(fields=('source', 'public_id'), name='import_removes_a_candidate_once'),
        ),
        migrations.AddConstraint(
            model_name='importedremoval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('public_id', ''), _negated=True), models.Q(('candidate_id', ''), _negated=True)), name='import_removes_who_was_there'),
        ),
        migrations.AddConstraint(
            model_name='importedremoval',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('authentication_type', ''), ('kind', 'one_time'), ('sso_user_id', ''), ('user__isnull', True)), models.Q(('kind', 'sso'), ('user__isnull', False), models.Q(('authentication_type', ''), _negated=True), models.Q(('sso_user_id', ''), _negated=True)), _connector='OR'), name='import_removal_kind_agrees_with_columns'),
        ),
        migrations.RunPython(carry_ids_over, migrations.RunPython.noop, elidable=True),
    ]

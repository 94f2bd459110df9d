"""Rooms with a capacity and an address of their own, and spreadings over them that can be undone."""

import candidates.models.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def give_addresses(apps, schema_editor):
    """Give each location a random public id."""
    locations = apps.get_model("candidates", "Location").objects.using(schema_editor.connection.alias)
    for key in list(locations.order_by("pk").values_list("pk", flat=True)):
        locations.filter(pk=key).update(public_id=candidates.models.ids.new_public_id())


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0033_ids_by_single_spaces'),
    ]

    operations = [
        migrations.AddField(
            model_name='location',
            name='public_id',
            field=models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, null=True),
        ),
        migrations.AddField(
            model_name='location',
            name='capacity',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='Capacity'),
        ),
        migrations.AddField(
            model_name='location',
            name='for_extra_time',
            field=models.BooleanField(db_default=False, default=False, verbose_name='Extra-time room'),
        ),
        migrations.AddField(
            model_name='location',
            name='is_active',
            field=models.BooleanField(db_default=True, default=True, verbose_name='In use'),
        ),
        migrations.RunPython(give_addresses, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='location',
            name='public_id',
            field=models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, unique=True),
        ),
        migrations.AddConstraint(
            model_name='location',
            constraint=models.CheckConstraint(condition=models.Q(('capacity__isnull', True), models.Q(('capacity__gte', 1), ('capacity__lte', 9999)), _connector='OR'), name='location_capacity_in_bounds'),
        ),
        migrations.CreateModel(
            name='Spread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, unique=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('test', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spreads', to='candidates.test')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('undone_by__isnull', True), ('undone_at__isnull', False), _connector='OR'), name='spread_undone_by_whom_says_when')],
            },
        ),
        migrations.CreateModel(
            name='SpreadMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old_seat', models.CharField(blank=True, max_length=20)),
                ('new_seat', models.CharField(blank=True, max_length=20)),
                ('slip_version', models.PositiveSmallIntegerField()),
                ('candidate', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spread_moves', to='candidates.candidate')),
                ('new_location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='candidates.location')),
                ('old_location', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='candidates.location')),
                ('spread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='moves', to='candidates.spread')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('spread', 'candidate'), name='spread_moves_a_candidate_once')],
            },
        ),
    ]

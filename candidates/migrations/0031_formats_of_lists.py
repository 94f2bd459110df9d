"""Formats of lists of candidates, and the wish of an import to be remembered as one."""

import candidates.models.ids
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0030_what_a_file_says'),
    ]

    operations = [
        migrations.CreateModel(
            name='ListFormat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=candidates.models.ids.new_public_id, editable=False, max_length=16, unique=True)),
                ('kind', models.CharField(choices=[('one_time', 'One-time users'), ('sso', 'CSV import (SSO)')], max_length=10)),
                ('name', models.CharField(max_length=100, verbose_name='Name')),
                ('is_shared', models.BooleanField(default=False, verbose_name='Everybody’s lists are read by it')),
                ('fields', models.JSONField(default=dict)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='import',
            name='is_for_everybody',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='import',
            name='remember_as',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_for_everybody', False), ('remember_as', '')), ('kind__in', ['one_time', 'sso']), _connector='OR'), name='import_remembers_columns_of_candidates'),
        ),
        migrations.AddField(
            model_name='listformat',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='list_formats', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='listformat',
            constraint=models.UniqueConstraint(fields=('owner', 'kind', 'name'), name='list_format_name_once'),
        ),
        migrations.AddConstraint(
            model_name='listformat',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['one_time', 'sso'])), name='list_format_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='listformat',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='list_format_is_named'),
        ),
    ]

"""Keep in mind what was deleted by age."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0019_forms_count_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='AgedOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('answers', 'Answers'), ('private_references', 'Private references'), ('one_time_users', 'Logins of one-time users'), ('tests', 'Tests')], max_length=20)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name='agedout',
            name='test',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aged_out', to='candidates.test'),
        ),
        migrations.AddConstraint(
            model_name='agedout',
            constraint=models.UniqueConstraint(fields=('test', 'kind'), name='aged_out_once_per_kind'),
        ),
        migrations.AddConstraint(
            model_name='agedout',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['answers', 'private_references', 'one_time_users'])), name='aged_out_kind_known'),
        ),
        migrations.AddField(
            model_name='test',
            name='answers_deleted_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='test',
            constraint=models.CheckConstraint(condition=models.Q(('answers_deleted_at__isnull', True), ('archived_at__isnull', False), _connector='OR'), name='test_without_answers_stays_archived'),
        ),
    ]

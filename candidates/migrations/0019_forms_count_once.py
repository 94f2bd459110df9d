"""Forms that make something count once, and tests can be archived."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0018_texts_in_bounds'),
    ]

    operations = [
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('leads_to', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name='sentform',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='sentform',
            constraint=models.UniqueConstraint(fields=('user', 'key'), name='sent_form_counts_once'),
        ),
        migrations.AddConstraint(
            model_name='sentform',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='sent_form_has_a_key'),
        ),
        migrations.AddField(
            model_name='test',
            name='archived_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='test',
            constraint=models.CheckConstraint(condition=models.Q(('archived_at__isnull', True), models.Q(('activated_at__isnull', False), ('ends_at__isnull', False)), _connector='OR'), name='test_archived_only_while_activated'),
        ),
    ]

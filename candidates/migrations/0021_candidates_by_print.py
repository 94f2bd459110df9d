"""Candidates are found by the printing of their slip: an index without those who have none, which is nearly everybody."""

from django.db import migrations, models

from candidates.operations.indexes import AddIndexWhilePeopleWrite


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('candidates', '0020_retention'),
    ]

    operations = [
        AddIndexWhilePeopleWrite(
            model_name='candidate',
            index=models.Index(condition=models.Q(('slip_print__isnull', False)), fields=['slip_print'], name='candidate_by_print'),
        ),
    ]

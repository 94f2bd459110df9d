"""Former names of rooms, which go on meaning them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0039_attendance_and_spare_logins'),
    ]

    operations = [
        migrations.AddField(
            model_name='location',
            name='known_as',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='former_names', to='candidates.location'),
        ),
        migrations.AddConstraint(
            model_name='location',
            constraint=models.CheckConstraint(condition=models.Q(('known_as__isnull', True), models.Q(('is_active', False), models.Q(('known_as', models.F('pk')), _negated=True)), _connector='OR'), name='location_former_name_is_of_another'),
        ),
    ]

"""Bind an invigilator to several rooms: one row for each, or one without a room for all."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0035_scales_of_tests'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='contributor',
            name='contributor_once_per_role',
        ),
        migrations.AddConstraint(
            model_name='contributor',
            constraint=models.UniqueConstraint(fields=('test', 'user', 'role', 'location'), name='contributor_once_per_room'),
        ),
        migrations.AddConstraint(
            model_name='contributor',
            constraint=models.UniqueConstraint(condition=models.Q(('location__isnull', True)), fields=('test', 'user', 'role'), name='contributor_once_per_role'),
        ),
    ]

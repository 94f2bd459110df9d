"""Held the place of tasks in a queue that is no more: the worker finds the imports themselves (0028)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("candidates", "0024_seals_of_the_audit")]
    operations = []

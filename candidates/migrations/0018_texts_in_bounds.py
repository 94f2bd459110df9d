"""Bound the texts of tests and the comments of graders; longer ones that exist stay."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models
from django.db.models.functions import Length


def let_longer_texts_be(apps, schema_editor):
    """Mark tests whose texts were written before they were bounded: they stay as they are until they are changed."""
    lengths = apps.get_model("candidates", "Test").objects.annotate(
        information_length=Length("information"), questions_length=Length("questions")
    )
    longer = models.Q(information_length__gt=10_000) | models.Q(questions_length__gt=200_000)
    keys = list(lengths.filter(longer).order_by().values_list("pk", flat=True))
    apps.get_model("candidates", "Test").objects.filter(pk__in=keys).update(has_longer_texts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0017_hidden_identifiers_apart'),
    ]

    operations = [
        migrations.AddField(
            model_name='test',
            name='has_longer_texts',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunPython(let_longer_texts_be, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='test',
            constraint=models.CheckConstraint(condition=models.Q(('has_longer_texts', True), models.Q(django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('information'), 10000), django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('questions'), 200000)), _connector='OR'), name='test_texts_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('comment'), 10000)), name='mark_comment_in_bounds'),
        ),
    ]

"""Let the invigilators of a test see who the candidates are, unless its planners were promised that they do not."""

from django.db import migrations, models


def keep_the_promise(apps, schema_editor):
    """Leave it off where planners wrote private references, which until now invigilators never saw."""
    candidates = apps.get_model("candidates", "Candidate").objects.using(schema_editor.connection.alias)
    written = candidates.exclude(private_reference="").order_by().values("test").distinct()
    tests = apps.get_model("candidates", "Test").objects.using(schema_editor.connection.alias)
    tests.filter(pk__in=written).update(invigilators_see_names=False)


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0037_papers_of_the_hall'),
    ]

    operations = [
        migrations.AddField(
            model_name='test',
            name='invigilators_see_names',
            field=models.BooleanField(db_default=True, default=True, verbose_name='Invigilators see names'),
        ),
        migrations.RunPython(keep_the_promise, migrations.RunPython.noop),
    ]

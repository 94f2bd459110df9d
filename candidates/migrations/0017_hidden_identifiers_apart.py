"""Set e-mail and external ID apart in what permanent users are searched by: planners find these whole only."""

from django.db import migrations, transaction

from candidates.models.permanent_users import searched_key

AT_ONCE = 2000


def set_apart(apps, schema_editor):
    """Write what people are searched by anew; until then planners find nobody among those who are left.

    By key, a few at a time and each part for itself: nobody who writes waits long, and it can be done again.
    """
    people = apps.get_model('candidates', 'PermanentUser').objects
    columns = ('pk', 'first_name', 'last_name', 'external_id', 'user__username', 'user__email')
    sql = 'UPDATE candidates_permanentuser SET search_key = %s WHERE user_id = %s'
    last = 0
    while rows := list(people.filter(pk__gt=last).order_by('pk').values_list(*columns)[:AT_ONCE]):
        last = rows[-1][0]
        made = [
            (searched_key((first, surname, username), (email, external_id)), key)
            for key, first, surname, external_id, username, email in rows
        ]
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.executemany(sql, made)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('candidates', '0016_versions_of_answers'),
    ]

    operations = [
        migrations.RunPython(set_apart, migrations.RunPython.noop),
    ]

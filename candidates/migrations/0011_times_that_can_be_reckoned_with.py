from datetime import UTC, datetime, timedelta

from django.db import migrations, models
from django.db.models import Q

FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


def bring_into_bounds(apps, schema_editor):
    """Move times that no form has ever taken to the nearest ones that can be reckoned with; the order stays."""
    Test = apps.get_model("candidates", "Test")
    outside = Test.objects.filter(Q(opens_at__lt=FIRST) | Q(ends_at__gte=LAST))
    for key, opens_at, ends_at in outside.values_list("pk", "opens_at", "ends_at"):
        opens_at = min(max(opens_at, FIRST), LAST - 2 * AN_HOUR)
        ends_at = min(max(ends_at, opens_at + AN_HOUR), LAST - AN_HOUR)
        Test.objects.filter(pk=key).update(opens_at=opens_at, ends_at=ends_at)


class Migration(migrations.Migration):

    dependencies = [
        ('candidates', '0010_answers_stay_as_handed_in'),
    ]

    operations = [
        migrations.RunPython(bring_into_bounds, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='test',
            constraint=models.CheckConstraint(condition=Q(Q(('opens_at__isnull', True), ('opens_at__gte', FIRST), _connector='OR'), Q(('ends_at__isnull', True), ('ends_at__lt', LAST), _connector='OR')), name='test_times_can_be_reckoned_with'),
        ),
    ]

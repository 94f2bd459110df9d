"""Name permanent users on tests that have not begun as their accounts do (docs/decisions/0104)."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def bring_names(apps: Any, schema_editor: Any) -> None:
    """Fill in the names that are missing, test by test, each in a transaction of its own.

    Tests that have begun stay: what stood on their papers stands there, and retention may have taken names away.
    """
    alias = schema_editor.connection.alias
    candidates = apps.get_model("candidates", "Candidate")._base_manager.using(alias)
    tests = apps.get_model("candidates", "Test")._base_manager.using(alias)
    coming = list(tests.filter(opens_at__gt=timezone.now()).order_by("pk").values_list("pk", flat=True))
    for test in coming:
        nameless = list(
            candidates.filter(test=test, kind="permanent", name="")
            .select_related("user__permanent_user")
            .only("user__permanent_user__first_name", "user__permanent_user__last_name")
            .order_by("pk")
        )
        for one in nameless:
            person = one.user.permanent_user
            one.name = ", ".join(filter(None, (person.last_name, person.first_name)))[:200]
        candidates.bulk_update(nameless, ["name"], batch_size=500)


class Migration(migrations.Migration):

    # each test on its own, so that an upgrade that is stopped goes on where it was
    atomic = False

    dependencies = [
        ('candidates', '0044_access_keys'),
    ]

    operations = [
        migrations.RunPython(bring_names, migrations.RunPython.noop),
    ]

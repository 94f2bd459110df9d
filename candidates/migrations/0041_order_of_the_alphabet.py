"""Sort Candidate IDs and names by the alphabet of the institution's language (docs/decisions/0097).

The keys are compared code point by code point: on PostgreSQL the columns say so, whatever the database's own order is.
"""

from typing import Any

from django.db import migrations

from candidates.operations.ordering import compare_code_points, put_candidates_in_order, put_people_in_order


def put_in_order(apps: Any, schema_editor: Any) -> None:
    """Write the keys anew that are others now."""
    put_candidates_in_order(apps.get_model("candidates", "Candidate")._base_manager.all())
    put_people_in_order(apps.get_model("candidates", "PermanentUser")._base_manager.all())


class Migration(migrations.Migration):

    # each part on its own: PostgreSQL does not alter a table in the transaction that has changed its rows
    atomic = False

    dependencies = [
        ('candidates', '0040_former_names'),
    ]

    operations = [
        migrations.RunPython(compare_code_points, migrations.RunPython.noop),
        migrations.RunPython(put_in_order, migrations.RunPython.noop),
    ]

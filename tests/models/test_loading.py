"""Moments come from both databases as they were stored, and from PostgreSQL by psycopg's own loader."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.models import DateTimeField, Value

from candidates.models import Test
from candidates.models.tests import FIRST_MOMENT

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "moment", [FIRST_MOMENT, datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
)
def test_a_moment_comes_back_to_the_microsecond_in_utc(moment: datetime) -> None:
    Test.objects.create(name="BIO2150", is_demo=True)
    (found,) = Test.objects.values_list(Value(moment, output_field=DateTimeField()), flat=True)
    assert (found, found.utcoffset(), found.tzinfo) == (moment, moment.utcoffset(), UTC)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="other databases send moments as text")
def test_postgresql_is_read_by_the_loader_in_c() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        oid = cursor.description[0].type_code
        loader = connection.connection.adapters.get_loader(oid, cursor.cursor.format)
    assert type(loader(oid)).__module__ == "psycopg_binary._psycopg"

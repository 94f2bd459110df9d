"""Invigilators see names after an upgrade, but where planners were promised that they do not."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from candidates.models import Candidate, Test
from tests.factories import add, make_test

pytestmark = pytest.mark.django_db
version = importlib.import_module("candidates.migrations.0038_names_for_invigilators")


def test_private_references_that_were_written_for_planners_alone_stay_with_them(planner):
    promised, silent, empty = (make_test(planner=planner) for _test in range(3))
    for test in (promised, silent):
        add(test, planner, "0001", "0002")
    Candidate.objects.filter(test=promised, candidate_id="0002").update(private_reference="477031")
    version.keep_the_promise(apps, connection.schema_editor())
    shown = dict(Test.objects.values_list("pk", "invigilators_see_names"))
    assert shown == {promised.pk: False, silent.pk: True, empty.pk: True}

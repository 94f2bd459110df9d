"""Updates by imports before complete lists changed no Candidate ID: undoing one of them takes none away."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from candidates.intake.undoing import undo_import
from candidates.models import Candidate, Import, ImportedChange
from tests.factories import add
from tests.intake.lists import confirmed, waiting
from tests.intake.test_existing import chosen

pytestmark = pytest.mark.django_db
version = importlib.import_module("candidates.migrations.0032_complete_lists")


def test_an_update_of_the_version_before_can_still_be_undone(exam, planner):
    add(exam, planner, "0001", "0002", extra=15)
    confirmed(chosen(waiting(exam, planner, "Candidate ID,Extra time\n0001,60\n0002,60\n"), "update"), planner)
    ImportedChange.objects.update(old_candidate_id="", new_candidate_id="")  # as the version before left them
    version.carry_ids_over(apps, connection.schema_editor())
    undone = undo_import(record=Import.objects.get(), by=planner)
    assert undone.restored == 2
    assert dict(Candidate.objects.values_list("candidate_id", "extra_minutes")) == {"0001": 15, "0002": 15}

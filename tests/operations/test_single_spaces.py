"""Candidate IDs that were stored before spaces were folded are found by the new key; those that would clash stay."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from candidates.candidate_ids import candidate_key, sort_key
from candidates.models import Candidate
from tests.factories import add, make_test

pytestmark = pytest.mark.django_db
version = importlib.import_module("candidates.migrations.0033_ids_by_single_spaces")


def left_by_the_version_before(test, planner, candidate_id):
    """Store a candidate as the version before did: with the key that keeps the spaces inside."""
    (one,) = add(test, planner, f"x{candidate_id}")
    old = candidate_id.lower()
    Candidate.objects.filter(pk=one.pk).update(candidate_id=candidate_id, candidate_key=old, sort_key=old)
    return one.pk


def test_ids_get_the_key_of_single_spaces_and_those_that_would_clash_are_named(planner, capsys):
    test, other = make_test(planner=planner), make_test(planner=planner)
    alone = left_by_the_version_before(test, planner, "Group  B 7")
    plain = left_by_the_version_before(test, planner, "Group A 12")
    twin = left_by_the_version_before(test, planner, "Group  A 12")
    third = left_by_the_version_before(test, planner, "Group   A  12")
    elsewhere = left_by_the_version_before(other, planner, "Group  A 12")
    joined = left_by_the_version_before(other, planner, "علی\u200cرضا")
    version.fold_spaces(apps, connection.schema_editor())
    version.fold_spaces(apps, connection.schema_editor())  # interrupted, and done again
    keys = dict(Candidate.objects.values_list("pk", "candidate_key"))
    assert keys == {
        alone: "group b 7",
        plain: "group a 12",
        twin: "group  a 12",
        third: "group   a  12",
        elsewhere: "group a 12",
        joined: "علیرضا",
    }
    said = capsys.readouterr().out
    assert f"'Group  A 12' on test {test.public_id}" in said
    assert other.public_id not in said
    shown = Candidate.objects.get(pk=alone)
    assert (shown.candidate_id, shown.sort_key) == ("Group  B 7", sort_key("Group  B 7"))


@pytest.mark.parametrize("one", ["Group  A 12", "A\u200cB 1", "Å 7", " x ", "straße  9"])
def test_the_key_is_the_one_of_the_application(one):
    assert version.key_of(one) == candidate_key(one)

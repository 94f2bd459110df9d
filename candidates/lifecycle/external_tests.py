"""Tests that other systems make and change, each by the id that it has there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.lifecycle.tests import SETUP, change_test, create_test, fingerprints, move_end
from candidates.models import AccessKey, ExternalTest, Test
from candidates.timing import effective_end

DEFAULTS: dict[str, Any] = {
    "information": "",
    "questions": "",
    "duration_minutes": None,
    "is_demo": False,
    "invigilators_may_open_logins": True,
    "invigilators_may_open_key_list": False,
    "invigilators_see_names": True,
    "newest_device_writes": False,
}


def known_test(key: AccessKey, external_id: str) -> Test | None:
    """Return the test that this system has made under an id of its own."""
    found = ExternalTest.objects.filter(system=key.system, external_id=external_id).select_related("test").first()
    return found.test if found else None


def make_external_test(
    *, key: AccessKey, external_id: str, values: Mapping[str, Any], template: Test | None = None
) -> Test | None:
    """Store a test of another system, with the texts of a template; None where it has one by this id.

    Raises Refused for a window that is too long.
    """
    texts = {name: getattr(template, name) for name in ("information", "questions")} if template else {}
    try:
        # The constraint decides: of two calls at the same moment the second waits, and then finds the test of the
        # first. Its own goes with the savepoint.
        with transaction.atomic():
            test = create_test(values={**DEFAULTS, **texts, **values}, by=key.account, copied_from=template)
            ExternalTest.objects.create(test=test, system=key.system, external_id=external_id, made_by=key)
    except IntegrityError:
        if known_test(key, external_id) is None:
            raise
        return None
    return test


def ended_by(test: Test, ends_at: datetime) -> int:
    """Return how many who are writing would be handed in at once if the test ended then; one query."""
    now = timezone.now()
    if ends_at > now:
        return 0  # planned, incident and started time only add to it, or end before it by themselves
    writing = test.candidates.all().people().filter(started_at__isnull=False, submitted_at__isnull=True)
    ends = (
        (
            effective_end(
                test_ends_at=end,
                duration_minutes=test.duration_minutes,
                started_at=started_at,
                extra_minutes=planned + incident,
            )
            for end in (test.window[1], ends_at)
        )
        for planned, incident, started_at in writing.values_list("extra_minutes", "incident_minutes", "started_at")
    )
    return sum(old > now >= new for old, new in ends)


def change_external_test(*, test: Test, values: Mapping[str, Any], key: AccessKey) -> None:
    """Change what differs; of an activated test only its end.

    Raises Refused and Conflict, as the functions that the pages call.
    """
    stored = {field: getattr(test, field) for field in SETUP}
    differs = {field for field, value in values.items() if stored[field] != value}
    if not differs:
        return
    if not test.is_activated:
        change_test(test=test, values={**stored, **values}, seen=fingerprints(test), by=key.account)
    elif differs == {"ends_at"}:
        ends_at: datetime = values["ends_at"]
        move_end(test=test, ends_at=ends_at, seen=test.ends_at, by=key.account)
    else:
        raise Refused(_("The test is activated: only its end can be moved. Deactivate it to change the rest."))

"""A plugin of pytest (`-p tests.support.lost_rows`): each test that is named for an act loses the audit rows of it."""

from collections.abc import Generator, Iterable
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Lose the rows of the act that this test is named for."""
    # Not at the top: pytest loads its plugins before Django's applications are there.
    from django.db.models import QuerySet

    from candidates.models import AuditEvent
    from tests.recorded_acts import RECORDED_BY

    named, _, parameter = item.nodeid.partition("[")
    lost = {action for action, name in RECORDED_BY.items() if f"tests/{name}" == named}
    # A test of several acts has one of them as its parameter, or has to fail for any of them.
    lost = {action for action in lost if action.value in parameter} or lost
    stored = AuditEvent.save

    def save(event: AuditEvent, *args: Any, **keywords: Any) -> None:
        if event.action not in lost:
            stored(event, *args, **keywords)

    stored_at_once = QuerySet.bulk_create

    def bulk_create(rows: QuerySet[Any], events: Iterable[Any], *args: Any, **keywords: Any) -> list[Any]:
        kept = [one for one in events if not (isinstance(one, AuditEvent) and one.action in lost)]
        return stored_at_once(rows, kept, *args, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AuditEvent, "save", save)
        patch.setattr(QuerySet, "bulk_create", bulk_create)
        return (yield)

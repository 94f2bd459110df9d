"""Write audit rows: the only function that does."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from candidates.models import AuditEvent, Test, User

# The address of the request that is being answered; set by the middleware, so that rooms know nothing of requests.
from_address: ContextVar[str | None] = ContextVar("from_address", default=None)

Action = AuditEvent.Action


def record(
    action: AuditEvent.Action,
    *,
    by: User | None,
    test: Test | None = None,
    count: int = 0,
    detail: Mapping[str, Any] | None = None,
    refused: bool = False,
) -> AuditEvent:
    """Store one act.

    Where the act shows something secret this is called first, so that a log that cannot be written refuses the view
    (traps.md C61, P13). `detail` never holds a password, an answer, or what somebody typed as a password.
    """
    return AuditEvent.objects.create(
        action=action,
        outcome=AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE,
        actor=by,
        actor_name=by.username if by else "",
        address=from_address.get(),
        test=test,
        test_name=test.name if test else "",
        count=count,
        detail=dict(detail or {}),
    )

"""When does this candidate finish: the one place that answers (domain.md section 6)."""

from datetime import datetime, timedelta


def effective_end(
    *,
    test_ends_at: datetime,
    duration_minutes: int | None,
    started_at: datetime | None,
    extra_minutes: int,
    incident_minutes: int = 0,
) -> datetime:
    """Return the moment (UTC, exclusive) from which nothing more is taken from this candidate.

    `end = E + x`, and with a duration `min(started_at + d + x, E + x)`, where x is planned and incident time together
    (domain.md section 6, fits all published examples). Before the start a duration makes this the latest end (D29).
    """
    extra = timedelta(minutes=extra_minutes + incident_minutes)
    latest = test_ends_at + extra
    if duration_minutes is None or started_at is None:
        return latest
    return min(started_at + timedelta(minutes=duration_minutes) + extra, latest)

"""Slips for tests: one usual one, to be varied, and a sheet around them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from candidates.credentials.slips import Slip, SlipSheet

OPENS = datetime(2026, 12, 7, 8, tzinfo=UTC)
PASSWORD = "k5dm-3yj8-34ff4"
ADDRESS = "https://exam.havnes.example"


def a_slip(candidate_id: str = "2490", **changes: Any) -> Slip:
    """Return a slip for Monday 7 December 2026, 09:00–13:00 Oslo time."""
    values: dict[str, Any] = {
        "username": "cz6e-p34v",
        "password": PASSWORD,
        "test_name": "BIO2150 Cell Biology, written exam",
        "opens_at": OPENS,
        "ends_at": OPENS + timedelta(hours=4, minutes=changes.get("extra_minutes", 0)),
        "ends_at_latest": False,
        "duration_minutes": None,
        "extra_minutes": 0,
        "building": "Nordbygg",
        "room": "2.02",
        "version": 1,
    }
    return Slip(candidate_id=candidate_id, **(values | changes))


def a_sheet(*slips: Slip, login_address: str = ADDRESS, zone: str = "Europe/Oslo") -> SlipSheet:
    """Return a sheet that was printed on Friday 4 December 2026 at 14:12 Oslo time."""
    return SlipSheet(
        slips=slips,
        organisation="Havnes University",
        login_address=login_address,
        printed_at=datetime(2026, 12, 4, 13, 12, tzinfo=UTC),
        zone=zone,
    )

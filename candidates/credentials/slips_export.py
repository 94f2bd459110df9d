"""Login slips as the print page, and as a CSV file for mail merge and label printers."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from candidates.credentials.qr import qr_svg, qr_svg_again
from candidates.credentials.slips import Layout, Slip, SlipSheet
from candidates.tabular.exporting import csv_bytes

# Not translated: mail merges and scripts go by these names.
COLUMNS = (
    "Candidate ID",
    "Username",
    "Password",
    "Test",
    "Opens",
    "Ends",
    "Building",
    "Room",
    "Login address",
    "Extra time (minutes)",
    "Slip version",
)


@sensitive_variables()
def render_csv(sheet: SlipSheet) -> bytes:
    """Return the slips as UTF-8 with a byte order mark, comma separated, one row each, safe in a spreadsheet.

    Times are in the sheet's zone and say so; an end that is only a bound says "at the latest" (D29).
    """
    return csv_bytes([COLUMNS, *(_cells(slip, sheet) for slip in sheet.slips)])


def _cells(slip: Slip, sheet: SlipSheet) -> tuple[str, ...]:
    ends = _moment(slip.ends_at, sheet)
    return (
        slip.candidate_id,
        slip.username,
        slip.password,
        slip.test_name,
        _moment(slip.opens_at, sheet),
        _("%(span)s at the latest") % {"span": ends} if slip.ends_at_latest else ends,
        slip.building,
        slip.room,
        sheet.login_address,
        str(slip.extra_minutes),
        str(slip.version),
    )


def _moment(moment: datetime, sheet: SlipSheet) -> str:
    """Return a time that sorts as text, with its zone (D30)."""
    return f"{moment.astimezone(sheet.timezone):%Y-%m-%d %H:%M} {sheet.zone_label}"


def print_page(sheet: SlipSheet, *, layout: Layout = "page") -> dict[str, Any]:
    """Return what the page needs; the QR code is drawn on the first slip, the others point to it.

    `sheets` are the slips room by room: six per page, each room begins on a sheet of its own.
    """
    slips = sheet.printed(layout=layout)
    return {
        "sheet": sheet,
        "slips": slips,
        "sheets": [list(here) for _room, here in groupby(slips, key=lambda printed: printed.slip.location)],
        "layout": layout,
        "printed_when": sheet.printed_when(layout=layout),
        "qr": qr_svg(sheet.login_address),
        "qr_again": qr_svg_again(sheet.login_address),
    }

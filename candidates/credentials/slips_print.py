"""What the print page of the slips shows (templates/login_details/slips.html)."""

from itertools import groupby
from typing import TypedDict

from django.utils.safestring import SafeString

from candidates.credentials.qr import qr_svg, qr_svg_again
from candidates.credentials.slips import Layout, PrintedSlip, SlipSheet


class PrintPage(TypedDict):
    """Name the values of the print page."""

    sheet: SlipSheet
    slips: list[PrintedSlip]
    sheets: list[list[PrintedSlip]]
    layout: Layout
    printed_when: str
    qr: SafeString
    qr_again: SafeString


def print_page(sheet: SlipSheet, *, layout: Layout = "page") -> PrintPage:
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

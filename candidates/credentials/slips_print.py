"""What the print page of the slips shows (templates/login_details/slips.html)."""

from typing import TypedDict

from django.utils.safestring import SafeString

from candidates.credentials.qr import qr_svg, qr_svg_again
from candidates.credentials.slips import Layout, PrintedSlip, SlipSheet


class PrintPage(TypedDict):
    """Name the values of the print page."""

    sheet: SlipSheet
    slips: list[PrintedSlip]
    layout: Layout
    printed_when: str
    qr: SafeString
    qr_again: SafeString


def print_page(sheet: SlipSheet, *, layout: Layout = "page") -> PrintPage:
    """Return what the page needs; the QR code is drawn on the first slip, the others point to it."""
    return {
        "sheet": sheet,
        "slips": sheet.printed(layout=layout),
        "layout": layout,
        "printed_when": sheet.printed_when(layout=layout),
        "qr": qr_svg(sheet.login_address),
        "qr_again": qr_svg_again(sheet.login_address),
    }

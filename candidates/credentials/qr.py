"""The QR code of an address: for the page as SVG, for paper as runs of dark modules. It never holds a secret."""

from functools import lru_cache

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

DRAWING_ID = "qr-drawing"  # one QR code per page
QUIET_ZONE = 4  # modules of white on every side (ISO/IEC 18004)


@lru_cache(maxsize=64)
def dark_runs(address: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """Return the side in modules, quiet zone included, and every horizontal run of dark ones as (x, y, length).

    Counted from the upper left corner. Error correction is M: a fold or a stain on paper still reads.
    """
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix_iter(border=QUIET_ZONE)]
    runs: list[tuple[int, int, int]] = []
    for y, row in enumerate(rows):
        start: int | None = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append((start, y, x - start))
                start = None
    return len(rows), tuple(runs)


def qr_svg(address: str, *, millimetres: int = 28, label: str = "") -> SafeString:
    """Return the QR code as an inline svg element without any style, which the content security policy would drop.

    `label` says what it is to who does not see it, where it is not the login address.
    """
    side = dark_runs(address)[0]
    drawing = format_html(
        '<g id="{}"><path fill="#fff" d="M0 0h{}v{}H0z"/><path d="{}"/></g>', DRAWING_ID, side, side, _path(address)
    )
    return _svg(drawing, side, millimetres, label)


def qr_svg_again(address: str, *, millimetres: int = 28) -> SafeString:
    """Return the same QR code as a reference to the one that `qr_svg` drew on the page; 1500 copies weigh 4 MB."""
    return _svg(format_html('<use href="#{}"/>', DRAWING_ID), dark_runs(address)[0], millimetres)


def _svg(drawing: SafeString, side: int, millimetres: int, label: str = "") -> SafeString:
    return format_html(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" width="{}mm" height="{}mm" '
        'viewBox="0 0 {} {}" shape-rendering="crispEdges">{}</svg>',
        label or _("QR code of the login address"),
        millimetres,
        millimetres,
        side,
        side,
        drawing,
    )


@lru_cache(maxsize=64)
def _path(address: str) -> str:
    return "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in dark_runs(address)[1])

"""The QR code says the login address, the whole of it, and nothing else."""

import re
from xml.etree import ElementTree

import segno

from candidates.credentials.qr import QUIET_ZONE, dark_runs, qr_svg, qr_svg_again
from tests.credentials.slip_data import ADDRESS


def test_the_runs_draw_exactly_the_code_of_the_address():
    side, runs = dark_runs(ADDRESS)
    drawn = {(start + step, y) for start, y, length in runs for step in range(length)}
    rows = segno.make(ADDRESS, error="m", micro=False).matrix
    expected = {(x + QUIET_ZONE, y + QUIET_ZONE) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}
    assert drawn == expected
    assert side == len(rows) + 2 * QUIET_ZONE


def test_the_svg_is_well_formed_labelled_and_has_no_style():
    svg = qr_svg(ADDRESS)
    root = ElementTree.fromstring(svg)  # noqa: S314 (our own markup)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "QR code of the login address"
    assert not re.search(r"style|on\w+=", svg)


def test_the_svg_has_the_same_runs():
    side, runs = dark_runs(ADDRESS)
    svg = qr_svg(ADDRESS)
    assert f'viewBox="0 0 {side} {side}"' in svg
    found = re.findall(r"M(\d+) (\d+)h(\d+)v1", svg)
    assert [tuple(map(int, run)) for run in found] == list(runs)


def test_a_second_code_on_the_page_points_to_the_first():
    again = qr_svg_again(ADDRESS)
    assert len(again) < 300
    target = re.search(r'href="#([^"]+)"', again)
    assert target is not None
    assert f'id="{target[1]}"' in qr_svg(ADDRESS)


def test_two_addresses_get_two_codes():
    assert qr_svg(ADDRESS) != qr_svg("https://exam.other.example")

"""How long 1500 login slips take: as PDF in both layouts, as print page, as CSV."""

from functools import partial
from typing import get_args

from django.template.loader import render_to_string

from candidates.credentials.slips import Layout
from candidates.credentials.slips_export import print_page, render_csv
from candidates.credentials.slips_pdf import render_pdf
from tests.benchmarks.support import measure
from tests.credentials.slip_data import a_sheet, a_slip


def test_bench_1500_slips():
    sheet = a_sheet(*(a_slip(f"{n:04}", extra_minutes=30 * (n % 3), room=f"{n % 12}") for n in range(1500)))
    print("\n1500 slips               median      size")
    for layout in get_args(Layout):
        seconds = measure(partial(render_pdf, sheet, layout=layout))
        print(f"PDF, {layout:<18} {seconds:7.3f} s {len(render_pdf(sheet, layout=layout)) / 1024:7.0f} KiB")
    for layout in get_args(Layout):

        def page(layout=layout):
            return render_to_string("login_details/slips.html", dict(print_page(sheet, layout=layout)))

        print(f"print page, {layout:<11} {measure(page):7.3f} s {len(page().encode()) / 1024:7.0f} KiB")
    print(
        f"CSV                     {measure(lambda: render_csv(sheet)):7.3f} s {len(render_csv(sheet)) / 1024:7.0f} KiB"
    )

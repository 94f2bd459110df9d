"""How much a file of permanent users may hold (issue: 150,000 rows, 50 MiB), and a workbook less."""

from candidates.tabular.table import MIB, Bounds

MOST_ROWS = 150_000
USER_BOUNDS = Bounds(
    rows=MOST_ROWS,
    columns=20,
    text=50 * MIB,
    paste=4 * MIB,
    workbook=5 * MIB,
    farthest_row=60_000,
    cells=400_000,
    strings=300_000,
    inflated=48 * MIB,
    for_users=True,
)

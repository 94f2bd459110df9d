"""How much of a list is read: of candidates as many as a test holds, of permanent users more, and a workbook less."""

from candidates.models.tests import MAX_CANDIDATES
from candidates.tabular.table import MIB, Bounds

CANDIDATE_BOUNDS = Bounds(rows=MAX_CANDIDATES)
USER_BOUNDS = Bounds(
    rows=150_000,
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

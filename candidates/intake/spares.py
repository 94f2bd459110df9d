"""Make spare logins: one-time logins without a person, for who comes and is not on the list."""

from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.intake.door import Added, add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.seats import Place
from candidates.models import Location, Test, User

MAX_SPARES_AT_ONCE = 200


def make_spares(*, test: Test, count: int, location: Location | None, by: User) -> Added:
    """Put that many spare logins for a room on the test; on an activated one their login details are made too.

    They count for the 1500. Raises NoRoom, and Refused where none is wanted or the test takes no candidates.
    """
    if not 1 <= count <= MAX_SPARES_AT_ONCE:
        sentence = _("Make between 1 and %(most)d spare logins at once. Nothing was made.")
        raise Refused(sentence % {"most": MAX_SPARES_AT_ONCE}, about="count")
    place: Place | None = (location.building, location.room) if location else None
    rows = [CandidateRow(number, "", 0, place, is_spare=True) for number in range(1, count + 1)]
    return add_candidates(test=test, rows=rows, by=by, source="spare")

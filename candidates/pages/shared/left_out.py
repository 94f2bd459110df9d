"""Who does not come along from another test, and who comes otherwise than there, in words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates.intake.other_test import Left, Plan
from candidates.text import plural

MAX_NAMED = 10


def left_out_words(plan: Plan) -> list[str]:
    """Return a sentence for each reason why candidates do not come along, and for each change of those who do."""
    found = []
    for reason, candidate_ids in plan.left.items():
        words = _("%(n)s left out. %(reason)s: %(ids)s.")
        said = {"n": plural(len(candidate_ids), "candidate"), "reason": Left(reason).label, "ids": named(candidate_ids)}
        found.append(words % said)
    if plan.renumbered:
        words = ngettext(
            "%(n)d gets the next free number, because somebody else has this Candidate ID here: %(ids)s.",
            "%(n)d get the next free numbers, because somebody else has their Candidate IDs here: %(ids)s.",
            len(plan.renumbered),
        )
        found.append(words % {"n": len(plan.renumbered), "ids": named(plan.renumbered)})
    if plan.roomless:
        words = ngettext(
            "%(n)d comes without a room, because it is out of use: %(ids)s.",
            "%(n)d come without a room, because theirs are out of use: %(ids)s.",
            len(plan.roomless),
        )
        found.append(words % {"n": len(plan.roomless), "ids": named(plan.roomless)})
    if plan.seatless:
        words = ngettext(
            "%(n)d comes without a seat, because it is taken: %(ids)s.",
            "%(n)d come without a seat, because theirs are taken: %(ids)s.",
            len(plan.seatless),
        )
        found.append(words % {"n": len(plan.seatless), "ids": named(plan.seatless)})
    return found


def named(candidate_ids: Sequence[str]) -> str:
    """Return the first Candidate IDs, and how many more there are."""
    shown, more = ", ".join(candidate_ids[:MAX_NAMED]), len(candidate_ids) - MAX_NAMED
    return _("%(ids)s and %(n)d more") % {"ids": shown, "n": more} if more > 0 else shown

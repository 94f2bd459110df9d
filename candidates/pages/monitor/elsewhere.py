"""Where somebody sits whom an invigilator who is bound to rooms looks for, and who sits in another one."""

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from candidates.pages.monitor.rows import Watch

SHORTEST = 2  # letters that a search for the start of an ID must have: one would only say that there is somebody


def sits_elsewhere(watch: Watch) -> str:
    """Return "0022 sits in Vesthall V102" for the one who is searched for; "" where nobody of another room is meant.

    By the whole Candidate ID or its start, and nothing else about the person. A start that several share names none of
    them, and counts only where nobody is found here: a room's list is not for the next room.
    """
    key = watch.wanted.key
    if not watch.rooms or not key:
        return ""
    others = watch.test.candidates.exclude(location__in=watch.rooms).filter(location__isnull=False)
    begin = others.filter(candidate_key__startswith=key).order_by(Length("candidate_key"), "pk")
    found = list(
        begin.values_list("candidate_key", "candidate_id", "location__building", "location__room")[:2]  # shortest first
    )
    if not found:
        return ""
    candidate_key, candidate_id, building, room = found[0]
    if candidate_key != key:
        if watch.found or len(key) < SHORTEST:
            return ""
        if len(found) > 1:
            return _(
                "Several Candidate IDs in other rooms begin like this. Type the whole Candidate ID to see the room."
            )
    place = " ".join(part for part in (building, room) if part)
    return _("%(id)s sits in %(place)s.") % {"id": candidate_id, "place": place}

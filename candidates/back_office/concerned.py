"""Who was concerned by an act of the audit, in words: for the list of the back office, a page at a time."""

from collections.abc import Iterable, Sequence

from django.utils.translation import ngettext

from candidates.models import AuditEvent, Candidate, PermanentUser

MOST_NAMED = 3


def concerned_by(events: Sequence[AuditEvent]) -> dict[int, str]:
    """Return for each act, by its key, the Candidate IDs, the permanent user or the account; two queries in all.

    Who has been removed or deleted since is named by nothing that is left, and not here either.
    """
    lists = {event.pk: _keys(event.detail) for event in events}
    shown = {key for keys in lists.values() for key in keys[:MOST_NAMED]}
    names = dict(Candidate.objects.filter(public_id__in=shown).order_by().values_list("public_id", "candidate_id"))
    people = PermanentUser.objects.filter(public_id__in=_texts(event.detail.get("user") for event in events))
    names |= {person.public_id: person.full_name for person in people}
    return {event.pk: _words(event, lists[event.pk], names) for event in events}


def _words(event: AuditEvent, keys: Sequence[str], names: dict[str, str]) -> str:
    found = [names[key] for key in keys[:MOST_NAMED] if key in names]
    if not found:
        # of an account of staff its user name stands there
        found = [names.get(text, text) for text in _texts(event.detail.get(key) for key in ("user", "account"))]
    words = ", ".join(found)
    more = len(keys) - MOST_NAMED
    if words and more > 0:
        words += " " + ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
    return words


def _keys(detail: dict[str, object]) -> list[str]:
    listed = detail.get("candidates")
    return _texts([*(listed if isinstance(listed, list) else []), detail.get("candidate")])


def _texts(values: Iterable[object]) -> list[str]:
    return [value for value in values if isinstance(value, str)]

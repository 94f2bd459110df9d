"""Search permanent users for somebody: what they do not see is found whole only, and their searches are counted."""

from django.conf import settings

from candidates import audit
from candidates.models import PermanentUser, User
from candidates.models.permanent_users import PermanentUserQuerySet


class TooManySearches(Exception):
    """Somebody who does not see e-mail and external ID has searched too often within a minute."""


def people_for(user: User, words: str) -> PermanentUserQuerySet:
    """Return the permanent users whom this person finds by these words; everybody for none.

    Counted in the audit for who could learn by trying whose number is whose, without the words: they may be such a
    number. Raises TooManySearches.
    """
    found: PermanentUserQuerySet
    if user.is_administrator:
        found = PermanentUser.objects.matching(words)
        return found
    if words.strip() and audit.count_search(by=user) > settings.PERMANENT_SEARCHES_A_MINUTE:
        raise TooManySearches
    found = PermanentUser.objects.matching_what_is_shown(words)
    return found

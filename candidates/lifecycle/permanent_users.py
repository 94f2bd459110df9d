"""Search permanent users; rename, deactivate and reactivate one."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import locked_permanent_user
from candidates.errors import Conflict, Refused
from candidates.lifecycle.names import follow_names
from candidates.models import PermanentUser, PermanentUserList, User
from candidates.models.accounts import MAX_FULL_NAME_LENGTH
from candidates.models.permanent_users import PermanentUserQuerySet
from candidates.text import fold


@dataclass(frozen=True, slots=True)
class Details:
    """What can be changed about a permanent user; the user name never is."""

    first_name: str
    last_name: str
    email: str
    external_id: str


def details_of(person: PermanentUser) -> Details:
    return Details(person.first_name, person.last_name, person.user.email, person.external_id)


def rename(*, person: PermanentUser, old: Details, new: Details, by: User) -> tuple[str, ...]:
    """Store the fields that differ between `old`, which the page showed, and `new`; return their names.

    Candidate IDs and slips stay as they are; lists of tests that have not begun show the new name. Raises Conflict
    where somebody else changed the same field meanwhile, Refused where another person has the external ID.
    """
    asked = tuple(field.name for field in fields(Details) if getattr(old, field.name) != getattr(new, field.name))
    if not asked:
        return ()
    try:
        with transaction.atomic():
            # Lock, then compare with what is stored: of two administrators who save the same field the second sees what
            # the first has written, and changes to different fields both survive (C55).
            current = locked_permanent_user(person)
            stored = details_of(current)
            seen = [{getattr(details, name) for details in (old, new)} for name in asked]
            clash = tuple(name for name, known in zip(asked, seen, strict=True) if getattr(stored, name) not in known)
            if clash:
                raise Conflict(
                    _("Somebody else has changed this meanwhile. What is stored now stands beside it."), stored, clash
                )
            before = current.listed_name
            _write(current, {name: getattr(new, name) for name in asked})
            follow_names({current.pk: (before, current.listed_name)}, by=by, where=_("the page of the permanent user"))
            detail = {"user": current.public_id, "changed": list(asked)}
            audit.record(audit.Action.PERMANENT_USER_CHANGED, by=by, count=1, detail=detail)
    except IntegrityError as error:
        if "external_id" not in asked:
            raise
        words = _("Another permanent user has this external ID. Write another one, or leave it empty.")
        raise Refused(words, about="external_id") from error
    return asked


def _write(person: PermanentUser, changes: dict[str, str]) -> None:
    user = person.user
    for name, value in changes.items():
        setattr(user if name == "email" else person, name, value)
    user.name = person.full_name[:MAX_FULL_NAME_LENGTH]
    person.name_keys(username=user.username, email=user.email)
    user.save(update_fields=["name", "email"])
    person.save(update_fields=["first_name", "last_name", "external_id", "search_key", "sort_key"])


def set_person_active(*, person: PermanentUser, allowed: bool, by: User) -> None:
    """Reactivate or deactivate a permanent user, whose sessions then end with the next request.

    Raises Refused where nothing would change.
    """
    with transaction.atomic():
        # Conditional on the present state: of two simultaneous administrators one changes the row.
        changed = User.objects.filter(pk=person.pk, kind=User.Kind.PERMANENT, is_active=not allowed)
        if not changed.update(is_active=allowed):
            already = _("This user can log in already. Nothing was changed.")
            raise Refused(already if allowed else _("This user is deactivated already. Nothing was changed."))
        if allowed:
            # lists that were added to tests without the person now offer the person
            PermanentUser.objects.filter(pk=person.pk).update(let_in_at=timezone.now())
        detail = {"user": person.public_id, "is_active": allowed}
        audit.record(audit.Action.PERMANENT_USER_CHANGED, by=by, count=1, detail=detail)


class TooManySearches(Exception):
    """The rate limit of searches was reached by somebody who may not see e-mail and external ID."""


def people_for(user: User, words: str) -> PermanentUserQuerySet:
    """Return the permanent users whom this person finds by these words, everybody without words.

    Searches of people who may not see numbers are counted in the audit, since guessing could reveal whose number is
    whose; the words are not recorded, since they may be such a number. Raises TooManySearches.
    """
    found: PermanentUserQuerySet
    if user.is_administrator:
        found = PermanentUser.objects.matching(words)
        return found
    if words.strip() and audit.count_search(by=user) > settings.PERMANENT_SEARCHES_A_MINUTE:
        raise TooManySearches
    found = PermanentUser.objects.matching_what_is_shown(words)
    return found


def people_called(
    user: User, texts: Collection[str], one: PermanentUserList | None = None
) -> tuple[list[PermanentUser], bool]:
    """Return who has one of these usernames, or else external IDs, and whether the latter were tried.

    Among the members of a list, or among everybody who may log in; whole ones only. People who may not see external IDs
    try as many in a minute as they may search: each is counted.
    """
    among = PermanentUser.objects.on_list(one) if one is not None else PermanentUser.objects.active()
    named = {text: {User.normalize_username(text), fold(text)} for text in texts}
    by_name = among.filter(user__username__in={name for names in named.values() for name in names})
    found = list(by_name.select_related("user").order_by("sort_key", "pk"))
    known = {one.user.username for one in found}
    rest = [text for text, names in named.items() if names.isdisjoint(known)]
    if not rest:
        return found, True
    if not user.is_administrator:
        most = settings.PERMANENT_SEARCHES_A_MINUTE
        if len(rest) > most or audit.count_search(by=user, times=len(rest)) > most:
            return found, False
    numbered = among.filter(external_id__in=rest).select_related("user").order_by("sort_key", "pk")
    return [*found, *numbered], True


def has_people() -> bool:
    """Say whether this installation has permanent users."""
    return PermanentUser.objects.exists()


def number_of_people() -> int:
    """Return how many permanent users there are."""
    return PermanentUser.objects.count()


def people_by_ids(public_ids: Collection[str]) -> PermanentUserQuerySet:
    """Return the permanent users with these public ids, also those who may not log in any more."""
    found: PermanentUserQuerySet = PermanentUser.objects.filter(public_id__in=public_ids)
    return found

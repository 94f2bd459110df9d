"""The people whose data an administrator asks for: found by user name, or by Candidate ID and test."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from candidates.lifecycle.erasing import tests_of_person, why_not_deleted, why_staff_is_not_erased
from candidates.lifecycle.finding_people import accounts_called, places_called
from candidates.models import Candidate, User
from candidates.text import when


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One account that was found, and by which place on a test."""

    key: int
    name: str
    kind: str
    candidate_id: str = ""
    test: str = ""
    opens: str = ""


def by_username(typed: str) -> list[PersonRow]:
    """Return who has this user name or SSO user ID."""
    return [_row(account) for account in accounts_called(typed)]


def by_candidate_id(typed: str, test_name: str, *, by: User) -> list[PersonRow]:
    """Return who has this Candidate ID on such tests, recorded before. Raises NotRecorded."""
    return [_row(place.user, place) for place in places_called(typed, test_name, by=by) if place.user is not None]


def _row(account: User, place: Candidate | None = None) -> PersonRow:
    row = PersonRow(account.pk, str(account), account.get_kind_display())
    if place is None:
        return row
    return PersonRow(row.key, row.name, row.kind, place.candidate_id, place.test.name, when(place.test.opens_at))


def person_page(account: User, viewer: User) -> dict[str, Any]:
    """Return what the page of one person shows: what there is, and how it is erased."""
    identity = account.sso_identities.first()
    known = getattr(account, "permanent_user", None)
    tests = tests_of_person(account)
    erase_url, refusal = "", ""
    if known is not None:
        erase_url = reverse("permanent-user-delete", args=[known.public_id])
    elif identity is not None:
        erase_url = reverse("sso-person-delete", args=[identity.authentication_type, account.username])
    elif account.kind == User.Kind.STAFF and account.username.startswith("deleted-"):
        refusal = _("This account is erased already.")
    elif account.kind == User.Kind.SYSTEM:
        refusal = _("This account acts for an access key, and is no person’s. Revoke the key instead.")
    elif account.kind == User.Kind.STAFF:
        erase_url, refusal = reverse("person-erase", args=[account.pk]), why_staff_is_not_erased(account, viewer)
    elif account.kind == User.Kind.ONE_TIME and tests:
        erase_url, refusal = reverse("person-erase", args=[account.pk]), why_not_deleted(tests)
    else:
        refusal = _("This account is empty already: nothing says whose it was.")
    return {
        "account": account,
        "tests": len(tests),
        "works_on": account.contributions.count(),
        "erase_url": "" if refusal else erase_url,
        "refusal": refusal,
    }

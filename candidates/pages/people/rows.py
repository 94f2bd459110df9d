"""The people whose data an administrator asks for: found by user name, or by Candidate ID and test."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.lifecycle.erasing import tests_of_person, why_not_deleted, why_staff_is_not_erased
from candidates.models import Candidate, Contributor, SsoIdentity, Test, User
from candidates.text import fold, when

MOST = 50


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
    """Return the account with exactly this user name, as login folds it, or this SSO user ID."""
    names = {User.normalize_username(typed), fold(typed)}
    known = SsoIdentity.objects.filter(sso_user_id=typed).values("user")
    found = User.objects.filter(Q(username__in=names) | Q(pk__in=known)).order_by("username")[:MOST]
    return [_row(_person_of(account)) for account in found]


def by_candidate_id(typed: str, test_name: str, *, by: User) -> list[PersonRow]:
    """Return who had exactly this Candidate ID on tests in whose name these words occur, newest first.

    Recorded in the history of each of these tests before: who grades one must not learn of it unseen. Raises
    NotRecorded.
    """
    tests = Test.objects.filter(name__icontains=test_name).order_by()
    places = Candidate.objects.filter(candidate_key=candidate_key(typed), user__isnull=False, test__in=tests)
    rows = list(places.select_related("user", "test").order_by("-test__opens_at", "pk")[:MOST])
    on_tests = {(place.test_id, place.test.name): [place.public_id] for place in rows}
    audit.record_on_tests(audit.Action.PERSON_FOUND, by=by, rows=on_tests, where=_("Data of one person"))
    return [_row(place.user, place) for place in rows if place.user is not None]


def _person_of(account: User) -> User:
    """Return the person of a login that stood in for SSO, else the account."""
    place = Candidate.objects.filter(one_time_login=account).select_related("user").first()
    return place.user if place is not None and place.user is not None else account


def _row(account: User, place: Candidate | None = None) -> PersonRow:
    row = PersonRow(account.pk, str(account), account.get_kind_display())
    if place is None:
        return row
    return PersonRow(row.key, row.name, row.kind, place.candidate_id, place.test.name, when(place.test.opens_at))


def person_page(account: User, viewer: User) -> dict[str, Any]:
    """Return what the page of one person shows: what there is, and how it is erased."""
    identity = SsoIdentity.objects.filter(user=account).first()
    known = getattr(account, "permanent_user", None)
    tests = tests_of_person(account)
    erase_url, refusal = "", ""
    if known is not None:
        erase_url = reverse("permanent-user-delete", args=[known.public_id])
    elif identity is not None:
        erase_url = reverse("sso-person-delete", args=[identity.authentication_type, account.username])
    elif account.kind == User.Kind.STAFF and account.username.startswith("deleted-"):
        refusal = _("This account is erased already.")
    elif account.kind == User.Kind.STAFF:
        erase_url, refusal = reverse("person-erase", args=[account.pk]), why_staff_is_not_erased(account, viewer)
    elif account.kind == User.Kind.ONE_TIME and tests:
        erase_url, refusal = reverse("person-erase", args=[account.pk]), why_not_deleted(tests)
    else:
        refusal = _("This account is empty already: nothing says whose it was.")
    return {
        "account": account,
        "tests": len(tests),
        "works_on": Contributor.objects.filter(user=account).count(),
        "erase_url": "" if refusal else erase_url,
        "refusal": refusal,
    }

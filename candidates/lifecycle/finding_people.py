"""Find the person whose data an administrator asks for, by whole names alone."""

from django.db.models import Q
from django.utils.translation import gettext as _

from candidates import audit
from candidates.candidate_ids import candidate_key
from candidates.models import Candidate, SsoIdentity, Test, User
from candidates.text import fold

MAX_FOUND = 50  # accounts, or places on tests


def accounts_called(typed: str) -> list[User]:
    """Return who has exactly this user name, as login folds it, or this SSO user ID.

    For a login that stood in for SSO, that is the person.
    """
    names = {User.normalize_username(typed), fold(typed)}
    known = SsoIdentity.objects.filter(sso_user_id=typed).values("user")
    accounts = User.objects.filter(Q(username__in=names) | Q(pk__in=known)).order_by("username")[:MAX_FOUND]
    stood_in = Candidate.objects.filter(one_time_login__in=[one.pk for one in accounts]).select_related("user")
    person_of = {place.one_time_login_id: place.user for place in stood_in if place.user is not None}
    return [person_of.get(one.pk, one) for one in accounts]


def places_called(typed: str, test_name: str, *, by: User) -> list[Candidate]:
    """Return who has exactly this Candidate ID on tests in whose name these words occur, newest first.

    Recorded in the history of each of these tests before: who grades one must not learn of it unseen. Raises
    NotRecorded.
    """
    tests = Test.objects.filter(name__icontains=test_name).order_by()
    places = Candidate.objects.filter(candidate_key=candidate_key(typed), user__isnull=False, test__in=tests)
    rows = list(places.select_related("user", "test").order_by("-test__opens_at", "pk")[:MAX_FOUND])
    on_tests = {(place.test_id, place.test.name): [place.public_id] for place in rows}
    audit.record_on_tests(audit.Action.PERSON_FOUND, by=by, rows=on_tests, where=_("Data of one person"))
    return rows

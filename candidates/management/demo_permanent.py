"""The permanent users of the demonstration, a list of them, and their way onto its tests."""

from django.contrib.auth.hashers import check_password

from candidates.intake.accounts.making import NewUser, make_permanent_users
from candidates.intake.importing import confirm, preview
from candidates.intake.selecting import keep_list, keep_selection
from candidates.lifecycle.user_lists import add_members, make_list, share_list
from candidates.management.demo_people import PERMANENT_PEOPLE
from candidates.models import Import, PermanentUser, PermanentUserList, Test, User
from candidates.signin.hashers import KeyedArgon2Hasher, digest_of

LIST = "LIN1200 autumn"
ON_LIST = 14  # of the first people; two more come onto the list once it is on a test
LATER = 2


def load_people(password: str) -> None:
    """Make the missing permanent users; those with a chosen user name log in with this password."""
    known = set(PermanentUser.objects.values_list("external_id", flat=True))
    hasher = KeyedArgon2Hasher()
    make_permanent_users(
        [
            NewUser(
                first_name,
                last_name,
                username,
                f"{username}@havnes.example" if username else "",
                external_id,
                stored_password=hasher.hash_digest(digest_of(password)) if username else "",
            )
            for first_name, last_name, username, external_id in PERMANENT_PEOPLE
            if external_id not in known
        ]
    )
    named = list(User.objects.filter(username__in=[username for _f, _l, username, _id in PERMANENT_PEOPLE if username]))
    if not all(check_password(password, user.password) for user in named[:1]):
        for user in named:
            user.password = hasher.hash_digest(digest_of(password))
        User.objects.bulk_update(named, ["password"])


def first_people(count: int) -> list[User]:
    """Return the accounts of so many permanent users."""
    return list(User.objects.filter(pk__in=_keys(0, count)).order_by("pk"))


def the_list(planner: User, colleague: User) -> PermanentUserList:
    """Return the planner's list, made where it is missing and shared with the colleague."""
    found = PermanentUserList.objects.filter(owner=planner, name=LIST).first()
    if found is None:
        found = make_list(name=LIST, by=planner)
        add_members(one=found, keys=_keys(0, ON_LIST), by=planner)
        share_list(one=found, user=colleague, edits=False, by=planner)
    return found


def add_the_list(test: Test, one: PermanentUserList, planner: User) -> None:
    """Put the members of the list on the test; then two people come onto the list, and the test's page says so."""
    _confirm(test, keep_list(test=test, by=planner, wanted=one), planner)
    add_members(one=one, keys=_keys(ON_LIST, ON_LIST + LATER), by=planner)


def add_everybody(test: Test, planner: User) -> None:
    """Put all permanent users of the demonstration on the test."""
    _confirm(test, keep_selection(test=test, by=planner, keys=_keys(0, len(PERMANENT_PEOPLE))), planner)


def _keys(first: int, last: int) -> list[int]:
    ids = [external_id for *_names, external_id in PERMANENT_PEOPLE[first:last]]
    return list(PermanentUser.objects.filter(external_id__in=ids, user__is_active=True).values_list("pk", flat=True))


def _confirm(test: Test, draft: Import, planner: User) -> None:
    confirm(draft, by=planner, seen=preview(draft).seen(test))

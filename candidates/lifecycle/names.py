"""Names of permanent users on tests that have not begun: they follow the account (docs/decisions/0104)."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from candidates import audit
from candidates.models import Candidate, Test, User


def _places_to_come(**people: Any) -> "QuerySet[Candidate]":
    """Return the places of permanent users on tests that have not begun."""
    found: QuerySet[Candidate] = Candidate.objects.filter(
        kind=Candidate.Kind.PERMANENT, test__opens_at__gt=timezone.now(), **people
    )
    return found


def lock_tests_to_come(people: "QuerySet[User]") -> None:
    """Lock the tests that people are on and that have not begun, before several people are locked and renamed.

    Acts on one test lock its candidates in the order of their IDs: under the test's lock no two wait for each other.
    """
    tests = _places_to_come(user__in=people).order_by().values("test")
    list(Test.objects.filter(pk__in=tests).order_by("pk").select_for_update(no_key=True).values_list("pk"))


def follow_names(renamed: Mapping[int, tuple[str, str]], *, by: User | None, where: str) -> None:
    """Show new names on tests that have not begun; `renamed` is what lists have, before and now, by account.

    The caller holds the locks of the accounts, as the door does which copies the name: nobody is added with an old one.
    A name that somebody wrote on a test stays, and so does what stood on the papers of a test that has begun.
    """
    changed = {account: names for account, names in renamed.items() if names[0] != names[1]}
    if not changed:
        return
    rows: dict[tuple[int, str], list[str]] = {}
    keys: dict[int, list[int]] = {}
    places = _places_to_come(user__in=changed).order_by("pk").select_for_update(of=("self",), no_key=True)
    columns = ("pk", "user", "name", "public_id", "test", "test__name")
    for pk, account, name, public_id, test, test_name in places.values_list(*columns):
        if name == changed[account][0]:
            keys.setdefault(account, []).append(pk)
            rows.setdefault((test, test_name), []).append(public_id)
    for account, places_of_one in keys.items():
        Candidate.objects.filter(pk__in=places_of_one).update(name=changed[account][1])
    if rows:
        detail = {"changes": {"name": True}}
        audit.record_on_tests(audit.Action.CANDIDATE_CHANGED, by=by, rows=rows, where=where, detail=detail)

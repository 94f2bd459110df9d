"""Choose permanent users for a test: they wait as a draft like every list, and are previewed and confirmed like it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from candidates.errors import Refused
from candidates.intake.door import NoRoom
from candidates.intake.drafts import keep, new_import
from candidates.intake.importing import why_nobody
from candidates.intake.list_changes import keys_of_new
from candidates.intake.permanent import MAX_NAMED, PeopleAround, rows_of_people
from candidates.models import Import, PermanentUser, PermanentUserList, Test, User
from candidates.models.tests import MAX_CANDIDATES


def keep_selection(
    *, test: Test, by: User, keys: Collection[int], from_list: PermanentUserList | None = None
) -> Import:
    """Store these permanent users as a list that waits for confirmation; nobody is added yet.

    Raises NoRoom where those who are not on the test are more than its places left, and Refused where the test takes
    nobody or nobody is chosen.
    """
    people = list(PermanentUser.objects.filter(pk__in=keys).select_related("user"))
    if refusal := why_nobody(test):
        raise Refused(refusal)
    if not people:
        raise Refused(_("Nobody is selected, so nothing has changed. Tick people first."))
    around = PeopleAround.of(test, ())
    fresh = sum(person.pk not in around.on_test for person in people)
    if fresh > test.places_left:
        raise NoRoom(fresh, test.places_left)
    rows = rows_of_people(people, around)
    accounts = ",".join(str(person.pk) for person in sorted(people, key=lambda person: person.pk))
    draft = new_import(
        by=by,
        kind=Import.Kind.PERMANENT,
        test=test,
        file_sha256=hashlib.sha256(accounts.encode()).hexdigest(),
        file_name=from_list.name if from_list else "",
        existing=Import.Existing.SKIP,  # nothing of a person on the test could be updated from here
        from_list=from_list,
    )
    keep(draft, rows)
    return draft


def keep_list(*, test: Test, by: User, wanted: PermanentUserList) -> Import:
    """Store the members of a list, as far as they may log in, as a list that waits for confirmation.

    Raises Refused for an empty list, and what keep_selection raises.
    """
    with transaction.atomic():
        # Whoever adds members holds this lock too: they have their place on the list before the draft's time or after
        # it, so that nobody is missed when it is asked later who came since.
        locked = PermanentUserList.objects.select_for_update(no_key=True).filter(pk=wanted.pk).first()
        keys = PermanentUser.objects.active().on_list(locked).keys() if locked else []
        if not keys:
            raise Refused(_("The list has no members who may log in, so nothing has changed."))
        if len(keys) > MAX_CANDIDATES:
            raise Refused(_("The list has more members than a test can hold (1500). Nothing is added."))
        return keep_selection(test=test, by=by, keys=keys, from_list=locked)


class LeftOut(NamedTuple):
    """How many members of a list may not log in any more, and the first of them."""

    number: int
    first: list[PermanentUser]


def left_out(wanted: PermanentUserList) -> LeftOut:
    """Return the members of a list who may not log in any more, and so are not put on tests with the others."""
    gone = PermanentUser.objects.on_list(wanted).deactivated()
    return LeftOut(gone.count(), list(gone.select_related("user")[:MAX_NAMED]))


def keep_additions(*, test: Test, by: User, wanted: PermanentUserList) -> Import:
    """Store those who came onto a list since it was added to the test as a list that waits for confirmation.

    Raises Refused where there is nobody, or more than the test has places left, and what keep_selection raises.
    """
    with transaction.atomic():
        locked = PermanentUserList.objects.select_for_update(no_key=True).filter(pk=wanted.pk).first()
        keys = keys_of_new(test, locked) if locked else []
        if not keys:
            raise Refused(_("Nobody has come onto the list since it was added to this test."))
        if len(keys) > MAX_CANDIDATES:
            raise Refused(_("More than 1500 have come onto the list, and no test holds as many. Nobody was added."))
        return keep_selection(test=test, by=by, keys=keys, from_list=locked)

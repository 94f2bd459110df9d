"""Make, fill, rename, share, hand over and delete lists of permanent users (D24, C6, C7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.access import may_edit
from candidates.errors import Refused
from candidates.lifecycle.list_drafts import end_drafts, with_imports
from candidates.models import ListMember, ListShare, PermanentUser, PermanentUserList, User
from candidates.models.permanent_users import MAX_LIST_NAME_LENGTH

MAX_NAME_ATTEMPTS = 5


def make_list(*, name: str, by: User) -> PermanentUserList:
    """Store a new list without members. Raises Refused where the person has one of this name."""
    with transaction.atomic():
        with _name_taken(name):
            made = PermanentUserList.objects.create(name=name, owner=by)
        _record(made, by, "made")
    return made


def rename_list(*, one: PermanentUserList, name: str, by: User) -> None:
    """Give an own list another name. Raises Refused where another list of the person has it."""
    with transaction.atomic():
        live = _owned(one, by)
        before, live.name = live.name, name
        with _name_taken(name):
            live.save(update_fields=["name"])
        _record(live, by, "renamed", before=before)


def delete_list(*, one: PermanentUserList, by: User) -> None:
    """Delete an own list. Its members, and candidates who were added by it, stay as they are.

    Drafts made from it are deleted too: without the list nobody can tell who may see these people (C7). Raises Refused
    where somebody is filling it at this moment.
    """
    try:
        _delete(one, by)
    except IntegrityError as error:  # another row refers to it since: PostgreSQL notices that at the commit
        raise Refused(
            _("Somebody is using this list right now, so it was not deleted. Try again in a minute.")
        ) from error


def _delete(one: PermanentUserList, by: User) -> None:
    with transaction.atomic():
        # Its imports, then the list, as these lock: the other way round each of the two would wait for the other, and
        # PostgreSQL would end one of them.
        live = with_imports(lambda: _owned(one, by), pk=one.pk)
        unfinished = list(live.filled_by.filter(finished_at=None).only("pk", "problems"))
        # Who confirmed one at this moment held its row: we have waited, and find the record of what was added, or the
        # other finds it gone. Without that the deletion and the record of the addition would meet at their commits.
        live.additions.all().delete_waiting()
        _record(live, by, "deleted", count=live.memberships.count())
        for waiting in unfinished:  # those who import must not believe that everybody is on the list
            waiting.note(list_gone_words(live.name))
            waiting.save(update_fields=["problems"])
        live.delete()


def list_gone_words(name: str) -> str:
    """Return the note of an import whose list was deleted."""
    return _("The list %(name)s was deleted, so nobody else is put on it.") % {"name": name}


def add_members(*, one: PermanentUserList, keys: Collection[int], by: User) -> int:
    """Put permanent users on the list, and return how many are new on it.

    Raises Refused without the right to edit, and where somebody was deleted meanwhile.
    """
    with transaction.atomic():
        if len(lock_people(keys)) < len(set(keys)):
            raise Refused(_("Some of these people were deleted meanwhile. Nobody was added: look for them again."))
        live = _edited(one, by)
        new = put_on_list(live, keys)
        _record(live, by, "members added", count=new)
    return new


def lock_people(keys: Collection[int]) -> set[int]:
    """Lock the accounts of permanent users, inside a transaction, and return those who are there.

    Closes the race with a deletion (lifecycle/erasing.py): it waits and finds what is written here, or the person is
    gone here. In the order of keys and before any list, as imports lock.
    """
    accounts = User.objects.select_for_update(no_key=True).filter(pk__in=keys, kind=User.Kind.PERMANENT)
    list(accounts.order_by("pk").values_list("pk"))
    # queried again under the locks: an anonymised account stays, without the person
    return set(PermanentUser.objects.filter(pk__in=keys).values_list("pk", flat=True))


def put_on_list(live: PermanentUserList, keys: Collection[int]) -> int:
    """Store members of a list whose row the caller has locked, inside a transaction; return how many are new.

    Tests read the list under the same lock, so `added_at`, which is set here, is before or after that reading.
    """
    known = set(ListMember.objects.filter(list=live, person__in=keys).values_list("person", flat=True))
    new = [key for key in dict.fromkeys(keys) if key not in known]
    now = timezone.now()
    ListMember.objects.bulk_create(ListMember(list=live, person_id=key, added_at=now) for key in new)
    return len(new)


def remove_members(*, one: PermanentUserList, keys: Collection[int], by: User) -> int:
    """Take people off the list, and return how many; they stay on tests. Raises Refused without the right to edit."""
    with transaction.atomic():
        live = _edited(one, by)
        gone, _details = ListMember.objects.filter(list=live, person__in=keys).delete()
        _record(live, by, "members removed", count=gone)
    return gone


def share_list(*, one: PermanentUserList, user: User, edits: bool, by: User) -> None:
    """Let another planner use the list, or edit it as well; again, to change that. Raises Refused."""
    if not may_keep_lists(user):
        raise Refused(_("%(name)s is not a planner who may log in. Nothing was changed.") % {"name": user})
    with transaction.atomic():
        live = _owned(one, by)
        if user.pk == live.owner_id:
            raise Refused(_("This list is your own, so it need not be shared with you."))
        ListShare.objects.update_or_create(list=live, user=user, defaults={"may_edit": edits})
        _record_share(live, by, "shared", user, edits=edits)


def unshare_list(*, one: PermanentUserList, user: User, by: User) -> None:
    """Take the list away from somebody, with effect at the next request. Raises Refused where it was not shared."""
    with transaction.atomic():
        live = with_imports(lambda: _owned(one, by), pk=one.pk)
        gone, _details = ListShare.objects.filter(list=live, user=user).delete()
        if not gone:
            raise Refused(_("The list is not shared with %(name)s any more. Nothing was changed.") % {"name": user})
        end_drafts(live)
        _record_share(live, by, "unshared", user)


def hand_over_list(*, one: PermanentUserList, to: User, keeps: bool, by: User) -> None:
    """Give the list to another planner or administrator; with `keeps` the old owner may go on editing it.

    Raises Refused where the person may not keep lists or has one of this name, and where `by` may not give it.
    """
    if not may_keep_lists(to):
        raise Refused(_("%(name)s is not a planner who may log in. Nothing was changed.") % {"name": to})
    with transaction.atomic():
        live = with_imports(lambda: _locked(one), pk=one.pk)
        if live.owner_id != by.pk and not by.is_administrator:
            raise Refused(_("This list is not yours any more. Nothing was changed."))
        if live.owner_id == to.pk:
            raise Refused(_("%(name)s has this list already. Nothing was changed.") % {"name": to})
        _give(live, to, live.name, keeps=keeps, by=by)


def hand_over_lists(*, of: User, to: User, by: User | None = None) -> int:
    """Hand all lists of somebody who leaves to an administrator, and return how many (C6).

    The old owner's name is appended where the new owner has a list of the same name. Never raises: a list that cannot
    be handed over stays with the old owner, where every administrator finds it. `by` is the new owner by default.
    """
    if of.pk == to.pk:
        return 0
    given = 0
    with transaction.atomic():
        lists = PermanentUserList.objects.select_for_update(of=("self",), no_key=True).filter(owner=of).order_by("pk")
        for live in with_imports(lambda: list(lists.all()), owner=of):
            given += _passed(live, of, to, by or to)
    return given


def new_list_owner(user: User, by: User) -> User | None:
    """Return the new owner of the lists of somebody who leaves: `by`, or else the first administrator there is."""
    if may_keep_lists(by):
        return by
    return (
        User.objects.filter(kind=User.Kind.STAFF, is_active=True, is_administrator=True)
        .exclude(pk=user.pk)
        .order_by("pk")
        .first()
    )


def _passed(live: PermanentUserList, of: User, to: User, by: User) -> bool:
    """Hand over the list under a free name, and say whether that was possible."""
    name = live.name
    for _time in range(MAX_NAME_ATTEMPTS):
        taken = set(PermanentUserList.objects.filter(owner=to).values_list("name", flat=True))
        free = _free_name(name, of, taken)
        try:
            # the name may be taken meanwhile: then the constraint refuses it, and another name is tried
            with transaction.atomic():
                _give(live, to, free, keeps=False, by=by)
        except Refused:
            live.owner, live.name = of, name
        else:
            return True
    return False


def with_counts(lists: QuerySet[PermanentUserList]) -> QuerySet[Any]:
    """Annotate `size` and `sharing`, the numbers of members and of people it is shared with.

    Sub-selects for each list, which an index answers, instead of a join of all members.
    """
    of_each = {"size": ListMember.objects, "sharing": ListShare.objects}
    counted = {
        name: rows.filter(list=OuterRef("pk")).order_by().values("list").annotate(n=Count("pk")).values("n")
        for name, rows in of_each.items()
    }
    return lists.annotate(**{name: Coalesce(Subquery(number), 0) for name, number in counted.items()})


def to_share_with(one: PermanentUserList) -> QuerySet[User]:
    """Return the planners with whom a list can be shared: all but its owner."""
    return User.objects.staff_to_add().filter(is_planner=True).exclude(pk=one.owner_id)


def to_give_to(one: PermanentUserList) -> QuerySet[User]:
    """Return who could keep a list instead of its owner."""
    able = Q(is_planner=True) | Q(is_administrator=True)
    return User.objects.staff_to_add().filter(able).exclude(pk=one.owner_id)


def may_keep_lists(user: User) -> bool:
    """Say whether the person may log in and has the pages for lists."""
    return user.is_active and user.kind == User.Kind.STAFF and (user.is_planner or user.is_administrator)


def _give(live: PermanentUserList, to: User, name: str, *, keeps: bool, by: User) -> None:
    before = live.owner
    live.owner, live.name = to, name
    with _name_taken(name, to):
        live.save(update_fields=["owner", "name"])
    ListShare.objects.filter(list=live, user__in=[to, before]).delete()
    if keeps and may_keep_lists(before):
        ListShare.objects.create(list=live, user=before, may_edit=True)
    end_drafts(live)
    _record_share(live, by, "handed over", to, before=before.username, keeps=keeps)


def _free_name(name: str, of: User, taken: Collection[str]) -> str:
    found, number = name, 1
    while found in taken:
        behind = f" ({of})" if number == 1 else f" ({of}, {number})"
        found, number = name[: MAX_LIST_NAME_LENGTH - len(behind)] + behind, number + 1
    return found


def _locked(one: PermanentUserList) -> PermanentUserList:
    """Lock the list and return it as stored now. Raises Refused where it was deleted.

    Closes the races between changes, shares and reading it for a test.
    """
    live = PermanentUserList.objects.select_for_update(of=("self",), no_key=True).filter(pk=one.pk).first()
    if live is None:
        raise Refused(_("This list was deleted meanwhile. Nothing was changed."))
    return live


def _edited(one: PermanentUserList, by: User) -> PermanentUserList:
    live = _locked(one)
    if not may_edit(by, live):
        raise Refused(_("You may not edit this list any more. Nothing was changed."))
    return live


def _owned(one: PermanentUserList, by: User) -> PermanentUserList:
    live = _locked(one)
    if live.owner_id != by.pk:
        raise Refused(_("This list is not yours any more. Nothing was changed."))
    return live


@contextmanager
def _name_taken(name: str, owner: User | None = None) -> Iterator[None]:
    """Raise Refused where the owner has another list of this name (permanent_list_name_once_per_owner)."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if owner is None:
            sentence = _("You have a list with the name “%(name)s”. Choose another name.")
        else:
            sentence = _("%(owner)s has a list with the name “%(name)s”. Rename this one first.")
        raise Refused(sentence % {"name": name, "owner": owner}, about="name") from error


def _record(live: PermanentUserList, by: User, what: str, *, count: int = 0, **more: object) -> None:
    detail = {"list": live.public_id, "name": live.name, "what": what, **more}
    audit.record(audit.Action.USER_LIST_CHANGED, by=by, count=count, detail=detail)


def _record_share(live: PermanentUserList, by: User, what: str, user: User, **more: object) -> None:
    detail = {"list": live.public_id, "name": live.name, "what": what, "user": user.username, **more}
    audit.record(audit.Action.USER_LIST_SHARED, by=by, count=1, detail=detail)

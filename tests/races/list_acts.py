"""What racers do with permanent users and their lists: each function is one person's request, with keys."""

from candidates.access import draft_of
from candidates.intake.importing import confirm, preview
from candidates.intake.selecting import keep_list
from candidates.intake.undoing import undo_import
from candidates.lifecycle.erasing import delete
from candidates.lifecycle.user_lists import (
    add_members,
    delete_list,
    hand_over_list,
    make_list,
    remove_members,
    rename_list,
    share_list,
    unshare_list,
)
from candidates.models import Import, PermanentUser, PermanentUserList, Test, User
from candidates.rosters.complete import look
from tests.races.support import Act


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords)


def confirm_draft(draft: int, seen: str) -> int:
    """Confirm a waiting selection as it was seen; return how many came on the test."""
    found = Import.objects.select_related("test", "owner").get(pk=draft)
    assert found.owner is not None
    live = draft_of(found.owner, found.required_test, found.public_id)
    return confirm(live, by=found.owner, seen=seen).added


def add_whole_list(one: int, test: int, by: int) -> int:
    """Choose a list for a test and confirm it at once; return how many came on the test."""
    user, chosen = User.objects.get(pk=by), Test.objects.get(pk=test)
    draft = keep_list(test=chosen, by=user, wanted=PermanentUserList.objects.get(pk=one))
    live = draft_of(user, chosen, draft.public_id)
    seen = preview(live).seen(chosen)
    return confirm(live, by=user, seen=seen).added


def deactivate(user: int) -> int:
    """Deactivate an account, as the page of a permanent user does; return how many accounts changed."""
    return User.objects.filter(pk=user, is_active=True).update(is_active=False)


def put_on(one: int, by: int, keys: list[int]) -> int:
    """Add members; return how many were new."""
    return add_members(one=PermanentUserList.objects.get(pk=one), keys=keys, by=User.objects.get(pk=by))


def take_off(one: int, by: int, keys: list[int]) -> int:
    """Remove members; return how many went."""
    return remove_members(one=PermanentUserList.objects.get(pk=one), keys=keys, by=User.objects.get(pk=by))


def share(one: int, by: int, user: int, edits: bool) -> None:
    """Share a list."""
    found = PermanentUserList.objects.get(pk=one)
    share_list(one=found, user=User.objects.get(pk=user), edits=edits, by=User.objects.get(pk=by))


def unshare(one: int, by: int, user: int) -> None:
    """Take a list away from somebody."""
    found = PermanentUserList.objects.get(pk=one)
    unshare_list(one=found, user=User.objects.get(pk=user), by=User.objects.get(pk=by))


def hand_over(one: int, by: int, to: int) -> None:
    """Give a list to somebody else."""
    found = PermanentUserList.objects.get(pk=one)
    hand_over_list(one=found, to=User.objects.get(pk=to), keeps=False, by=User.objects.get(pk=by))


def make(name: str, by: int) -> int:
    """Make a list; return its key."""
    return make_list(name=name, by=User.objects.get(pk=by)).pk


def rename(one: int, name: str, by: int) -> None:
    """Give a list another name."""
    rename_list(one=PermanentUserList.objects.get(pk=one), name=name, by=User.objects.get(pk=by))


def delete_the_list(one: int, by: int) -> None:
    """Delete a list."""
    delete_list(one=PermanentUserList.objects.get(pk=one), by=User.objects.get(pk=by))


def delete_person(person: int, by: int) -> None:
    """Delete a permanent user."""
    delete(person=PermanentUser.objects.get(pk=person), by=User.objects.get(pk=by))


def confirm_complete(draft: int, seen: str) -> list[int]:
    """Confirm a complete list as it was seen; return how many came, changed and left."""
    found = Import.objects.select_related("test", "owner").get(pk=draft)
    assert found.owner is not None
    live = draft_of(found.owner, found.required_test, found.public_id)
    outcome = confirm(live, by=found.owner, seen=seen, look=look)
    return [outcome.added, outcome.updated, outcome.removed]


def undo(record: int, by: int) -> list[int]:
    """Undo an import; return how many went, and how many came back."""
    undone = undo_import(record=Import.objects.select_related("test").get(pk=record), by=User.objects.get(pk=by))
    return [undone.removed, undone.back]

"""A search that is too long is cut, and the page says so: nothing else is looked for than what was typed, unsaid."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.user_lists import make_list
from candidates.models import ListMember, Test, User
from candidates.pages.shared.searching import MAX_SEARCH_CHARACTERS
from tests.factories import Role, add, contribute, make_permanent

SAID = "A search can have up to 200 characters."
# pages that search, and whether their form sends the search by POST
PAGES = {
    "history": False,
    "grade-test": False,
    "permanent-users": False,
    "candidates": True,
    "monitor-test": True,
    "add-permanent": True,
    "user-list": True,
    "user-list-find": True,
}


@pytest.fixture
def page(exam: Test, planner: User, client_of: Callable[[User | None], Client]) -> Callable[..., str]:
    planner.is_grader = True
    planner.save()
    contribute(exam, planner, Role.GRADER)
    add(exam, planner, "0001", "0002")
    one, browser = make_list(name="Spring", by=planner), client_of(planner)
    ListMember.objects.create(list=one, person=make_permanent())

    def shown(name: str, typed: str, *, post: bool = False) -> str:
        args = [] if name in {"deliver-tests", "permanent-users"} else [exam.public_id]
        address = reverse(name, args=[one.public_id] if name.startswith("user-list") else args)
        answer = browser.post(address, {"q": typed}, follow=True) if post else browser.get(address, {"q": typed})
        assert answer.status_code == 200
        return answer.content.decode()

    return shown


@pytest.mark.parametrize(("name", "post"), [(name, way) for name, posts in PAGES.items() for way in {False, posts}])
def test_what_is_not_searched_for_is_said_once(page: Callable[..., str], name: str, post: bool) -> None:
    cut = page(name, "x" * MAX_SEARCH_CHARACTERS + "yz", post=post)
    assert cut.count(SAID) == 1
    (kept,) = set(re.findall(r'name="q" value="([^"]*)"', cut))
    assert kept == "x" * MAX_SEARCH_CHARACTERS
    assert SAID not in page(name, "  " + "x" * MAX_SEARCH_CHARACTERS + " ", post=post)
    assert SAID not in page(name, "0001", post=post)

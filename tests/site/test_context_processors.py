"""The main navigation shows what a person may open, and where they are."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from candidates.models import User
from candidates.site.context_processors import items_for


def view(request):
    return HttpResponse()


urlpatterns = [
    path("deliver/tests/", view, name="deliver-tests"),
    path("monitor/", view, name="monitor"),
    path("grade/", view, name="grade"),
    path("dashboard/", view, name="dashboard"),
    path("dashboard/archive/", view, name="archive"),
]
pytestmark = pytest.mark.urls(__name__)


def items(user, address="/"):
    request = RequestFactory().get(address)
    request.user = user
    return items_for(request)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        # "Permanent users" has no address in this installation
        (User(is_planner=True, is_administrator=True), ["Tests", "Monitor"]),
        (User(is_invigilator=True), ["Monitor"]),
        (User(is_grader=True), ["Grade"]),
        (User(kind=User.Kind.ONE_TIME), ["Dashboard", "Archive"]),
        (User(kind=User.Kind.SSO), ["Dashboard", "Archive"]),
        (User(), []),
        (AnonymousUser(), []),
    ],
)
def test_people_see_only_what_they_may_open(user, words):
    assert [str(item.label) for item in items(user)] == words


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/dashboard/", ["page", ""]),
        ("/dashboard/archive/", ["", "page"]),
        ("/dashboard/archive/x/", ["", "true"]),
        ("/test/x/", ["", ""]),
    ],
)
def test_the_page_is_marked_and_not_the_one_above_it(address, current):
    assert [item.current for item in items(User(kind=User.Kind.ONE_TIME), address)] == current

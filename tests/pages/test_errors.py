"""The pages for what went wrong answer without database and session."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.test import RequestFactory

from candidates.site import errors


@pytest.fixture
def request_of_a_stranger():
    request = RequestFactory().get("/nowhere/")
    request.user = AnonymousUser()
    return request


def bad_request(request):
    return errors.bad_request(request, ValueError())


def permission_denied(request):
    return errors.permission_denied(request, PermissionError())


def page_not_found(request):
    return errors.page_not_found(request, ValueError())


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (bad_request, 400, "This request cannot be answered"),
        (permission_denied, 403, "You may not open this page"),
        (errors.csrf_failure, 403, "Load the page again"),
        (page_not_found, 404, "There is nothing at this address"),
        (errors.too_many_attempts, 429, "Too many tries"),
        (errors.server_error, 500, "Something went wrong here"),
        (errors.service_unavailable, 503, "Deliver does not answer right now"),
    ],
)
def test_each_error_has_its_page_for_people_who_are_not_signed_in(request_of_a_stranger, view, status, words):
    response = view(request_of_a_stranger)
    assert response.status_code == status
    assert words in response.content.decode()
    assert "Havnes University" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_too_many_tries_says_when_to_come_back(request_of_a_stranger):
    response = errors.too_many_attempts(request_of_a_stranger)
    assert response["Retry-After"] == "30"
    assert "Wait 30 seconds" in response.content.decode()


def test_too_many_tries_sends_each_to_somebody_who_can_help(request_of_a_stranger):
    page = errors.too_many_attempts(request_of_a_stranger).content.decode()
    assert "ask your administrator" in page
    assert "If you log in with a slip, ask the invigilator." in page
    assert "new password" not in page  # which invigilators cannot give


def test_a_dead_database_is_said_to_be_unavailable(request_of_a_stranger):
    try:
        raise OperationalError("gone")
    except OperationalError:
        response = errors.server_error(request_of_a_stranger)
    assert response.status_code == 503
    assert "Retry-After" in response


def test_a_page_that_is_not_there_is_shown_though_nobody_can_be_looked_up():
    class Unreachable(AnonymousUser):
        @property
        def is_authenticated(self):
            raise OperationalError("gone")

    request = RequestFactory().get("/nowhere/")
    request.user = Unreachable()
    response = errors.page_not_found(request, ValueError())
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()

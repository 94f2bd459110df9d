"""Who is logged in when the version comes that has sessions of its own stays logged in."""

import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.contrib.sessions.models import Session as DjangosSession
from django.db import connection
from django.test import Client
from django.utils import timezone

from candidates.models import Candidate, Session, User
from candidates.operations.schedule import clear_sessions

pytestmark = pytest.mark.django_db
carry_over = importlib.import_module("candidates.migrations.0014_sessions").carry_over


def left_by_the_version_before(user: User | None, **data: object) -> str:
    """Store a session as the version before did, and return its key."""
    store = DjangosStore()
    if user is not None:
        store["_auth_user_id"] = str(user.pk)
        store["_auth_user_backend"] = "candidates.signin.backends.PasswordBackend"
        store["_auth_user_hash"] = user.get_session_auth_hash()
    store.update(data)
    store.save()
    assert store.session_key is not None
    return store.session_key


def browser_with(key: str) -> Client:
    browser = Client()
    browser.cookies["sessionid"] = key
    return browser


def test_everybody_stays_logged_in_and_it_is_known_who(candidate: Candidate, planner: User) -> None:
    assert candidate.user is not None
    keys = {page: left_by_the_version_before(user) for page, user in PAGES(candidate.user, planner)}
    carry_over(apps, connection.schema_editor())
    carry_over(apps, connection.schema_editor())  # interrupted, and done again
    for page, key in keys.items():
        assert browser_with(key).get(page).status_code == 200
    assert set(Session.objects.values_list("user", flat=True)) == {candidate.user_id, planner.pk}
    week = Session.objects.get(user=candidate.user).expire_date - timezone.now()
    hour = Session.objects.get(user=planner).expire_date - timezone.now()
    assert week > timedelta(days=6)
    assert hour <= timedelta(minutes=60)


def PAGES(candidate: User, planner: User) -> list[tuple[str, User]]:
    return [("/dashboard/", candidate), ("/deliver/tests/", planner)]


def test_what_is_nobodys_comes_along_only_where_a_login_is_on_its_way(planner: User) -> None:
    gone = User.objects.create(username="gone")
    left_by_the_version_before(gone)
    gone.delete()
    left_by_the_version_before(None, _messages="[]")
    started = left_by_the_version_before(None, oidc_states={"state": {}})
    over = left_by_the_version_before(planner)
    DjangosSession.objects.filter(pk=over).update(expire_date=timezone.now() - timedelta(seconds=1))
    carry_over(apps, connection.schema_editor())
    assert [one.pk for one in Session.objects.all()] == [started]


def test_what_was_carried_over_is_deleted_where_it_was(planner: User) -> None:
    key = left_by_the_version_before(planner)
    carry_over(apps, connection.schema_editor())
    clear_sessions()
    assert not DjangosSession.objects.exists()
    assert browser_with(key).get("/deliver/tests/").status_code == 200

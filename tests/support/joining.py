"""Tests that people join by code, and the people who do."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from candidates.lifecycle.activation import activate
from candidates.lifecycle.joining import Setup, set_joining
from candidates.models import Joining, SsoIdentity, Test, User
from candidates.models.accounts import no_password


def setup(**chosen: Any) -> Setup:
    """Return a set-up that lets everybody of "campus" and all permanent users in from an hour ago until in two."""
    hour = timedelta(hours=1)
    usual = {
        "works_from": timezone.now() - hour,
        "works_until": timezone.now() + 2 * hour,
        "max_joiners": 1500,
        "approves_each": False,
        "authentication_types": ("campus",),
        "permanent": Joining.Permanent.ALL,
    }
    return Setup(**{**usual, **chosen})


def open_to_joiners(test: Test, by: User, **chosen: Any) -> str:
    """Let people join the test by code, activate it, and return the code as it is stored."""
    set_joining(test=test, setup=setup(**chosen), by=by)
    activate(test=test, by=by)
    test.refresh_from_db()
    return code_of(test)


def code_of(test: Test) -> str:
    """Return the code of a test as it is stored."""
    return Joining.objects.get(test=test).code or ""


def sso_person(name: str, authentication_type: str = "campus") -> User:
    """Store somebody of an institution who has logged in once."""
    user = User.objects.create(username=f"sso-{name}", kind=User.Kind.SSO, password=no_password())
    sso_user_id = f"{name}@uni.example"
    SsoIdentity.objects.create(
        user=user, authentication_type=authentication_type, sso_user_id=sso_user_id, sso_key=sso_user_id
    )
    return user

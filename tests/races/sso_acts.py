"""What racers do who come back from a provider: each function is one person's request."""

from django.contrib.auth import login
from django.http import HttpRequest

import inspera_deliver.urls  # noqa: F401  what a login loads is to be loaded before the racers part
from candidates.authentication_types import enabled_types
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.lifecycle.erasing import delete_sso_person
from candidates.models import SsoIdentity, Test, User
from candidates.signin.sessions import SessionStore, login_in_one_commit
from candidates.signin.sso.backend import SsoBackend
from candidates.signin.sso.identities import pinned_person
from tests.races.support import Act


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords, None, None)


def arrive(sso_user_id: str, subject: str) -> int:
    """Come back for the first time; return who was let in."""
    return pinned_person(enabled_types()["campus"], sso_user_id=sso_user_id, subject=subject).pk


def log_in(sso_user_id: str, subject: str) -> None:
    """Come back, and log in as the callback does."""
    user = User.objects.get(pk=arrive(sso_user_id, subject))
    request = HttpRequest()
    request.session = SessionStore()
    with login_in_one_commit(request, user):
        login(request, user, backend=f"{SsoBackend.__module__}.{SsoBackend.__qualname__}")
        request.session["sso_user_id"] = sso_user_id


def delete(identity: int, by: int) -> None:
    """Delete a person."""
    delete_sso_person(identity=SsoIdentity.objects.get(pk=identity), by=User.objects.get(pk=by))


def import_people(test: int, by: int, people: list[str]) -> int:
    """Put people on a test; return how many."""
    rows = [
        CandidateRow(number, f"{number:04}", 0, sso_user_id=one, authentication_type="campus")
        for number, one in enumerate(people, 1)
    ]
    return add_candidates(test=Test.objects.get(pk=test), rows=rows, by=User.objects.get(pk=by), source="race").count

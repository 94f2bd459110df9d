"""What racers do who come back from a provider: each function is one person's request."""

from candidates.signin.authentication_types import enabled_types
from candidates.signin.sso.identities import person_of
from tests.races.support import Act


def act(function: str, **keywords: object) -> Act:
    """Return an act of this module."""
    return Act(f"{__name__}:{function}", keywords, None, None)


def arrive(sso_user_id: str, subject: str) -> int:
    """Come back for the first time; return who was let in."""
    return person_of(enabled_types()["campus"], sso_user_id=sso_user_id, subject=subject).pk

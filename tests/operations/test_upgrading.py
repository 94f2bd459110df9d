"""Nobody is logged out by new keys and restarts, and whoever is in the middle of an exam goes on (C30, J4)."""

import pytest
from django.db import connection
from django.urls import reverse

from candidates.credentials.secrets import show_password
from candidates.lifecycle.sitting import start
from candidates.models import Candidate, SealedPassword, Submission, Test, User
from inspera_deliver.make_env import fresh_keys
from tests.factories import password_of
from tests.operations.restoring import manage
from tests.support.production_server import ProductionServer
from tests.support.visitor import Visitor

# What a session and a slip are checked with lies in settings, and is the same on both databases.
pytestmark = [pytest.mark.slow, pytest.mark.pages, pytest.mark.django_db(transaction=True)]
GOOD = "correct horse battery"
LISTS = ("CREDENTIAL_KEYS", "VERIFIER_KEYS")


class Keys:
    """The settings of an installation before, while and after its keys are changed, as the guide says."""

    def __init__(self, settings) -> None:
        new = fresh_keys()
        old = {"SECRET_KEY": settings.SECRET_KEY, **{name: getattr(settings, name)[0] for name in LISTS}}
        self.before = dict(old)
        self.added = {
            "SECRET_KEY": old["SECRET_KEY"],
            "SECRET_KEY_FALLBACKS": new["SECRET_KEY"],
            **{name: f"{old[name]},{new[name]}" for name in LISTS},
        }
        self.moved = {
            "SECRET_KEY": new["SECRET_KEY"],
            "SECRET_KEY_FALLBACKS": old["SECRET_KEY"],
            **{name: f"{new[name]},{old[name]}" for name in LISTS},
        }
        # SECRET_KEY keeps its fallback for seven days; the others can go at once
        self.dropped = {**self.moved, **{name: new[name] for name in LISTS}}


@pytest.fixture
def keys(settings) -> Keys:
    return Keys(settings)


@pytest.fixture
def writing(open_exam: Test) -> Candidate:
    """Candidate 0001, who has started."""
    start(candidate=Candidate.objects.select_related("test", "user").get(test=open_exam, candidate_id="0001"))
    return Candidate.objects.select_related("test", "user").get(test=open_exam, candidate_id="0001")


def save(visitor: Visitor, candidate: Candidate, text: str, base: int) -> int:
    """Save an answer as the page does by itself; return the status."""
    sent = {"answer": text, "base": str(base), "candidate": candidate.public_id}
    address = reverse("sit-answer", args=[candidate.test.public_id])
    return visitor.post(address, sent, Accept="application/json").status_code


def test_new_keys_and_restarts_log_nobody_out(writing: Candidate, planner: User, keys: Keys) -> None:
    planner.set_password(GOOD)
    planner.save()
    assert writing.user is not None
    name, password = writing.user.username, show_password(password_of(writing))
    database = str(connection.settings_dict["NAME"])
    with ProductionServer(**keys.before) as server:
        candidate, staff, absent = (Visitor(server.address) for _visitor in range(3))
        assert candidate.log_in(name, password)
        assert staff.log_in("planner", GOOD)
        assert absent.log_in("planner", GOOD)
        assert save(candidate, writing, "before", 0) == 200

    def goes_on(address: str, text: str, base: int) -> None:
        candidate.address = staff.address = address
        assert staff.is_inside(reverse("deliver-tests"))
        assert save(candidate, writing, text, base) == 200
        # and the slip on paper still works
        assert Visitor(address).log_in(name, password)

    # Servers are restarted one after another: one has the settings before, another those after.
    with ProductionServer(**keys.before) as one, ProductionServer(**keys.added) as other:
        goes_on(one.address, "added", 1)
        goes_on(other.address, "added, at the other server", 2)
    with ProductionServer(**keys.added) as one, ProductionServer(**keys.moved) as other:
        goes_on(other.address, "moved", 3)
        goes_on(one.address, "moved, at the other server", 4)
    assert manage(database, "rotate_credential_keys", "--check", **keys.moved).returncode != 0
    rotated = manage(database, "rotate_credential_keys", **keys.moved)
    assert "Older CREDENTIAL_KEYS can go." in rotated.stdout, rotated.stderr
    assert "Older VERIFIER_KEYS can go." in rotated.stdout
    with ProductionServer(**keys.dropped) as server:
        goes_on(server.address, "dropped", 5)
    with ProductionServer(**{**keys.dropped, "SECRET_KEY_FALLBACKS": ""}) as server:
        absent.address = server.address  # who did not come while the fallback stood
        assert not absent.is_inside(reverse("deliver-tests"))
    assert Submission.objects.get(candidate=writing).answer == "dropped"
    assert SealedPassword.objects.count() == 3

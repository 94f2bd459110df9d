"""How long a refused login takes, whatever stands behind a name of one shape (P10): 20 ms over 200 tries."""

from contextlib import suppress
from statistics import mean
from time import perf_counter

import pytest
from django.core.exceptions import PermissionDenied

from candidates.credentials.secrets import new_username
from candidates.lifecycle.removal import remove_candidates
from candidates.models import Test, User
from candidates.signin.backends import OneTimeBackend, PasswordBackend
from tests.factories import activated, add, make_permanent, make_staff, make_test

TRIES = 200
MOST_APART = 20  # milliseconds
WRONG = "a long summer evening"
PASSWORD = "a long winter evening"


def chosen_names() -> dict[str, str]:
    """Return a name that was chosen for each thing that can stand behind it."""
    make_permanent(username="keyed", password=PASSWORD)
    make_permanent(username="made")
    inactive = make_permanent(username="inactive", password=PASSWORD).user
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    staff = make_staff("staff")
    staff.set_password(PASSWORD)
    staff.save()
    User.objects.create(username="sso.only", kind="sso", password="!")
    return {name: name for name in ("keyed", "made", "inactive", "staff", "sso.only", "unknown")}


def generated_names() -> dict[str, str]:
    """Return a generated name for each thing that can stand behind it."""
    known, inactive = make_permanent().user, make_permanent().user
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    planner = make_staff("planner", is_planner=True)
    exam, later = make_test(planner=planner), make_test(planner=planner, name="Not activated")
    one_time, removed = add(exam, planner, "0001", "0002")
    (waiting,) = add(later, planner, "0001")
    for test in (exam, later):
        activated(test, planner)
    Test.objects.filter(pk=later.pk).update(activated_at=None)
    found = {"permanent": known.username, "inactive": inactive.username}
    for what, candidate in (("one-time", one_time), ("removed", removed), ("not activated", waiting)):
        candidate.refresh_from_db()
        assert candidate.user is not None
        found[what] = candidate.user.username
    remove_candidates(test=Test.objects.get(pk=exam.pk), public_ids=[removed.public_id], by=planner)
    return {**found, "unknown": new_username()}


@pytest.mark.django_db
@pytest.mark.parametrize("shape", ["chosen", "generated"])
def test_bench_names_of_one_shape_take_equally_long(shape: str) -> None:
    names = chosen_names() if shape == "chosen" else generated_names()
    backend = PasswordBackend() if shape == "chosen" else OneTimeBackend()
    taken: dict[str, list[float]] = {what: [] for what in names}
    # in turns, so that what else the machine does meets all of them alike
    for _try in range(TRIES):
        for what, name in names.items():
            start = perf_counter()
            with suppress(PermissionDenied):
                assert backend.authenticate(None, username=name, password=WRONG) is None
            taken[what].append((perf_counter() - start) * 1000)
    means = {what: mean(times) for what, times in taken.items()}
    apart = max(means.values()) - min(means.values())
    print(f"\nrefused logins, {shape} names: " + ", ".join(f"{what} {ms:.2f} ms" for what, ms in means.items()))
    print(f"apart by {apart:.2f} ms, limit {MOST_APART} ms, mean of {TRIES} tries each")
    assert apart <= MOST_APART

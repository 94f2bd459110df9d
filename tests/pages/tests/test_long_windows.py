"""Windows of any length: new ones are bounded, and what is stored already opens on every page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from candidates.errors import Refused
from candidates.lifecycle.sitting import save_answer, start
from candidates.lifecycle.tests import create_test, move_end
from candidates.models import Candidate, Test, User
from candidates.models.tests import FIRST_MOMENT, LAST_MOMENT, MAX_WINDOW
from candidates.pages.candidates.bulk_forms import percent_help
from tests.pages.conftest import ClientOf
from tests.pages.tests.test_tests import filled, page
from tests.test_access_table import PARAMETERS

WINDOWS = [
    (timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=8 * 365)),  # the fault: past 4,000,000 minutes
    (datetime(1969, 12, 31, 23, tzinfo=UTC), datetime(2038, 1, 19, 4, tzinfo=UTC)),
    (FIRST_MOMENT, LAST_MOMENT - timedelta(microseconds=1)),
]
PAGES = [
    *("deliver-tests", "deliver-test", "edit-test", "move-end", "candidates", "candidate", "login-details", "imports"),
    *("add-one-time", "add-generated", "add-from-file", "monitor", "monitor-test", "monitor-live", "monitor-candidate"),
    *("renew-password", "reveal-login", "deactivate-test"),
]


@pytest.mark.parametrize(("window", "duration"), [*zip(WINDOWS, [None, None, 2880], strict=True), (WINDOWS[1], 2880)])
def test_a_test_that_is_stored_with_a_long_window_opens_everywhere(
    open_exam: Test, planner: User, grader: User, client_of: ClientOf, window: tuple[datetime, datetime], duration: int
) -> None:
    Test.objects.filter(pk=open_exam.pk).update(opens_at=window[0], ends_at=window[1], duration_minutes=duration)
    candidates = Candidate.objects.of_test(open_exam)
    candidates.update(extra_minutes=10080, incident_minutes=10080)
    one = candidates.select_related("test", "user").get(candidate_id="0001")
    planners = client_of(planner)
    for name in PAGES:
        parts = {"test_id": open_exam.public_id, "candidate": one.public_id}
        known = {key: parts[key] for key in parts if key in PARAMETERS[name]}
        assert planners.get(reverse(name, kwargs=known)).status_code == 200, name
    ask = {"all_matching": "3", "how": "add", "amount": "25 %", "minutes": "10", "reason": "alarm"}
    for name in ("candidates-extra-time", "candidates-extra-time-check", "monitor-incident", "monitor-incident-check"):
        assert planners.post(reverse(name, args=[open_exam.public_id]), ask).status_code in {200, 422}, name
    assert client_of(grader).get(reverse("grade-test", args=[open_exam.public_id])).status_code == 200
    assert one.user is not None
    sitter = client_of(one.user)
    start(candidate=one)
    save_answer(candidate=Candidate.objects.select_related("test").get(pk=one.pk), answer="x", base_revision=0)
    for address in ("/dashboard/", "/dashboard/archive/", f"/test/{open_exam.public_id}/"):
        assert sitter.get(address).status_code == 200
    left = sitter.post(f"/test/{open_exam.public_id}/seen/").json()["left_ms"]
    assert 0 < left < 2**53  # a number that the page's script can count down


def test_what_a_percentage_is_of_is_said_of_any_window() -> None:
    for minutes in (1, 3, 180, 4_000_004, 157_000_000):
        opens_at = datetime(1900, 1, 1, tzinfo=UTC)
        test = Test(opens_at=opens_at, ends_at=opens_at + timedelta(minutes=minutes))
        assert f"is {-(-minutes // 4)} minutes" in percent_help(test)


@pytest.mark.parametrize(
    ("ends", "status"), [("2031-12-03", 302), ("2031-12-04", 422), ("2040-01-01", 422), ("2100-12-31", 422)]
)
def test_a_window_is_at_most_a_year_and_a_day(planner: User, client_of: ClientOf, ends: str, status: int) -> None:
    fields = filled(ends_at_date=ends, ends_at_time="09:00")
    answer = client_of(planner).post("/deliver/tests/new/", fields)
    assert answer.status_code == status
    if status == 422:
        said = "A test can be open for 366 days at most: choose an end until Wed 3 Dec 2031, 09:00."
        assert said in answer.content.decode()
        assert ends in answer.content.decode()
        assert not Test.objects.exists()


def test_a_demo_test_is_told_how_to_be_always_open(planner: User, client_of: ClientOf) -> None:
    fields = filled(ends_at_date="2099-12-02", is_demo="on")
    answer = client_of(planner).post("/deliver/tests/new/", fields)
    assert "A demo test whose times are empty is always open." in answer.content.decode()


def test_the_rooms_below_hold_the_bound_too(planner: User, open_exam: Test) -> None:
    opens_at, ends_at = open_exam.window
    with pytest.raises(Refused, match="366 days"):
        move_end(test=open_exam, ends_at=opens_at + timedelta(days=367), seen=ends_at, by=planner)
    values = {"opens_at": opens_at, "ends_at": opens_at + MAX_WINDOW + timedelta(seconds=1)}
    with pytest.raises(Refused, match="366 days"):
        create_test(values=values, by=planner)
    open_exam.refresh_from_db()
    assert open_exam.ends_at == ends_at


def test_a_window_that_is_too_long_already_can_be_shortened_and_not_lengthened(
    planner: User, client_of: ClientOf, open_exam: Test
) -> None:
    opens_at = open_exam.window[0]
    end = opens_at + timedelta(days=4000)
    Test.objects.filter(pk=open_exam.pk).update(ends_at=end)
    client = client_of(planner)
    for days, status in ((4001, 422), (3999, 200), (10, 200)):
        local = timezone.localtime(opens_at + timedelta(days=days))
        sent = {"ends_at_date": f"{local:%Y-%m-%d}", "ends_at_time": f"{local:%H:%M}", "seen": end.isoformat()}
        answer = client.post(page(open_exam, "end/"), sent)
        assert answer.status_code == status, days
    open_exam.refresh_from_db()
    assert move_end(test=open_exam, ends_at=opens_at + timedelta(days=3999), seen=end, by=planner)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999-12:00", "0001-01-01T00:00+14:00", "2200-01-01T00:00Z"])
def test_a_hidden_time_that_no_page_had_is_refused(
    planner: User, client_of: ClientOf, open_exam: Test, moment: str
) -> None:
    for sent in ({"ends_at": moment, "seen": open_exam.window[1].isoformat()}, {"ends_at": moment, "seen": moment}):
        answer = client_of(planner).post(page(open_exam, "end/save/"), {**sent, "over": "0"})
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "times",
    [
        {"opens_at": datetime(1899, 12, 31, 23, 59, tzinfo=UTC)},
        {"ends_at": LAST_MOMENT},
        {"ends_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)},
    ],
)
def test_the_database_refuses_times_that_cannot_be_reckoned_with(exam: Test, times: dict[str, datetime]) -> None:
    with pytest.raises(IntegrityError, match="test_times_can_be_reckoned_with"), transaction.atomic():
        Test.objects.filter(pk=exam.pk).update(**times)

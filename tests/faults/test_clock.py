"""Clocks that are wrong: the server's, the browser's, and those that are put back at night (P15, C59, C65, C67)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from candidates.credentials.purging import purge_due
from candidates.lifecycle.accommodations import Change, change_incident_time, change_planned_time
from candidates.lifecycle.sitting import Ended, save_answer, start
from candidates.models import AuditEvent, Candidate, SealedPassword, Submission, Test, User
from candidates.timing import effective_end, end_of
from tests.conftest import Clock
from tests.factories import activated, add, make_test

ClientOf = Callable[[User | None], Client]
OSLO = ZoneInfo("Europe/Oslo")
STATIC = Path(__file__).resolve().parent.parent.parent / "candidates" / "static"


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_server_clock_that_jumps_an_hour_logs_nobody_out_and_loses_no_word(
    candidate: Candidate, client_of: ClientOf, clock: Clock, hours: int
) -> None:
    start(candidate=candidate)
    client = client_of(candidate.user)
    address = f"/test/{candidate.test.public_id}/answer/"
    json = {"Accept": "application/json"}
    typed = {"answer": "before", "base": 0, "candidate": candidate.public_id}
    assert client.post(address, typed, headers=json).json()["code"] == "saved"
    clock.move(hours=hours)
    # an hour back the test has not opened for anybody new; who has started goes on
    answer = client.post(address, typed | {"answer": "meanwhile", "base": 1}, headers=json).json()
    assert (answer["code"], answer["revision"]) == ("saved", 2)
    clock.move(hours=-hours)
    answer = client.post(address, typed | {"answer": "afterwards", "base": 2}, headers=json).json()
    assert (answer["code"], answer["revision"]) == ("saved", 3)
    assert Submission.objects.get(candidate=candidate).answer == "afterwards"


@pytest.mark.django_db
@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_purge_by_a_clock_that_is_an_hour_off_takes_no_password_of_a_test_that_goes_on(
    open_exam: Test, hours: int
) -> None:
    assert purge_due(now=timezone.now() + timedelta(hours=hours)) == 0
    assert SealedPassword.objects.count() == 3


@pytest.mark.django_db
def test_a_copy_that_a_backup_brings_back_is_purged_again(open_exam: Test) -> None:
    late = open_exam.window[1] + timedelta(days=3)
    yesterday = list(SealedPassword.objects.all())
    assert purge_due(now=late) == 3
    with transaction.atomic():
        SealedPassword.objects.bulk_create(yesterday)
    assert purge_due(now=late + timedelta(hours=1)) == 3
    assert not SealedPassword.objects.exists()


@pytest.mark.django_db
def test_no_page_of_a_candidate_reads_the_clock_of_its_browser(candidate: Candidate, client_of: ClientOf) -> None:
    client, scripts = client_of(candidate.user), set[str]()
    page = f"/test/{candidate.test.public_id}/"
    for before, addresses in ((None, ["/dashboard/", "/dashboard/archive/", page]), (start, [page, f"{page}submit/"])):
        if before:
            before(candidate=candidate)
        for address in addresses:
            scripts |= set(re.findall(r'<script src="/static/([^"]+)"', client.get(address).content.decode()))
    assert scripts == {f"candidates/{name}.js" for name in ("deliver", "sitting/waiting", "sitting/sitting")}
    folders = [STATIC / "candidates" / name for name in ("sitting", "shared")]
    imported = {path for folder in folders for path in folder.glob("*.js")}
    for script in {STATIC / script for script in scripts} | imported:
        assert not re.search(r"\bDate\b|timeZone|toLocale(?!String)", script.read_text()), script
    # counts on from what the server said; nobody can set it
    assert "performance.now()" in (STATIC / "candidates" / "sitting" / "clock.js").read_text()


@pytest.mark.django_db
def test_planner_and_candidate_read_the_same_moments_and_the_zone_wherever_they_sit(
    scheduled_exam: Test, planner: User, invigilator: User, client_of: ClientOf
) -> None:
    Test.objects.filter(pk=scheduled_exam.pk).update(
        opens_at=datetime(2031, 6, 2, 7, 0, tzinfo=UTC), ends_at=datetime(2031, 6, 2, 11, 0, tzinfo=UTC)
    )
    candidate = Candidate.objects.select_related("user").get(test=scheduled_exam, candidate_id="0001")
    pages = [
        (planner, "deliver/tests/{}/"),
        (invigilator, "monitor/tests/{}/"),
        (candidate.user, "dashboard/"),
        (candidate.user, "test/{}/"),
    ]
    for who, address in pages:
        in_tokyo = {"Accept-Language": "ja-JP", "Date": "Tue, 03 Jun 2031 00:00:00 +0900"}
        answer = client_of(who).get("/" + address.format(scheduled_exam.public_id), headers=in_tokyo)
        text = " ".join(re.sub("<[^>]*>", " ", answer.content.decode()).split())
        for words in ("Mon 2 Jun 2031", "09:00", "13:00", "Oslo time"):
            assert words in text, (address, words)
        assert not {"07:00", "16:00", "Tokyo"} & set(text.split()), address


@pytest.mark.django_db
def test_the_page_tells_what_is_left_and_not_when_a_clock_says_it_is_over(
    candidate: Candidate, client_of: ClientOf
) -> None:
    start(candidate=candidate)
    client = client_of(candidate.user)
    answer = client.post(f"/test/{candidate.test.public_id}/seen/", HTTP_DATE="Thu, 01 Jan 1970 00:00:00 GMT").json()
    left = end_of(candidate, candidate.test) - timezone.now()
    assert abs(answer["left_ms"] - left.total_seconds() * 1000) < 30_000


@pytest.mark.django_db
def test_moments_are_stored_in_utc_whatever_zone_they_were_typed_in() -> None:
    nine = datetime(2031, 1, 6, 9, tzinfo=OSLO)
    Test.objects.create(name="Winter", opens_at=nine, ends_at=nine + timedelta(hours=4))
    with connection.cursor() as cursor:  # past what turns columns into moments
        cursor.execute("SELECT opens_at FROM candidates_test")
        assert str(cursor.fetchone()[0]).removesuffix("+00:00") == "2031-01-06 08:00:00"


# Nights -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        # 60 minutes and 90 minutes of extra time, over midnight
        (datetime(2031, 5, 5, 22, tzinfo=OSLO), datetime(2031, 5, 6, 0, 30, tzinfo=OSLO)),
        # in spring 02:00 to 03:00 is not there, in autumn it is there twice: 150 minutes are 150 minutes
        (datetime(2031, 3, 30, 1, tzinfo=OSLO), datetime(2031, 3, 30, 4, 30, tzinfo=OSLO)),
        (datetime(2031, 10, 26, 1, tzinfo=OSLO), datetime(2031, 10, 26, 2, 30, fold=1, tzinfo=OSLO)),
    ],
    ids=["midnight", "spring", "autumn"],
)
def test_extra_time_over_a_night_lasts_its_real_minutes(starts: datetime, ends: datetime) -> None:
    end = effective_end(
        test_ends_at=starts.astimezone(UTC) + timedelta(minutes=60),
        duration_minutes=60,
        started_at=starts.astimezone(UTC),
        extra_minutes=60,
        incident_minutes=30,
    )
    assert end == ends.astimezone(UTC)
    assert end - starts.astimezone(UTC) == timedelta(minutes=150)


@pytest.mark.django_db
def test_time_that_is_given_during_the_test_counts_at_once_and_is_recorded(planner: User, clock: Clock) -> None:
    clock.stop(datetime(2031, 10, 25, 22, 30, tzinfo=UTC))  # half past midnight in Oslo, before the hour comes twice
    test = make_test(planner=planner, opens_in=timedelta(minutes=-30), window=timedelta(hours=2), now=timezone.now())
    writes, waits = add(test, planner, "0001", "0002")
    activated(test, planner)
    for one in (writes, waits):
        one.refresh_from_db()
        one.test = test
    start(candidate=writes)
    clock.stop(datetime(2031, 10, 26, 0, 1, tzinfo=UTC))
    with pytest.raises(Ended):
        save_answer(candidate=writes, answer="late", base_revision=0)
    change_incident_time(
        test=test, public_ids=[writes.public_id], how=Change.ADD, minutes=30, reason="Fire alarm", by=planner
    )
    with pytest.raises(Ended):
        start(candidate=waits)
    change_planned_time(test=test, public_ids=[waits.public_id], how=Change.ADD, minutes=15, by=planner)
    now = {one.pk: one for one in Candidate.objects.select_related("test")}
    assert save_answer(candidate=now[writes.pk], answer="in time", base_revision=0).revision == 1
    assert end_of(now[writes.pk], test) == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)
    assert start(candidate=now[waits.pk]).started_at == timezone.now()
    assert end_of(now[waits.pk], test) == datetime(2031, 10, 26, 0, 15, tzinfo=UTC)
    for action in (AuditEvent.Action.INCIDENT_TIME_CHANGED, AuditEvent.Action.EXTRA_TIME_CHANGED):
        assert AuditEvent.objects.filter(action=action, actor=planner).count() == 1, action

"""A test that nobody has opened can be deleted, one that is over is archived."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.drafts import keep, new_import
from candidates.lifecycle import planners
from candidates.lifecycle.archiving import archive_test
from candidates.lifecycle.sitting import start
from candidates.lifecycle.tests import move_end
from candidates.models import (
    AuditEvent,
    Candidate,
    Contributor,
    Import,
    PermanentUser,
    SealedPassword,
    Test,
    User,
)
from candidates.pages.tests.rows import planned_tests
from tests.factories import activated, add_sso, give_logins, make_permanent, make_test, open_now

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def finished_exam(open_exam: Test) -> Test:
    """The exam, over for everybody."""
    Test.objects.filter(pk=open_exam.pk).update(
        opens_at=timezone.now() - timedelta(hours=6), ends_at=timezone.now() - timedelta(hours=2)
    )
    open_exam.refresh_from_db()
    return open_exam


def at(name: str, test: Test) -> str:
    return reverse(name, args=[test.public_id])


# Deleting -------------------------------------------------------------------------------------------------------------


def test_a_deleted_test_is_gone_and_the_audit_keeps_its_name(
    exam: Test, candidates: list[Candidate], planner: User, client_of: ClientOf
) -> None:
    keep(new_import(test=exam, by=planner, kind="one_time", file_name="list.csv", file_sha256="0" * 64), [])
    client = client_of(planner)
    page = client.get(at("delete-test", exam)).content.decode()
    for words in ("Delete the test for good?", "3 candidates are taken off it", "4 people no longer find it"):
        assert words in page
    assert "1 list that waits to be added goes with it" in page

    response = client.post(at("delete-test", exam), follow=True)
    assert f"The test {exam.name} is deleted." in response.content.decode()
    assert not Test.objects.exists()
    assert not Candidate.objects.exists()
    assert not Contributor.objects.exists()
    assert not Import.objects.exists()
    (row,) = AuditEvent.objects.filter(action="test_deleted")
    assert (row.test, row.test_name, row.count, row.actor) == (None, exam.name, 3, planner)
    earlier = AuditEvent.objects.filter(action="candidates_added").get()
    assert (earlier.test, earlier.test_name) == (None, exam.name)
    for name in ("deliver-test", "delete-test", "candidates"):
        assert client.get(at(name, exam)).status_code == 404
    assert client.post(at("delete-test", exam)).status_code == 404


def test_logins_of_a_deleted_test_end_and_their_names_stay_taken(
    exam: Test, candidates: list[Candidate], planner: User, client_of: ClientOf
) -> None:
    kari = make_permanent()
    (anna,) = add_sso(exam, planner, "anna")
    client = client_of(planner)
    activated(exam, planner)
    give_logins(exam, planner, anna)
    slips = list(Candidate.objects.of_test(exam).slip_accounts())
    assert len(slips) == 4
    assert client.get(at("delete-test", exam)).status_code == 422  # deactivate first
    client.post(at("deactivate-test", exam))
    assert "4 one-time logins stop working for good" in client.get(at("delete-test", exam)).content.decode()
    client.post(at("delete-test", exam))
    assert not Test.objects.exists()
    assert list(User.objects.filter(pk__in=slips).values_list("is_active", "password").distinct()) == [(False, "!")]
    assert not SealedPassword.objects.filter(user__in=slips).exists()
    assert PermanentUser.objects.get() == kari
    assert User.objects.filter(kind="sso").exists()


def test_a_test_that_candidates_see_or_have_opened_is_not_deleted(
    open_exam: Test, candidate: Candidate, planner: User, client_of: ClientOf
) -> None:
    client = client_of(planner)
    assert "Deactivate it, then delete it" in client.post(at("delete-test", open_exam)).content.decode()
    start(candidate=candidate)
    answer = client.post(at("delete-test", open_exam))
    assert answer.status_code == 409
    assert "A candidate has opened the test, so it stays." in answer.content.decode()
    assert Test.objects.filter(pk=open_exam.pk).exists()


@pytest.mark.parametrize("name", ["activate-test", "new-contributor", "add-one-time", "edit-test", "edit-questions"])
def test_what_meets_the_deletion_of_its_test_finds_nothing(
    exam: Test, planner: User, client_of: ClientOf, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was authorised, then somebody deleted the test, then the act began."""
    client = client_of(planner)
    form = client.get(at(name, exam)).context.get("form")
    seen = form.initial.get("seen", "") if form is not None else ""
    typed = {
        "name": "x",
        "opens_at_date": "2099-12-07",
        "opens_at_time": "09:00",
        "ends_at_date": "2099-12-07",
        "ends_at_time": "13:00",
        "questions": "new",
        "seen": seen,
        "id": ["0001"],
        "extra": [""],
        "person": planner.pk,
        "role": "planner",
    }
    found = Test.objects.with_longest_extra().get(pk=exam.pk)
    module = {
        "activate-test": "tests.activation",
        "new-contributor": "tests.contributors",
        "add-one-time": "adding.views",
    }
    monkeypatch.setattr(f"candidates.pages.{module.get(name, 'tests.views')}.planned_test", lambda *_who: found)
    AuditEvent.objects.filter(test=exam).update(test=None)
    Test.objects.filter(pk=exam.pk).get().delete()
    assert client.post(at(name, exam), typed).status_code == 404


def test_who_does_not_plan_it_deletes_nothing(exam: Test, stranger: User, grader: User, client_of: ClientOf) -> None:
    for who in (stranger, grader):
        assert client_of(who).post(at("delete-test", exam)).status_code in {403, 404}
    assert Test.objects.filter(pk=exam.pk).exists()


# Archiving ------------------------------------------------------------------------------------------------------------


def test_an_archived_test_is_out_of_the_lists_and_comes_back(
    finished_exam: Test, planner: User, invigilator: User, grader: User, client_of: ClientOf
) -> None:
    client = client_of(planner)
    assert "Archive test" in client.get(at("deliver-test", finished_exam)).content.decode()
    assert "Candidates keep it in their Archive." in client.get(at("archive-test", finished_exam)).content.decode()
    client.post(at("archive-test", finished_exam))
    assert AuditEvent.objects.filter(action="test_archived", test=finished_exam, actor=planner).count() == 1

    assert finished_exam.name not in client.get(reverse("deliver-tests")).content.decode()
    assert "1 archived test" in client.get(reverse("deliver-tests")).content.decode()
    assert finished_exam.name in client.get(reverse("deliver-tests"), {"archived": 1}).content.decode()
    assert finished_exam.name not in client_of(invigilator).get(reverse("monitor")).content.decode()
    assert finished_exam.name not in client_of(grader).get(reverse("grade")).content.decode()
    page = client.get(at("deliver-test", finished_exam)).content.decode()
    assert "Take out of the archive" in page
    assert "Add contributors" not in page

    client.post(at("restore-test", finished_exam))
    assert [row.name for row in planned_tests(planner).rows] == [finished_exam.name]


def test_a_restored_test_is_recorded(finished_exam: Test, planner: User, client_of: ClientOf) -> None:
    archive_test(test=finished_exam, by=planner)
    client = client_of(planner)
    client.post(at("restore-test", finished_exam))
    client.post(at("restore-test", finished_exam))
    assert AuditEvent.objects.filter(action="test_restored", test=finished_exam, actor=planner).count() == 1


def test_nothing_of_an_archived_test_is_changed(
    finished_exam: Test, planner: User, grader: User, candidates: list[Candidate], client_of: ClientOf
) -> None:
    archive_test(test=finished_exam, by=planner)
    before = Candidate.objects.of_test(finished_exam).values_list().order_by("pk")
    kept = list(before)
    people = Contributor.objects.filter(test=finished_exam).count()
    place = [finished_exam.public_id, candidates[0].public_id]
    asked = [
        (planner, at("move-end", finished_exam), {}),
        (planner, at("archive-test", finished_exam), {}),
        (planner, at("delete-test", finished_exam), {}),
        (planner, at("new-contributor", finished_exam), {"person": planner.pk, "role": "planner"}),
        (planner, at("monitor-incident-save", finished_exam), {"how": "set", "minutes": "30", "reason": "x"}),
        (planner, reverse("candidate", args=place), {"private_reference": "x"}),
        (grader, reverse("grade-submission", args=place), {"mark": "3"}),
    ]
    for who, address, typed in asked:
        answer = client_of(who).post(address, typed, follow=True)
        assert "The test is archived, so nothing in it can be changed." in answer.content.decode(), address
    assert list(before.all()) == kept
    assert Contributor.objects.filter(test=finished_exam).count() == people
    with pytest.raises(Refused, match="archived"):
        move_end(
            test=finished_exam,
            ends_at=timezone.now() + timedelta(hours=1),
            seen=finished_exam.ends_at,
            by=planner,
        )


@pytest.mark.parametrize("name", ["candidates", "monitor-test", "monitor-columns"])
def test_an_archived_test_is_searched_as_any_other(
    name: str, finished_exam: Test, planner: User, candidates: list[Candidate], client_of: ClientOf
) -> None:
    archive_test(test=finished_exam, by=planner)
    found = client_of(planner).post(at(name, finished_exam), {"q": "0001", "ids": candidates[0].public_id}, follow=True)
    assert "nothing of it can be changed" not in found.content.decode()
    assert "ticks=" in found.redirect_chain[0][0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("candidates-download", ["csv"]),
        ("monitor-csv", []),
        ("history-csv", []),
        ("grade-csv", []),
        ("results-download", ["csv"]),
    ],
)
def test_the_lists_of_an_archived_test_can_be_downloaded(
    name: str, kind: list[str], finished_exam: Test, planner: User, grader: User, client_of: ClientOf
) -> None:
    archive_test(test=finished_exam, by=planner)
    client = client_of(grader if name == "grade-csv" else planner)
    answer = client.post(reverse(name, args=[finished_exam.public_id, *kind]))
    assert answer["Content-Type"].startswith("text/csv")


def test_candidates_keep_their_archive(finished_exam: Test, candidate: Candidate, planner: User) -> None:
    archive_test(test=finished_exam, by=planner)
    browser = Client()
    assert candidate.user is not None
    browser.force_login(candidate.user, backend="candidates.signin.backends.OneTimeBackend")
    assert finished_exam.name in browser.get(reverse("archive")).content.decode()


def test_only_what_is_finished_is_archived(open_exam: Test, exam: Test, planner: User, client_of: ClientOf) -> None:
    other = make_test(planner=planner)
    for test in (open_exam, other):
        answer = client_of(planner).post(at("archive-test", test))
        assert answer.status_code == 409
        assert "Only a test that is Finished can be archived." in answer.content.decode()
    assert planners.working_planners(other) == 1


def test_an_open_test_can_be_put_on_the_list_again_after_a_search(planner: User, client_of: ClientOf) -> None:
    for name in ("Alpha", "Beta"):
        test = open_now(activated(make_test(planner=planner, name=name, is_demo=True), planner))
        Test.objects.filter(pk=test.pk).update(archived_at=timezone.now())
    page = client_of(planner).get(reverse("deliver-tests"), {"archived": "1", "q": "alp"}).content.decode()
    assert "Alpha" in page
    assert "Beta" not in page
    assert 'name="archived" value="1"' in page
    assert 'href="?archived=1">Show all' in page

"""The audit is sealed in a chain: what is changed, deleted or put in afterwards is named; what is meant is not."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from candidates import audit
from candidates.lifecycle.contributors import add_contributors
from candidates.lifecycle.erasing import delete, delete_sso_person, erase_staff
from candidates.models import AuditEvent, AuditSeal, SealedRow, SsoIdentity, Test, User
from candidates.operations import audit_seals
from candidates.operations.audit_seals import delete_before, seal_new_rows, verify
from tests.conftest import Clock
from tests.factories import activated, add_sso, give_logins, make_permanent, make_staff, open_now
from tests.lifecycle.test_sitting_races import together

pytestmark = pytest.mark.django_db
Action = AuditEvent.Action


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows to a seal."""
    monkeypatch.setattr(audit_seals, "BATCH", 3)


def write(count: int, by: User, test: Test | None = None) -> list[int]:
    """Record some acts, and return their ids."""
    return [audit.record(Action.TEST_CHANGED, by=by, test=test, detail={"number": [n, None]}).pk for n in range(count)]


@pytest.fixture
def sealed(batches: None, exam: Test, planner: User, clock: Clock) -> list[int]:
    """Eight rows in three seals."""
    ids = write(8, planner, exam)
    clock.move(minutes=11)
    assert seal_new_rows() == 8
    return ids


def run(sql: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def verdict(expect: str = "") -> tuple[bool, str]:
    """Return whether the command ends well, and everything it says."""
    said = StringIO()
    try:
        call_command("verify_audit", *(["--expect", expect] if expect else []), stdout=said)
    except CommandError as error:
        return False, said.getvalue() + str(error)
    return True, said.getvalue()


def last_hash() -> str:
    return AuditSeal.objects.latest("number").hash


def test_an_untouched_audit_is_said_to_be_so_with_its_last_hash(sealed: list[int], planner: User, clock: Clock) -> None:
    write(2, planner)
    good, said = verdict()
    assert good
    assert "8 rows in 3 seals are as they were sealed." in said
    assert last_hash() in said
    assert "Not sealed yet: 2 rows" in said
    assert [seal.rows for seal in AuditSeal.objects.order_by("number")] == [3, 3, 2]
    assert AuditSeal.objects.latest("number").total == 8
    kept = last_hash()
    clock.move(minutes=11)
    assert seal_new_rows() == 2
    good, said = verdict(kept)
    assert good
    assert "that of seal 3" in said


def test_nothing_is_sealed_while_it_may_still_change(planner: User, clock: Clock) -> None:
    audit.record_refused_login({"name_digest": "x"})
    clock.move(seconds=50)
    assert seal_new_rows() == 0
    audit.record_refused_login({"name_digest": "x"})
    assert AuditEvent.objects.get().count == 2
    clock.move(minutes=11)
    assert seal_new_rows() == 1
    audit.record_refused_login({"name_digest": "x"})
    assert verdict()[0]
    assert "No seal" not in verdict()[1]


CHANGES = {
    "count": "count = 99",
    "action": "action = 'marked'",
    "outcome": "outcome = 'refused'",
    "name": "actor_name = 'somebody'",
    "nobody": "actor_id = NULL",
    "test name": "test_name = 'Other'",
    "no test": "test_id = NULL",
    "address": "address = '192.0.2.9'",
    "detail": "detail = '{}'",
}


@pytest.mark.parametrize("what", CHANGES)
def test_the_first_row_that_was_changed_is_named(what: str, sealed: list[int]) -> None:
    run(f"UPDATE candidates_auditevent SET {CHANGES[what]} WHERE id >= %s", sealed[4])  # noqa: S608
    good, said = verdict()
    assert not good
    assert f"Row {sealed[4]} " in said
    assert "was changed after it was sealed in seal 2" in said


def test_another_actor_or_test_of_the_same_name_is_a_change(
    sealed: list[int], exam: Test, colleague: User, planner: User
) -> None:
    run("UPDATE candidates_auditevent SET actor_id = %s WHERE id = %s", colleague.pk, sealed[1])
    assert f"Row {sealed[1]} " in verdict()[1]
    run("UPDATE candidates_auditevent SET actor_id = %s WHERE id = %s", planner.pk, sealed[1])
    other = Test.objects.create(name=exam.name, is_demo=True)
    run("UPDATE candidates_auditevent SET test_id = %s WHERE id = %s", other.pk, sealed[2])
    assert f"Row {sealed[2]} " in verdict()[1]


def test_a_time_that_is_moved_is_a_change(sealed: list[int]) -> None:
    AuditEvent.objects.filter(pk=sealed[0]).update(at=timezone.now() - timedelta(days=1))
    assert f"Row {sealed[0]} " in verdict()[1]


def test_two_rows_that_change_places_are_changed(sealed: list[int]) -> None:
    for old, new in ((sealed[3], 10**6), (sealed[4], sealed[3]), (10**6, sealed[4])):
        run("UPDATE candidates_auditevent SET id = %s WHERE id = %s", new, old)
    assert f"Row {sealed[3]} " in verdict()[1]


def test_the_first_row_that_was_deleted_is_named(sealed: list[int]) -> None:
    run("DELETE FROM candidates_auditevent WHERE id IN (%s, %s)", sealed[5], sealed[6])
    good, said = verdict()
    assert not good
    assert f"Row {sealed[5]} is deleted. It was sealed in seal 2." in said


def copied(row: int, new: int, at: object) -> None:
    one = AuditEvent.objects.get(pk=row)
    one.pk, one.at = new, at  # type: ignore[assignment]
    one.save(force_insert=True)


def test_a_row_with_an_old_time_that_was_put_in_is_named_before_and_after_it_is_sealed(
    sealed: list[int], clock: Clock
) -> None:
    copied(sealed[0], sealed[-1] + 50, timezone.now() - timedelta(hours=5))
    good, said = verdict()
    assert not good
    assert f"Row {sealed[-1] + 50} " in said
    assert "was put in afterwards" in said
    assert seal_new_rows() == 1
    good, said = verdict()
    assert not good
    assert f"Row {sealed[-1] + 50} " in said


def test_a_row_with_a_low_id_that_was_put_in_later_is_named_and_never_sealed(
    sealed: list[int], exam: Test, planner: User, clock: Clock
) -> None:
    gone = write(1, planner, exam)[0]
    AuditEvent.objects.filter(pk=gone).delete()
    write(1, planner, exam)
    clock.move(days=2)
    seal_new_rows()
    copied(sealed[0], gone, timezone.now() - timedelta(minutes=11))
    assert seal_new_rows() == 0
    good, said = verdict()
    assert not good
    assert f"Row {gone} " in said


def test_a_row_that_is_committed_late_with_a_lower_id_is_sealed_once(
    sealed: list[int], exam: Test, planner: User, clock: Clock
) -> None:
    late = write(1, planner, exam)[0]
    row = AuditEvent.objects.get(pk=late)
    AuditEvent.objects.filter(pk=late).delete()
    write(2, planner, exam)
    clock.move(minutes=11)
    assert seal_new_rows() == 2
    row.save(force_insert=True)
    assert seal_new_rows() == 1
    assert seal_new_rows() == 0
    assert verdict()[0]
    assert SealedRow.objects.filter(event_id=late).count() == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_seal_that_is_deleted_with_its_rows_is_missed(sealed: list[int], number: int) -> None:
    rows = list(SealedRow.objects.filter(seal=number).values_list("event_id", flat=True))
    AuditSeal.objects.get(number=number).delete()
    AuditEvent.objects.filter(pk__in=rows).delete()
    good, said = verdict()
    assert not good
    assert "deleted" in said


def test_rows_taken_out_of_their_seal_and_seals_that_are_rewritten_are_told(sealed: list[int]) -> None:
    SealedRow.objects.filter(event_id=sealed[4]).delete()
    assert "Seal 2 is not as it was made" in verdict()[1]


def test_a_rewritten_seal_does_not_fit_its_own_hash(sealed: list[int]) -> None:
    AuditSeal.objects.filter(number=2).update(until=None, sealed_at=timezone.now())
    assert "Seal 2 is not as it was made" in verdict()[1]


def test_a_chain_that_is_cut_at_its_end_is_told_by_the_hash_that_was_kept_and_by_nothing_else(
    sealed: list[int], clock: Clock
) -> None:
    kept = last_hash()
    rows = list(SealedRow.objects.filter(seal=3).values_list("event_id", flat=True))
    AuditSeal.objects.get(number=3).delete()
    AuditEvent.objects.filter(pk__in=rows).delete()
    assert verdict()[0]
    good, said = verdict(kept)
    assert not good
    assert "The expected hash is in no seal" in said
    # nor does the deletion of the last seal alone, whose rows are sealed anew
    kept = last_hash()
    AuditSeal.objects.get(number=2).delete()
    assert seal_new_rows() == 3
    assert verdict()[0]
    assert not verdict(kept)[0]


def test_nothing_sealed_yet_is_said_and_a_hash_is_missed(planner: User) -> None:
    write(1, planner)
    good, said = verdict()
    assert good
    assert "0 rows in 0 seals" in said
    assert "Not sealed yet: 1 rows" in said
    assert not verdict("0" * 64)[0]


# What is meant -------------------------------------------------------------------------------------------------------


def test_who_is_deleted_leaves_a_chain_that_holds(
    sealed: list[int], administrator: User, exam: Test, clock: Clock
) -> None:
    kari = make_permanent()
    write(2, kari.user, exam)
    clock.move(minutes=11)
    seal_new_rows()
    delete(person=kari, by=administrator)
    assert verdict()[0]
    row = AuditEvent.objects.get(action=Action.NAMES_REPLACED)
    assert (row.actor, row.count) == (administrator, 2)
    mine = SealedRow.objects.filter(actor_key=kari.pk)
    assert {bytes(one.salt) for one in mine} == {b""}


def test_an_emptied_account_and_its_slip_leave_a_chain_that_holds(
    batches: None, exam: Test, planner: User, administrator: User, clock: Clock
) -> None:
    (anna,) = add_sso(exam, planner, "0004")
    open_now(activated(exam, planner))
    give_logins(exam, planner, anna)
    open_now(exam, minutes_ago=29 * 60)
    slip, person = anna.one_time_login, anna.user
    assert slip is not None
    assert person is not None
    write(2, slip, exam)
    write(2, person, exam)
    clock.move(minutes=11)
    seal_new_rows()
    delete_sso_person(identity=SsoIdentity.objects.get(user=person), by=administrator)
    assert verdict()[0]
    # and that is no way to let somebody else be the one who was erased
    name = AuditEvent.objects.filter(actor=person).values_list("actor_name", flat=True)[0]
    other = AuditEvent.objects.filter(actor=planner).earliest("pk")
    SealedRow.objects.filter(event_id=other.pk).update(salt=b"")
    AuditEvent.objects.filter(pk=other.pk).update(actor_name=name)
    assert f"Row {other.pk} " in verdict()[1]


def test_erased_staff_leave_a_chain_that_holds_also_where_acts_of_others_name_them(
    batches: None, exam: Test, planner: User, administrator: User, clock: Clock
) -> None:
    leaver = make_staff("leaver", "Some Body", is_grader=True)
    add_contributors(test=exam, users=[leaver], role="grader", by=planner)
    write(3, planner, exam)
    clock.move(minutes=11)
    seal_new_rows()
    User.objects.filter(pk=leaver.pk).update(is_active=False)
    leaver.refresh_from_db()
    erase_staff(account=leaver, by=administrator)
    added = AuditEvent.objects.get(action=Action.CONTRIBUTOR_ADDED)
    assert added.detail["user"].startswith("deleted-")
    assert verdict()[0]
    # the rest of such a row is still held to its seal
    AuditEvent.objects.filter(pk=added.pk).update(detail=added.detail | {"role": "planner"})
    assert f"Row {added.pk} " in verdict()[1]


def test_a_name_in_a_detail_that_is_replaced_by_hand_is_a_change(
    batches: None, exam: Test, planner: User, clock: Clock
) -> None:
    somebody = make_staff("somebody", is_grader=True)
    add_contributors(test=exam, users=[somebody], role="grader", by=planner)
    clock.move(minutes=11)
    seal_new_rows()
    added = AuditEvent.objects.get(action=Action.CONTRIBUTOR_ADDED)
    AuditEvent.objects.filter(pk=added.pk).update(detail=added.detail | {"user": "other"})
    assert f"Row {added.pk} " in verdict()[1]


@pytest.mark.parametrize("action", [Action.LOGIN, Action.CONTRIBUTOR_ADDED, Action.NAMES_REPLACED])
@pytest.mark.parametrize("detail", [[], "text", 7, {"name": []}])
def test_a_detail_that_nothing_of_ours_writes_is_a_change_and_stops_no_look(
    sealed: list[int], action: AuditEvent.Action, detail: object, planner: User, clock: Clock
) -> None:
    AuditEvent.objects.filter(pk=sealed[3]).update(action=action, detail=detail)
    assert f"Row {sealed[3]} " in verdict()[1]
    AuditEvent.objects.create(action=action, actor=planner, detail=detail)
    clock.move(minutes=11)
    assert seal_new_rows() == 1


def test_a_name_that_is_replaced_without_its_act_is_a_change(sealed: list[int]) -> None:
    AuditEvent.objects.filter(pk=sealed[3]).update(actor_name="deleted-0123456789abcdef")
    SealedRow.objects.filter(event_id=sealed[3]).update(salt=b"")
    assert f"Row {sealed[3]} " in verdict()[1]


def test_an_account_and_a_test_that_are_gone_are_no_change(batches: None, clock: Clock) -> None:
    leaver, test = make_staff("leaver"), Test.objects.create(name="Try it", is_demo=True)
    write(4, leaver, test)
    clock.move(minutes=11)
    seal_new_rows()
    leaver.delete()
    test.delete()
    assert verdict()[0]


def test_old_rows_go_from_the_front_and_the_audit_says_so(batches: None, planner: User, clock: Clock) -> None:
    old = write(8, planner)
    AuditEvent.objects.filter(pk__in=old).update(at=timezone.now() - timedelta(days=400))
    seal_new_rows()
    write(1, planner)
    clock.move(minutes=11)
    seal_new_rows()
    kept = last_hash()
    assert delete_before(timezone.now() - timedelta(days=365)) == 8
    assert list(AuditEvent.objects.filter(pk__in=old)) == []
    assert AuditEvent.objects.filter(action=Action.AUDIT_SHORTENED).count() == 3
    assert verdict(kept)[0]
    assert delete_before(timezone.now()) == 0  # the newest seal stays
    # without the act it is a beginning that is missing
    AuditEvent.objects.filter(action=Action.AUDIT_SHORTENED).delete()
    assert "Seals 1 to 3 are deleted" in verdict()[1]


def test_the_command_that_deletes_old_rows_takes_a_day_that_is_over(sealed: list[int]) -> None:
    said = StringIO()
    call_command("shorten_audit", "--before", "2020-01-01", stdout=said)
    assert "0 rows" in said.getvalue()
    for wrong in ("2020-13-01", "yesterday", "2999-01-01"):
        with pytest.raises(CommandError):
            call_command("shorten_audit", "--before", wrong)


# Workers -------------------------------------------------------------------------------------------------------------


def test_a_worker_that_is_killed_within_a_batch_leaves_nothing_of_it(
    batches: None, planner: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(5, planner)
    clock.move(minutes=11)

    def killed(*args: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SealedRow.objects, "bulk_create", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_new_rows()
    assert (AuditSeal.objects.count(), SealedRow.objects.count()) == (0, 0)
    assert seal_new_rows() == 5
    assert verdict()[0]


def test_two_workers_at_once_seal_each_row_once(
    transactional_db: None, batches: None, planner: User, clock: Clock
) -> None:
    ids = write(30, planner)
    clock.move(minutes=11)
    raised = together(*[seal_new_rows] * 3)
    assert raised == []
    seal_new_rows()
    assert sorted(SealedRow.objects.values_list("event_id", flat=True)) == ids
    assert verdict()[0]


def test_a_place_in_the_chain_is_taken_once(sealed: list[int]) -> None:
    second = AuditSeal.objects.get(number=2)
    second.number = 9
    with pytest.raises(IntegrityError):
        second.save(force_insert=True)


def test_the_verdict_is_alike_where_the_clock_was_put_back(
    batches: None, planner: User, clock: Clock, client_of: Callable[..., object]
) -> None:
    clock.move(hours=6)
    AuditEvent.objects.filter(pk__in=write(2, planner)).update(at=timezone.now() - timedelta(minutes=20))
    seal_new_rows()
    clock.move(hours=-5, minutes=-30)
    write(2, planner)
    seal_new_rows()
    assert verify().problems == []

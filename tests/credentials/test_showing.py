"""Opening login details, as functions: the record first, the lock, and what is told apart."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import DatabaseError

from candidates import audit
from candidates.credentials import opening, sealing
from candidates.credentials.opening import Choice, NotWhole, open_details, open_one
from candidates.credentials.opening_history import last_openings
from candidates.credentials.overview import overview
from candidates.credentials.refusals import NotShown, invigilators_window, why_not_shown
from candidates.credentials.renewing import renew_password
from candidates.models import AuditEvent, Candidate, Location, SealedPassword, Test, User
from candidates.text import fold
from tests.conftest import Clock
from tests.factories import activated, add, make_test, password_of

Action = AuditEvent.Action


def opened(test: Test, by: User, **choice: object) -> list[str]:
    """Return the Candidate IDs of what a list of the choice shows."""
    found = open_details(test=test, choice=Choice(**choice), action=Action.DETAILS_LISTED, by=by)  # type: ignore[arg-type]
    return [slip.candidate_id for slip in found.sheet.slips]


def test_the_record_is_written_before_a_copy_is_opened(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    real_record, real_unseal = audit.record, sealing.unseal

    def record(*args: Any, **kwargs: Any) -> AuditEvent:
        order.append("record")
        return real_record(*args, **kwargs)

    def unseal(*args: str) -> str:
        order.append("open")
        return real_unseal(*args)

    monkeypatch.setattr(audit, "record", record)
    monkeypatch.setattr(opening, "unseal", unseal)
    opened(scheduled_exam, planner)
    assert order == ["record", "open", "open", "open"]


def test_a_record_that_fails_opens_nothing(
    scheduled_exam: Test, planner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise DatabaseError("the disk is full")

    def never(*args: object) -> str:
        raise AssertionError("a copy was opened")

    monkeypatch.setattr(audit, "record", fail)
    monkeypatch.setattr(opening, "unseal", never)
    with pytest.raises(DatabaseError):
        opened(scheduled_exam, planner)


def test_slips_say_the_candidates_own_times(scheduled_exam: Test, planner: User) -> None:
    Candidate.objects.filter(candidate_id="kari").update(incident_minutes=45)
    found = open_details(test=scheduled_exam, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
    minutes = {slip.candidate_id: slip.extra_minutes for slip in found.sheet.slips}
    assert minutes == {"0001": 0, "0002": 30, "kari": 45}
    ends = {slip.candidate_id: (slip.ends_at - scheduled_exam.window[1]).seconds // 60 for slip in found.sheet.slips}
    assert ends == minutes


def test_a_copy_that_was_moved_to_another_row_is_not_shown_as_that_persons(scheduled_exam: Test, planner: User) -> None:
    first, second = SealedPassword.objects.order_by("pk")[:2]
    SealedPassword.objects.filter(pk=second.pk).update(token=first.token)
    found = open_details(test=scheduled_exam, choice=Choice(), action=Action.DETAILS_LISTED, by=planner)
    assert len(found.sheet.slips) == 2
    assert [missing.candidate_id for missing in found.broken] == [
        Candidate.objects.get(user=second.user_id).candidate_id
    ]


def test_all_keys_lost_is_a_refusal_that_says_what_to_do(scheduled_exam: Test, planner: User) -> None:
    SealedPassword.objects.update(token=Fernet(Fernet.generate_key()).encrypt(b"{}").decode())
    assert len(overview(scheduled_exam, to=planner).broken) == 3
    with pytest.raises(NotShown, match="Logging in still works") as refusal:
        opened(scheduled_exam, planner)
    assert refusal.value.reason == "broken"
    assert not isinstance(refusal.value, NotWhole)


def test_choices_narrow_and_never_widen(scheduled_exam: Test, planner: User, room: Location) -> None:
    Candidate.objects.filter(candidate_id="0001").update(location=room)
    first = Candidate.objects.get(candidate_id="0001").public_id
    assert opened(scheduled_exam, planner, location_ids=frozenset({room.pk})) == ["0001"]
    assert opened(scheduled_exam, planner, without_location=True) == ["0002", "kari"]
    assert opened(scheduled_exam, planner, public_ids=(first,)) == ["0001"]
    with pytest.raises(NotShown):
        opened(scheduled_exam, planner, public_ids=())


def test_a_candidate_who_is_moved_between_the_look_and_the_lock_is_not_shown(
    candidate: Candidate, planner: User, room: Location
) -> None:
    Candidate.objects.filter(pk=candidate.pk).update(location=room)  # somebody else, after `candidate` was read
    with pytest.raises(NotShown) as refusal:
        open_one(test=candidate.test, candidate=candidate, by=planner, invigilating=True)
    assert refusal.value.reason == "changed"


def test_a_candidate_who_was_removed_gets_no_new_password(candidate: Candidate, planner: User) -> None:
    Candidate.objects.filter(pk=candidate.pk).delete()
    with pytest.raises(NotShown) as refusal:
        renew_password(candidate=candidate, by=planner)
    assert refusal.value.reason == "changed"


def test_what_is_shown_is_what_logs_in(candidate: Candidate, planner: User) -> None:
    found = open_one(test=candidate.test, candidate=candidate, by=planner, invigilating=False)
    assert fold(found.sheet.slips[0].password) == password_of(candidate)
    assert found.sheet.slips[0].password not in repr(found)


def test_refused_tries_are_no_openings(exam: Test, candidates: object, planner: User) -> None:
    with pytest.raises(NotShown):
        opened(exam, planner)
    assert last_openings(exam) == []
    assert AuditEvent.objects.get(action=Action.DETAILS_LISTED).outcome == AuditEvent.Outcome.REFUSED


def test_somebody_who_was_deleted_is_still_named(scheduled_exam: Test, colleague: User) -> None:
    opened(scheduled_exam, colleague)
    colleague.delete()
    (last,) = last_openings(scheduled_exam)
    assert (last.by, last.count) == ("colleague", 3)


def test_the_record_is_written_before_one_copy_is_opened_at_the_door(
    candidate: Candidate, invigilator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[int] = []
    real_unseal = sealing.unseal

    def unseal(*args: str) -> str:
        recorded.append(AuditEvent.objects.filter(action=Action.DETAILS_REVEALED, actor=invigilator).count())
        return real_unseal(*args)

    monkeypatch.setattr(opening, "unseal", unseal)
    open_one(test=candidate.test, candidate=candidate, by=invigilator, invigilating=True)
    assert recorded == [1]


@pytest.mark.parametrize("choice", ["all", "room", "nowhere", "ticked"])
def test_nobody_of_another_test_of_the_same_planner_and_room_is_shown(
    scheduled_exam: Test, planner: User, room: Location, choice: str
) -> None:
    other = make_test(planner=planner, name="Other")
    foreign = [*add(other, planner, "foreign", location=(room.building, room.room)), *add(other, planner, "nowhere")]
    activated(other, planner)
    Candidate.objects.filter(test=scheduled_exam, candidate_id="0001").update(location=room)
    wanted: dict[str, dict[str, object]] = {
        "all": {},
        "room": {"location_ids": frozenset({room.pk})},
        "nowhere": {"without_location": True},
        "ticked": {"public_ids": tuple(one.public_id for one in (*foreign, *scheduled_exam.candidates.all()))},
    }
    shown = {"all": ["0001", "0002", "kari"], "room": ["0001"], "nowhere": ["0002", "kari"]}
    assert sorted(opened(scheduled_exam, planner, **wanted[choice])) == shown.get(choice, shown["all"])


@pytest.mark.parametrize(("microseconds", "is_shown"), [(-1, True), (0, False)])
def test_passwords_are_shown_to_the_last_moment_of_their_hours_and_not_in_the_next(
    scheduled_exam: Test, planner: User, clock: Clock, microseconds: int, is_shown: bool
) -> None:
    until = overview(scheduled_exam, to=planner).until
    assert until is not None
    clock.stop(until + timedelta(microseconds=microseconds))
    if is_shown:
        assert opened(scheduled_exam, planner) == ["0001", "0002", "kari"]
        return
    with pytest.raises(NotShown) as refusal:
        opened(scheduled_exam, planner)
    assert refusal.value.reason == "purged"


@pytest.mark.parametrize(
    ("edge", "microseconds", "is_shown"), [(0, -1, False), (0, 0, True), (1, -1, True), (1, 0, False)]
)
def test_invigilators_look_from_the_first_moment_on_and_not_at_the_end(
    scheduled_exam: Test, invigilator: User, clock: Clock, edge: int, microseconds: int, is_shown: bool
) -> None:
    window = invigilators_window(scheduled_exam)
    assert window is not None
    candidate = Candidate.objects.select_related("test").get(candidate_id="0001")
    clock.stop(window[edge] + timedelta(microseconds=microseconds))
    assert (why_not_shown(scheduled_exam, candidate, by=invigilator, invigilating=True) is None) is is_shown

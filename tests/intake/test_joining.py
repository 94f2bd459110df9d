"""Candidates who join by test code: who gets in, in what order, who waits and who stays out (docs/domain.md E14)."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from candidates.errors import Refused
from candidates.intake.joining import LetIn, MayNotJoin, NoSuchCode, approve, join, let_in_again
from candidates.lifecycle.activation import activate, deactivate
from candidates.lifecycle.everything_about import export_person
from candidates.lifecycle.joining import refuse, replace_code, set_joining, withdraw
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.retention import delete_aged
from candidates.models import (
    AllowedJoiner,
    AuditEvent,
    Candidate,
    Joining,
    JoinRequest,
    ListMember,
    PermanentUserList,
    RetentionKind,
    Test,
    User,
)
from candidates.models.test_codes import read_code, show_code
from tests.conftest import Clock
from tests.factories import add, add_sso, make_permanent, make_staff, make_test
from tests.support.joining import code_of, open_to_joiners, setup, sso_person

pytestmark = pytest.mark.django_db
Action = AuditEvent.Action
State = JoinRequest.State


@pytest.fixture
def planner(db: None) -> User:
    return make_staff("planner", "Ingrid Solheim", is_planner=True)


@pytest.fixture
def test(planner: User) -> Test:
    return make_test(planner=planner)


def acts(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def line(test: Test) -> list[tuple[str, str]]:
    """Return who asked, in order, and where they stand."""
    return [(one.user.username, one.state) for one in JoinRequest.objects.filter(test=test).select_related("user")]


def wait(test: Test, code: str, *names: str) -> list[JoinRequest]:
    return [join(code=code, by=sso_person(name)) for name in names]


@pytest.mark.parametrize(
    "typed",
    ["HAV-204 718 533", "hav204718533", " hav 204-718-533 ", "ＨＡＶ−204\u00a0718\u2013533", "h a v 2 0 4718533\n"],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "HAV204718533"
    assert show_code("HAV204718533") == "HAV-204 718 533"


@pytest.mark.parametrize("typed", ["", "204718533", "HAV20471853", "HAV2047185333", "HÅV204718533", "x" * 10_000])
def test_anything_else_is_no_code(typed: str) -> None:
    assert read_code(typed) == ""


def test_the_code_is_made_at_the_activation_also_of_a_test_without_candidates(test: Test, planner: User) -> None:
    set_joining(test=test, setup=setup(), by=planner)
    assert Joining.objects.get().code is None
    activate(test=test, by=planner)
    assert read_code(code_of(test)).startswith("DLV")
    kept = code_of(test)
    deactivate(test=test, by=planner)
    with pytest.raises(NoSuchCode):
        join(code=kept, by=sso_person("kaja"))
    activate(test=test, by=planner)
    assert code_of(test) == kept
    assert len(acts(Action.TEST_CODE_MADE)) == 1


def test_who_knows_the_code_is_on_the_test_with_the_next_number_and_once(test: Test, planner: User) -> None:
    add(test, planner, "0041")
    code = open_to_joiners(test, planner)
    kaja, kari = sso_person("kaja"), make_permanent("Kari", "Nordmann")
    first, second = join(code=code, by=kaja), join(code=show_code(code).lower(), by=kari.user)
    assert join(code=code, by=kaja) == first
    there = Candidate.objects.of_test(test).exclude(candidate_id="0041")
    assert list(there.values_list("candidate_id", "kind", "user", "sso_user_id", "name")) == [
        ("0042", "sso", kaja.pk, "kaja@uni.example", ""),
        ("0043", "permanent", kari.user_id, "", "Nordmann, Kari"),
    ]
    assert (first.state, second.state, second.candidate_id) == (
        State.JOINED,
        State.JOINED,
        there.get(candidate_id="0043").pk,
    )
    assert Joining.objects.get().joined_count == 2
    assert [event.detail["source"] for event in acts(Action.CANDIDATES_ADDED)][1:] == ["test_code"] * 2


def test_a_wrong_a_closed_and_a_replaced_code_answer_alike(test: Test, planner: User, clock: Clock) -> None:
    code, kaja = open_to_joiners(test, planner), sso_person("kaja")
    said = set()
    for typed, moved in (("DLV000000000", 0), ("nonsense", 0), (code, 2), (code, -4)):
        clock.move(hours=moved)
        with pytest.raises(NoSuchCode) as refusal:
            join(code=typed, by=kaja)
        said.add(refusal.value.sentence)
    assert len(said) == 1
    assert not JoinRequest.objects.exists()


def test_a_replaced_code_is_wrong_from_then_on_and_who_joined_stays(test: Test, planner: User) -> None:
    former = open_to_joiners(test, planner)
    join(code=former, by=sso_person("kaja"))
    assert replace_code(test=test, by=planner) == code_of(test) != former
    with pytest.raises(NoSuchCode):
        join(code=former, by=sso_person("mateo"))
    assert Candidate.objects.of_test(test).count() == 1
    assert [event.detail for event in acts(Action.TEST_CODE_MADE)] == [{"replaced": False}, {"replaced": True}]


def test_one_time_users_staff_and_who_is_not_let_are_told_so(test: Test, planner: User) -> None:
    slip = add(test, planner, "0001")[0]
    chosen = {"allowed": ("KAJA@uni.example", "kari"), "permanent": "lists"}
    code = open_to_joiners(test, planner, **chosen)
    slip.refresh_from_db()
    kari, ola = make_permanent(username="kari"), make_permanent("Ola", username="ola")
    others = [slip.user, planner, sso_person("mateo"), sso_person("kaja2", "other"), kari.user, ola.user]
    for person in others:
        assert person is not None
        with pytest.raises(MayNotJoin):
            join(code=code, by=person)
    listed = PermanentUserList.objects.create(owner=planner, name="BIO")
    ListMember.objects.create(list=listed, person=kari)
    ListMember.objects.create(list=listed, person=ola)
    set_joining(test=test, setup=setup(**chosen, lists=(listed,)), by=planner)
    assert join(code=code, by=kari.user).state == State.JOINED
    assert join(code=code, by=sso_person("kaja")).state == State.JOINED
    with pytest.raises(MayNotJoin):
        join(code=code, by=ola.user)


def test_who_must_be_approved_waits_and_is_let_in_with_the_next_number(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, approves_each=True)
    wait(test, code, "aylin", "mateo", "sanna")
    assert not Candidate.objects.of_test(test).exists()
    assert len(acts(Action.JOIN_ASKED)) == 3
    second = JoinRequest.objects.get(user__username="sso-mateo")
    assert approve(test=test, public_ids=[second.public_id], by=planner) == LetIn(joined=1, queued=0)
    assert approve(test=test, public_ids=None, by=planner) == LetIn(joined=2, queued=0)
    ids = Candidate.objects.of_test(test).values_list("candidate_id", "sso_user_id")
    assert [sso.partition("@")[0] for _id, sso in ids] == ["mateo", "aylin", "sanna"]
    with pytest.raises(Refused, match="waits any more"):
        approve(test=test, public_ids=None, by=planner)


def test_who_was_refused_is_told_why_and_asks_again(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, approves_each=True)
    (request,) = wait(test, code, "aylin")
    assert refuse(test=test, public_ids=[request.public_id], sentence=" You take BIO2150. ", by=planner) == 1
    request.refresh_from_db()
    assert (request.state, request.sentence, request.decided_by) == (State.REFUSED, "You take BIO2150.", planner)
    (act,) = acts(Action.JOIN_REFUSED)
    assert act.detail == {"requests": [request.public_id]}
    # also where everybody is let in by now: a planner has said no
    set_joining(test=test, setup=setup(), by=planner)
    again = join(code=code, by=request.user)
    assert (again.pk, again.state, again.sentence, again.turn) == (request.pk, State.ASKED, "", 2)


def test_who_waits_can_take_it_back(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, approves_each=True)
    (request,) = wait(test, code, "aylin")
    withdraw(test=test, by=request.user)
    assert not JoinRequest.objects.exists()
    assert len(acts(Action.JOIN_WITHDRAWN)) == 1
    with pytest.raises(Refused):
        withdraw(test=test, by=request.user)


def test_a_full_test_has_a_waiting_list_that_moves_up_by_itself(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, max_joiners=2)
    wait(test, code, "a", "b", "c", "d", "e")
    assert [state for _who, state in line(test)] == ["joined", "joined", "queued", "queued", "queued"]
    first = Candidate.objects.of_test(test).get(candidate_id="0001")
    remove_candidates(test=test, public_ids=[first.public_id], by=planner)
    assert [state for _who, state in line(test)] == ["removed", "joined", "joined", "queued", "queued"]
    set_joining(test=test, setup=setup(max_joiners=3), by=planner)
    assert [state for _who, state in line(test)] == ["removed", "joined", "joined", "joined", "queued"]
    moved = [
        (event.actor, event.count)
        for event in acts(Action.CANDIDATES_ADDED)
        if event.detail["source"] == "waiting_list"
    ]
    assert moved == [(planner, 1), (planner, 1)]
    test.refresh_from_db()
    assert (Joining.objects.get().joined_count, test.candidate_count) == (3, 3)
    with pytest.raises(Refused, match="3 have joined"):
        set_joining(test=test, setup=setup(max_joiners=2), by=planner)


def test_who_may_no_longer_log_in_is_passed_over(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, max_joiners=1)
    wait(test, code, "a", "b", "c")
    User.objects.filter(username="sso-b").update(is_active=False)
    set_joining(test=test, setup=setup(max_joiners=2), by=planner)
    assert line(test) == [("sso-a", "joined"), ("sso-b", "queued"), ("sso-c", "joined")]


def test_who_is_approved_when_it_is_full_waits_in_the_order_of_asking(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, max_joiners=1, approves_each=True)
    requests = wait(test, code, "a", "b", "c")
    assert approve(test=test, public_ids=[requests[2].public_id], by=planner) == LetIn(1, 0)
    assert approve(test=test, public_ids=None, by=planner) == LetIn(0, 2)
    assert [event.count for event in acts(Action.JOIN_QUEUED)] == [2]
    set_joining(test=test, setup=setup(max_joiners=2, approves_each=True), by=planner)
    assert line(test) == [("sso-a", "joined"), ("sso-b", "queued"), ("sso-c", "joined")]


def test_who_is_removed_stays_out_until_let_in_again(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner)
    (request,) = wait(test, code, "kaja")
    there = Candidate.objects.get()
    remove_candidates(test=test, public_ids=[there.public_id], by=planner)
    with pytest.raises(MayNotJoin, match="Only its planner"):
        join(code=code, by=request.user)
    assert let_in_again(test=test, public_ids=[request.public_id], by=planner) == LetIn(1, 0)
    # the number of who was removed is nobody's
    assert Candidate.objects.get().candidate_id == "0002"
    assert join(code=code, by=request.user).state == State.JOINED


def test_who_is_added_by_hand_has_nothing_to_ask(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner, approves_each=True)
    wait(test, code, "kaja")
    add_sso(test, planner, "kaja")
    assert not JoinRequest.objects.exists()
    with pytest.raises(Refused, match="on this test already"):
        join(code=code, by=User.objects.get(username="sso-kaja"))


def test_the_way_of_joining_changes_only_while_nobody_has_joined_or_waits(test: Test, planner: User) -> None:
    code = open_to_joiners(test, planner)
    with pytest.raises(Refused, match="Deactivate it"):
        set_joining(test=test, setup=None, by=planner)
    wait(test, code, "kaja")
    with pytest.raises(Refused, match="go on joining"):
        set_joining(test=test, setup=None, by=planner)


def test_each_change_of_how_candidates_join_is_recorded(test: Test, planner: User) -> None:
    ids: dict[str, Any] = {"allowed": ("kaja@uni.example", "mateo@uni.example")}
    same = setup(**ids)
    for _time in range(2):
        set_joining(test=test, setup=same, by=planner)
    set_joining(test=test, setup=None, by=planner)
    made, ended = acts(Action.JOINING_CHANGED)
    assert (made.detail["before"], ended.detail["after"]) == (None, None)
    # user IDs are people's, and stay out of the audit
    assert made.detail["after"]["allowed"] == 2
    assert "kaja" not in str(made.detail)


def test_a_demo_test_has_no_code_and_an_ended_one_lets_nobody_in(planner: User, test: Test, clock: Clock) -> None:
    demo = Test.objects.create(name="Try it", is_demo=True)
    with pytest.raises(Refused, match="demo test"):
        set_joining(test=demo, setup=setup(), by=planner)
    code = open_to_joiners(test, planner, approves_each=True, works_until=timezone.now() + timedelta(days=30))
    (request,) = wait(test, code, "kaja")
    clock.move(days=10)
    with pytest.raises(NoSuchCode):
        join(code=code, by=sso_person("mateo"))
    with pytest.raises(Refused, match="has ended"):
        approve(test=test, public_ids=[request.public_id], by=planner)


def test_who_did_not_join_is_forgotten_with_the_private_references(
    test: Test, planner: User, clock: Clock, settings: Any
) -> None:
    code = open_to_joiners(test, planner, approves_each=True, allowed=("a@uni.example", "b@uni.example"))
    first, second = wait(test, code, "a", "b")
    approve(test=test, public_ids=[first.public_id], by=planner)
    refuse(test=test, public_ids=[second.public_id], sentence="You are Kari’s brother.", by=planner)
    (told,) = [row for row in json.loads(_exported(second.user, planner)["tests.json"]) if "asked_to_join" in row]
    assert (told["state"], told["sentence"]) == ("refused", "You are Kari’s brother.")
    clock.move(days=30)
    settings.RETENTION_DAYS = dict.fromkeys(RetentionKind.values) | {RetentionKind.PRIVATE_REFERENCES: 10}
    delete_aged()
    assert line(test) == [("sso-a", "joined")]
    assert not AllowedJoiner.objects.exists()


def _exported(user: User, by: User) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(export_person(user=user, by=by)))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}

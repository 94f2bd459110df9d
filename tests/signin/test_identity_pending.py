"""Whom a student system names by a claim is a candidate before anybody knows the SSO user ID, and bound by it once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from candidates.credentials.paper.facts import rooms_of_test
from candidates.credentials.standing_in import give_one_time_logins
from candidates.intake.undoing import undo_import
from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Import, RosterIdentity, SsoIdentity, Test, User
from candidates.rosters.applying import apply
from candidates.rosters.connecting import connect
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.signin.sso.binding import refused_people, release_person
from tests.factories import activated, make_test, open_now
from tests.signin.conftest import ANNA, EPPN, put_on
from tests.support.roster_source import SLUG, ScriptedSource, scripted
from tests.support.scripted_provider import ScriptedProvider
from tests.support.sso_visits import log_in

pytestmark = pytest.mark.django_db
LIN = "norEduPersonLIN"
ANNAS_LIN = "3F2504E0-4f89-11d3-9a0c-0305e82c3301"


@pytest.fixture
def registry(campus: ScriptedProvider) -> Iterator[ScriptedSource]:
    """A student system that knows people by what the campus says in another claim."""
    with scripted(claim=LIN) as source:
        source.put("person-1", "A1", login=ANNAS_LIN, name="Canary, Anna")
        yield source


def taken_over(planner: User, *, opened: bool = True) -> Test:
    """A test whose candidates came from there."""
    exam = make_test(planner=planner)
    connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
    bring(exam, planner)
    if opened:
        activated(exam, planner)
        open_now(exam)
    return exam


def bring(exam: Test, planner: User) -> None:
    look_now(test=exam, by=planner)
    plan = latest_plan(exam)
    assert plan is not None
    apply(test=exam, ticked=[line.key for line in plan.join], seen=plan.seen, by=planner)


def anna(**claims: Any) -> dict[str, Any]:
    return {**ANNA, LIN: ANNAS_LIN.lower(), **claims}


def place(exam: Test) -> Candidate:
    return Candidate.objects.select_related("user", "test").get(test=exam)


def test_the_first_login_with_the_claim_gets_the_place_and_is_pinned(planner, registry, campus, client: Client):
    exam = taken_over(planner)
    waiting = place(exam)
    assert (waiting.is_identity_pending, waiting.sso_user_id, waiting.kind) == (True, "", "sso")
    assert not SsoIdentity.objects.exists()
    response = log_in(client, campus, **anna())
    assert response.status_code == 302
    now = place(exam)
    assert (now.is_identity_pending, now.sso_user_id, now.public_id) == (False, ANNA[EPPN], waiting.public_id)
    identity = SsoIdentity.objects.get(user=now.user)
    assert identity.subject == ANNA["sub"]
    assert AuditEvent.objects.get(action=AuditEvent.Action.ROSTER_PERSON_BOUND).count == 1
    assert "BIO2150" in client.get("/dashboard/").content.decode()
    # and is known from then on, on the next test too
    other = taken_over(planner)
    assert (place(other).user, place(other).sso_user_id) == (now.user, ANNA[EPPN])


def test_a_claim_that_stands_in_userinfo_alone_is_read_there(planner, registry, campus, client: Client):
    exam = taken_over(planner)
    assert log_in(client, campus, userinfo={LIN: [ANNAS_LIN]}, **ANNA).status_code == 302
    assert not place(exam).is_identity_pending


@pytest.mark.parametrize("claims", [{"email": ANNAS_LIN}, {"name": ANNAS_LIN}, {LIN: "another"}, {LIN: 35}, {LIN: ""}])
def test_nobody_is_found_by_an_e_mail_address_a_name_or_another_claim(
    planner, registry, campus, client: Client, claims
):
    exam = taken_over(planner)
    assert log_in(client, campus, **{**ANNA, **claims}).status_code == 403
    assert place(exam).is_identity_pending


def test_who_is_known_already_gets_the_place_with_the_account_that_they_have(planner, registry, campus, client: Client):
    known = make_test(planner=planner, name="Known before")
    (account,) = put_on(known, planner, ("campus", ANNA[EPPN]))
    exam = taken_over(planner)
    assert place(exam).user != account
    assert log_in(client, campus, **anna()).status_code == 302
    assert (place(exam).user, place(exam).sso_user_id) == (account, ANNA[EPPN])


def test_somebody_else_with_the_same_claim_gets_nothing_and_administrators_see_it(
    planner, registry, campus, client: Client
):
    exam = taken_over(planner)
    log_in(client, campus, **anna())
    stranger = log_in(Client(), campus, **anna(sub="stranger", **{EPPN: "stranger@havnes.example"}))
    assert stranger.status_code == 403
    assert place(exam).sso_user_id == ANNA[EPPN]
    assert [one.login for one in refused_people()] == [ANNAS_LIN]


def test_who_is_on_the_test_already_is_not_put_on_it_twice(planner, registry, campus, client: Client):
    exam = taken_over(planner)
    put_on(exam, planner, ("campus", ANNA[EPPN]))
    assert log_in(client, campus, **anna()).status_code == 302
    assert Candidate.objects.get(candidate_id="A1").is_identity_pending
    assert len(refused_people()) == 1


def test_who_is_on_one_of_two_tests_already_gets_the_place_on_the_other(planner, registry, campus, client: Client):
    twice, other = taken_over(planner), taken_over(planner)
    put_on(twice, planner, ("campus", ANNA[EPPN]))
    assert log_in(client, campus, **anna()).status_code == 302
    assert place(other).sso_user_id == ANNA[EPPN]
    assert Candidate.objects.get(test=twice, candidate_id="A1").is_identity_pending
    assert len(refused_people()) == 1
    look_now(test=twice, by=planner)
    plan = latest_plan(twice)
    assert plan is not None
    assert [line.reason[:23] for line in plan.refused] == ["Is on this test already"]
    assert not plan.leave


def test_an_administrator_lets_another_account_have_a_place(planner, registry, campus, client: Client):
    exam = taken_over(planner)
    log_in(client, campus, **anna())
    renamed = anna(sub="another-subject", **{EPPN: "anna.new@havnes.example"})
    assert log_in(Client(), campus, **renamed).status_code == 403
    release_person(refused_people()[0], by=planner)
    assert place(exam).is_identity_pending
    assert log_in(Client(), campus, **renamed).status_code == 302
    assert place(exam).sso_user_id == "anna.new@havnes.example"
    assert not refused_people()
    assert AuditEvent.objects.filter(action=AuditEvent.Action.ROSTER_PERSON_RELEASED).exists()


def test_one_time_login_details_work_before_anybody_knows_the_person(planner, registry, campus, client: Client):
    exam = taken_over(planner)
    waiting = place(exam)
    given = give_one_time_logins(test=exam, public_ids=[waiting.public_id], by=planner)
    assert given.new == (waiting.public_id,)
    login = place(exam).one_time_login
    assert login is not None
    client.force_login(login, backend="candidates.signin.backends.PasswordBackend")
    assert "BIO2150" in client.get("/dashboard/").content.decode()
    start(candidate=place(exam), by=login)
    # the first login by SSO comes while the slip is in use: one person, one answer
    assert log_in(Client(), campus, **anna()).status_code == 302
    assert place(exam).started_at is not None
    assert place(exam).one_time_login == login


def test_who_is_bound_after_leaving_comes_back_as_that_person(planner, registry, campus, client: Client):
    other = taken_over(planner)
    exam = taken_over(planner, opened=False)
    registry.put("person-2", "B1")
    bring(exam, planner)
    del registry.people["person-1"]
    look_now(test=exam, by=planner)
    plan = latest_plan(exam)
    assert plan is not None
    done = apply(test=exam, ticked=[plan.leave[0].key], seen=plan.seen, by=planner, brake_confirmed=True)
    log_in(client, campus, **anna())
    assert done.record is not None
    undo_import(record=Import.objects.get(pk=done.record.pk), by=planner)
    back = Candidate.objects.get(test=exam, candidate_id="A1")
    assert (back.user, back.sso_user_id) == (place(other).user, ANNA[EPPN])


def test_papers_name_who_waits(planner, registry):
    exam = taken_over(planner)
    assert RosterIdentity.objects.count() == 1
    assert [one.name for room in rooms_of_test(exam) for one in room.people] == ["Canary, Anna"]

"""For any two snapshots and any changes here between them: the source's state, but for what is owned here."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from candidates.lifecycle.activation import activate
from candidates.lifecycle.editing import Details, details_of, edit_candidate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import start
from candidates.models import Candidate, Test, User
from candidates.rosters.applying import apply
from candidates.rosters.connecting import connect
from candidates.rosters.looking import look_now
from candidates.rosters.planning import latest_plan
from candidates.rosters.source import Enrolment
from tests.factories import add, open_now
from tests.support.roster_source import SLUG, ScriptedSource, minutes, scripted

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # hundreds of acts on a database
KEYS = ("k1", "k2", "k3", "k4", "k5")
NAMES = ("", "Berg, Ola", "Dahl, Siri")
ROOMS = ("", "V101", "V102")
FIELDS = ("candidate_id", "name", "extra_minutes", "room", "seat")


@st.composite
def lists(draw: st.DrawFn) -> list[Enrolment]:
    """Some of the five people; their numbers may be each other's of another day, their seats never."""
    ids = draw(st.permutations([f"A{number}" for number in range(1, 6)]))
    found = []
    for key, shown in zip(KEYS, ids, strict=True):
        if not draw(st.integers(0, 3)):
            continue
        room = draw(st.sampled_from(ROOMS))
        extra = draw(st.sampled_from([0, 0, 30, 60]))
        one = Enrolment(
            key,
            f"{key}@uni.example",
            shown,
            draw(st.sampled_from(NAMES)),
            accommodations=minutes(extra) if extra else (),
            room=room,
            seat=key if room and draw(st.booleans()) else "",
            is_withdrawn=draw(st.integers(0, 5)) == 5,
        )
        found.append(one)
    return found


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[str, str, Any]]:
    """What a planner does to people, and who starts."""
    one = st.one_of(
        st.tuples(st.just("name"), st.sampled_from(KEYS), st.sampled_from(["Mo, Liv", "Berg, Ola"])),
        st.tuples(st.just("extra_minutes"), st.sampled_from(KEYS), st.sampled_from([0, 45])),
        st.tuples(st.just("candidate_id"), st.sampled_from(KEYS), st.none()),
        st.tuples(st.just("place"), st.sampled_from(KEYS), st.sampled_from([("", "V103"), ("", "")])),
        st.tuples(st.just("remove"), st.sampled_from(KEYS), st.none()),
        st.tuples(st.just("start"), st.sampled_from(KEYS), st.none()),
    )
    return draw(st.lists(one, max_size=5))


def place_of(key: str) -> Candidate | None:
    found: Candidate | None = Candidate.objects.select_related("location").filter(enrolment__source_key=key).first()
    return found


def values(one: Candidate) -> dict[str, Any]:
    room = one.location.room if one.location else ""
    return dict(zip(FIELDS, (one.candidate_id, one.name, one.extra_minutes, room, one.seat), strict=True))


def said(one: Enrolment) -> dict[str, Any]:
    """What the source says, without what it says nothing about."""
    extra = int(one.accommodations[0].value) if one.accommodations else None
    found = dict(zip(FIELDS, (one.candidate_id, one.name, extra, one.room, one.seat), strict=True))
    return {name: value for name, value in found.items() if value not in ("", None)}


def take(test: Test, by: User, source: ScriptedSource, people: list[Enrolment]) -> set[str]:
    """Look, apply all of it, and return the numbers of those who cannot be taken: somebody who stays has them."""
    source.people = {one.key: one for one in people}
    look_now(test=test, by=by)
    plan = latest_plan(test)
    assert plan is not None
    ticked = [line.key for line in (*plan.join, *plan.change, *plan.leave)]
    if ticked:
        apply(test=test, ticked=ticked, seen=plan.seen, by=by, brake_confirmed=True)
    now = Test.objects.get(pk=test.pk)
    again = latest_plan(now)
    assert again is not None
    # who was removed here and cannot come back, since somebody has the number, is refused once ticked
    again = latest_plan(now, ticked=[line.key for line in (*again.join, *again.change, *again.leave)])
    assert again is not None
    assert (again.join, again.change, again.leave) == ((), (), ()), "applying twice changes nothing"
    return {line.candidate_id for line in again.refused}


def change_here(test: Test, by: User, acts: list[tuple[str, str, Any]]) -> None:
    for number, (what, key, value) in enumerate(acts):
        one = place_of(key)
        if one is None or one.started_at is not None:
            continue
        if what == "remove":
            remove_candidates(test=test, public_ids=[one.public_id], by=by)
        elif what == "start":
            start(candidate=one)
        else:
            old = details_of(one)
            wanted = {what: f"L{number}" if what == "candidate_id" else value}
            new = Details(**{**{name: getattr(old, name) for name in Details.__slots__}, **wanted})
            edit_candidate(candidate=one, old=old, new=new, by=by)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # shrinking would take minutes
)
@given(first=lists(), acts=changes(), second=lists())
def test_applying_gives_what_the_source_says_but_for_what_is_owned_here(
    exam: Test, planner: User, first: list[Enrolment], acts: list[tuple[str, str, Any]], second: list[Enrolment]
) -> None:
    example: Any = transaction.atomic()
    example._from_testcase = True  # no transaction of the product's: what is locked in it is forgotten between acts
    with example, scripted() as source:
        others = add(exam, planner, "900", "901")
        kept = list(Candidate.objects.filter(pk__in=[one.pk for one in others]).order_by("pk").values())
        connect(test=exam, source=SLUG, exam_key="exam-1", by=planner)
        take(exam, planner, source, first)
        activate(test=exam, by=planner)
        exam.refresh_from_db()
        open_now(exam)
        kept = list(Candidate.objects.filter(pk__in=[one.pk for one in others]).order_by("pk").values())
        after_first = {key: values(one) for key in KEYS if (one := place_of(key))}
        change_here(exam, planner, acts)
        before = {key: one for key in KEYS if (one := place_of(key))}
        refused = take(exam, planner, source, second)
        for key in KEYS:
            wanted = next((one for one in second if one.key == key and not one.is_withdrawn), None)
            was, now = before.get(key), place_of(key)
            if was is not None and was.started_at is not None:
                assert now is not None
                assert now.public_id == was.public_id
                grown = {**values(was), "extra_minutes": values(now)["extra_minutes"]}
                assert values(now) == grown
                assert now.extra_minutes >= was.extra_minutes, "time is never taken from who writes"
            elif wanted is not None and wanted.candidate_id in refused:
                continue
            elif wanted is None:
                assert now is None, "who is not registered and has not started has left"
            elif now is None:
                raise AssertionError("who is registered is on the test")
            elif was is not None:
                owned = {name for name in FIELDS if values(was)[name] != after_first[key][name]}
                if "room" in owned and not values(was)["seat"]:
                    owned.add("seat")  # it went with the room
                for name in said(wanted):
                    if name in ("seat", "room") or name not in owned:
                        continue
                    assert values(now)[name] == values(was)[name], f"{name} is owned here"
                for name in ("candidate_id", "name", "extra_minutes"):
                    if name not in owned and name in said(wanted) and _was_said(first, key, name):
                        assert values(now)[name] == said(wanted)[name], name
        assert list(Candidate.objects.filter(pk__in=[one["id"] for one in kept]).order_by("pk").values()) == kept
        left = {key: one.public_id for key, one in before.items() if place_of(key) is None}
        refused = take(exam, planner, source, first)
        for key, public_id in left.items():
            if any(one.key == key and not one.is_withdrawn and one.candidate_id not in refused for one in first):
                back = place_of(key)
                assert back is not None
                assert back.public_id == public_id, "who comes back has the same place"
        transaction.set_rollback(True)
    exam.refresh_from_db()


def _was_said(people: list[Enrolment], key: str, name: str) -> bool:
    """Whether the source has said it before: what it never said may have been written here first."""
    return any(one.key == key and name in said(one) for one in people)

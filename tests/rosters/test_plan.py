"""The plan of a complete list as arithmetic: whatever two states are compared, nobody is lost or comes twice."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.candidate_ids import candidate_key
from candidates.intake.findings import Present
from candidates.rosters.plan import Listed, Standing, Twice, Why, make_plan

PLACES = (("", ""), ("Vesthall", "V101"), ("Vesthall", "V102"))
FIELDS = ("extra_minutes", "name", "private_reference")


def present(candidate_id="0001", person="", *, started=False, pk=0, **fields: Any) -> Present:
    """Somebody on the test."""
    known: dict[str, Any] = {"extra_minutes": 0, "place": ("", "")} | fields
    return Present(pk, candidate_id, person, known.pop("extra_minutes"), known.pop("place"), started, **known)


def on(*candidate_ids: str) -> list[Standing]:
    """People on the test, by Candidate ID."""
    return [Standing(f"on-{one}", present(one)) for one in candidate_ids]


def listed(*candidate_ids: str) -> list[Listed]:
    """People on the list, by Candidate ID."""
    return [Listed(f"row-{one}", one) for one in candidate_ids]


def keys(entries) -> list[str]:
    return [entry.key for entry in entries]


def done(plan: Any, standing: list[Standing]) -> list[Standing]:
    """The test after the plan: who is ticked has joined, changed or left."""
    gone = set(plan.leaving)
    changed = {entry.standing.key: entry.changes for entry in plan.change if entry.ticked}
    after = []
    for there in standing:
        if there.key in gone:
            continue
        new: dict[str, Any] = {change.field: change.new for change in changed.get(there.key, ())}
        after.append(replace(there, present=replace(there.present, **new)))
    for entry in plan.join:
        if entry.ticked:
            one = entry.listed
            now = present(
                one.candidate_id,
                one.person,
                extra_minutes=one.extra_minutes or 0,
                place=one.place or ("", ""),
                name=one.name,
                private_reference=one.private_reference,
                seat=one.seat,
            )
            after.append(Standing(f"new-{one.key}", now))
    return after


texts = st.sampled_from(["", "Aas, Reidun", "Øien, Halvor"])
seats = st.sampled_from(["", "", "1", "2", "3"])
numbers = st.lists(st.integers(1, 12), unique=True, max_size=12)


@st.composite
def states(draw, by_person: bool | None = None):
    """Two states as they may be: IDs, people and seats once on each side, by Candidate ID or by person."""
    sso = draw(st.booleans()) if by_person is None else by_person
    there, taken = [], set()
    for person, number in zip(draw(numbers), draw(st.permutations(range(1, 13))), strict=False):
        place, seat = draw(st.sampled_from(PLACES)), draw(seats)
        seat = "" if (place, seat) in taken else seat
        taken.add((place, seat))
        started = draw(st.booleans())
        stays = "started" if started else draw(st.sampled_from(["", "", "online"]))
        now = present(
            f"{number:04}",
            f"p{person}" if sso else "",
            started=started,
            extra_minutes=draw(st.sampled_from([0, 30])),
            place=place,
            name=draw(texts),
            seat=seat,
        )
        there.append(Standing(f"on-{number}", now, draw(st.sampled_from([True, True, False])), stays))
    rows = [
        Listed(
            f"row-{number}",
            f"{number:04}",
            f"p{person}" if sso else "",
            draw(st.sampled_from([None, 0, 30])),
            draw(st.sampled_from([None, *PLACES[1:]])),
            draw(texts),
            "",
            draw(seats),
        )
        for person, number in zip(draw(numbers), draw(st.permutations(range(1, 13))), strict=False)
    ]
    return rows, there


@given(states(), st.data())
def test_everybody_of_both_states_is_in_exactly_one_group(both, data):
    rows, there = both
    unticked = data.draw(st.sets(st.sampled_from([*keys(rows), *keys(there), "nobody"])))
    plan = make_plan(rows, there, unticked=unticked)
    groups: list[Any] = [*plan.join, *plan.change, *plan.leave, *plan.stay, *plan.refused]
    named = [entry.listed.key for entry in groups if entry.listed is not None]
    standing = [entry.standing.key for entry in groups if entry.standing is not None]
    assert sorted(named) == sorted(keys(rows))
    assert sorted(standing) == sorted(keys(there))


@given(states())
def test_done_and_planned_again_nothing_is_left_to_do(both):
    rows, there = both
    plan = make_plan(rows, there)
    refused = {one.key for one in plan.refused}
    rows = [one for one in rows if one.key not in refused]
    spared = {one.standing.key for one in plan.refused if one.standing is not None}
    again = make_plan(rows, done(plan, there), spared=spared)
    assert (again.join, again.change, again.leave, again.refused) == ((), (), (), ())


@given(states())
def test_nobody_who_has_started_leaves_or_changes(both):
    rows, there = both
    plan = make_plan(rows, there)
    started = {one.key for one in there if one.present.started}
    assert started.isdisjoint(plan.leaving)
    assert started.isdisjoint(entry.standing.key for entry in plan.change if entry.standing)
    absent = {one.key for one in there if one.stays}
    assert absent.isdisjoint(plan.leaving)


@given(states())
def test_only_who_is_of_the_kind_of_the_list_leaves(both):
    rows, there = both
    plan = make_plan(rows, there)
    assert {one.key for one in there if not one.ours}.isdisjoint(plan.leaving)


@given(states(), st.data())
def test_afterwards_every_id_and_every_seat_is_somebodys_alone(both, data):
    rows, there = both
    unticked = data.draw(st.sets(st.sampled_from([*keys(rows), *keys(there), "nobody"])))
    after = [one.present for one in done(make_plan(rows, there, unticked=unticked), there)]
    ids = [candidate_key(one.candidate_id) for one in after]
    seated = [(one.place, one.seat) for one in after if one.seat]
    people = [one.person for one in after if one.person]
    assert len(set(ids)) == len(ids)
    assert len(set(seated)) == len(seated)
    assert len(set(people)) == len(people)


@pytest.mark.slow
@given(states(), st.data())
def test_who_is_unticked_stays_as_they_are_and_is_asked_about_again(both, data):
    rows, there = both
    plan = make_plan(rows, there)
    entries = [*plan.join, *plan.change, *plan.leave]
    unticked = data.draw(st.sets(st.sampled_from(keys(entries)))) if entries else set()
    again = make_plan(rows, there, unticked=unticked)
    left = {entry.key for entry in (*again.join, *again.change, *again.leave) if not entry.ticked}
    assert left | {one.key for one in again.refused} >= unticked
    after = {one.key: one for one in done(again, there)}
    assert all(after[one.key] == one for one in there if one.key in unticked)


def test_a_blank_cell_takes_nothing_away():
    there = [Standing("on-1", present("0001", extra_minutes=30, place=PLACES[1], name="Aas", seat="14"))]
    assert keys(make_plan(listed("0001"), there).stay) == ["row-0001"]


def test_a_seat_belongs_to_its_room():
    there = [Standing("on-1", present("0001", place=PLACES[1], seat="14"))]
    (entry,) = make_plan([Listed("row", "0001", place=PLACES[2])], there).change
    assert [(one.field, one.new) for one in entry.changes] == [("place", PLACES[2]), ("seat", "")]


def test_a_candidate_id_is_known_whatever_its_case():
    plan = make_plan(listed("ab 1"), on("AB 1"))
    assert (keys(plan.stay), plan.leave, plan.join) == (["row-ab 1"], (), ())


def test_a_person_keeps_the_place_under_another_candidate_id():
    there = [Standing("on-1", present("0001", "kari"))]
    (entry,) = make_plan([Listed("row", "0007", "kari")], there).change
    assert [(one.field, one.old, one.new) for one in entry.changes] == [("candidate_id", "0001", "0007")]


def test_two_people_change_candidate_ids_with_each_other():
    there = [Standing("on-1", present("0001", "kari")), Standing("on-2", present("0002", "ola"))]
    plan = make_plan([Listed("a", "0002", "kari"), Listed("b", "0001", "ola")], there)
    assert (keys(plan.change), plan.refused) == (["a", "b"], ())


def test_the_candidate_id_of_somebody_who_leaves_is_free():
    there = [Standing("on-1", present("0001", "kari"))]
    plan = make_plan([Listed("a", "0001", "ola")], there)
    assert (keys(plan.join), plan.leaving) == (["a"], ("on-1",))


@pytest.mark.parametrize(
    "more", [{"unticked": {"on-1"}}, {"spared": {"on-1"}}], ids=["who leaves is unticked", "the row is left out"]
)
def test_the_candidate_id_of_somebody_who_stays_is_not(more):
    there = [Standing("on-1", present("0001", "kari"))]
    (refused,) = make_plan([Listed("a", "0001", "ola")], there, **more).refused
    assert (refused.key, refused.field, refused.taken_by) == ("a", "candidate_id", "0001")


def test_who_is_refused_holds_what_another_one_was_to_get():
    there = [
        Standing("on-1", present("0001", "kari", started=True), stays="started"),
        Standing("on-2", present("0002", "ola")),
    ]
    plan = make_plan([Listed("a", "0001", "ola"), Listed("b", "0002", "per")], there)
    assert sorted(one.key for one in plan.refused) == ["a", "b"]


@pytest.mark.parametrize("field", FIELDS)
def test_who_has_started_keeps_what_they_have(field):
    there = [Standing("on-1", present("0001", started=True), stays="started")]
    values: dict[str, Any] = {field: 30 if field == "extra_minutes" else "x"}
    (entry,) = make_plan([Listed("a", "0001", **values)], there).stay
    assert (entry.why, [one.field for one in entry.changes]) == (Why.STARTED, [field])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"stays": "online"}, Why.ABSENT_ONLINE),
        ({"stays": "finished"}, Why.ABSENT_FINISHED),
        ({"stays": "started"}, Why.ABSENT_STARTED),
        ({"ours": False}, Why.OTHER_KIND),
    ],
)
def test_who_is_not_on_the_list_and_stays_has_a_reason(more, why):
    (entry,) = make_plan([], [Standing("on-1", present("0001"), **more)]).stay
    assert entry.why == why


@pytest.mark.parametrize(
    "rows",
    [
        [Listed("a", "0001"), Listed("b", "0001")],
        [Listed("a", "0001"), Listed("a", "0002")],
        [Listed("a", "0001", "kari"), Listed("b", "0002", "kari")],
        [Listed("a", "0002", "kari"), Listed("b", "0001")],
    ],
    ids=["one ID", "one key", "one person", "one place"],
)
def test_somebody_who_comes_twice_makes_no_plan(rows):
    with pytest.raises(Twice):
        make_plan(rows, [Standing("on-1", present("0001", "kari"))])


@pytest.mark.parametrize(
    ("people", "leave", "braked"),
    [
        (1000, 20, False),
        (1000, 21, True),
        (100, 10, False),
        (100, 11, True),
        (3, 1, True),
        (1, 0, False),
        (0, 0, False),
    ],
)
def test_many_removals_wait_for_a_second_yes(people, leave, braked):
    there = on(*(f"{n:04}" for n in range(people)))
    rows = listed(*(f"{n:04}" for n in range(leave, people)))
    assert make_plan(rows, there).is_braked(most=20, percent=10) == braked


def test_unticked_removals_do_not_count_for_the_brake():
    there = on("0001", "0002", "0003")
    assert not make_plan([], there, unticked={"on-0001", "on-0002", "on-0003"}).is_braked(most=20, percent=10)


def test_capitals_tell_no_two_seats_apart():
    hall = ("Vesthall", "V101")
    there = [Standing("on", present("0001", place=hall, seat="A1"))]
    plan = make_plan([Listed("1", "0001"), Listed("2", "0002", place=hall, seat="a1")], there)
    assert [(one.key, one.field, one.taken_by) for one in plan.refused] == [("2", "seat", "0001")]

"""The demonstration: an invented university with exams in every stage, made by the product's own functions."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.credentials.hall_papers import Wanted, open_papers
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.renewing import renew_password
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.spares import make_spares
from candidates.lifecycle.accommodations import Change, change_planned_time
from candidates.lifecycle.activation import activate
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.scales import Grade, store_grades
from candidates.lifecycle.sitting import digest_of
from candidates.lifecycle.spares import give_spare
from candidates.lifecycle.spreading import Wish, spread, spreading_of
from candidates.management import demo_permanent
from candidates.management.demo_people import FIRST_NAMES, LAST_NAMES, SSO_PEOPLE
from candidates.models import Candidate, Contributor, Location, Mark, Submission, Test, User
from candidates.timing import Stage, stage_of

PEOPLE = {
    "planner": ("Ingrid Solheim", {"is_planner": True}),
    "colleague": ("Marte Aune", {"is_planner": True}),
    "invigilator": ("Jonas Eriksen", {"is_invigilator": True}),
    "grader": ("Elin Haugland", {"is_grader": True}),
    "administrator": ("Arne Lund", {"is_administrator": True}),
}
ROOMS = (("Vesthall", "V101"), ("Vesthall", "V102"), ("Nordbygg", "2.02"), ("Nordbygg", "3.14"))
# Enough for the largest exam once it is spread: as its list has it, too many sit in the room for extra time.
SEATS = {ROOMS[0]: 500, ROOMS[1]: 420, ROOMS[3]: 400, ("Sørbygg", "Aula"): 260, ROOMS[2]: 180}
KEPT_FOR_EXTRA_TIME = ROOMS[2]
EXTRA = {7: 30, 13: 15, 29: 60, 97: 120}  # every so many candidates have so many minutes
QUESTIONS = """A culture of yeast cells is moved from a medium with glucose to one with galactose only. \
Growth stops for about two hours and then starts again, slower than before.

1. Explain what happens in the cell during the two hours without growth.
2. Suggest an experiment that tells a change in gene expression from a change in the population.
3. What would you expect if the cells were moved back to glucose? Give your reasons."""
ANSWER = """1. Galactose cannot enter glycolysis directly. The enzymes that turn it into glucose-6-phosphate \
are hardly made while glucose is present, so the cell needs time to sense galactose and to make them.

2. I would follow single cells under the microscope with a fluorescent reporter for one of the galactose genes."""

COMMENTS = {
    0: "Clear on repression; the experiment lacks a control.",
    3: "Mixes up lag and death of cells.",
    9: "Very good second part.",
}


@transaction.atomic
def load(*, password: str) -> list[str]:
    """Make what is missing: the accounts, all with this password, and a test in every stage; return the tests' names.

    An exam that has gone out of its stage stays as it is, with all that people did in it, and a new one takes its
    place: as exams go by at a university.
    """
    people = {username: _account(username, password) for username in PEOPLE}
    demo_permanent.load_people(password)
    _rooms()
    now = timezone.now().replace(second=0, microsecond=0)
    tests = TESTS | (SSO_TESTS if _login_setups() else {})
    missing = [(name, make) for name, (is_shown, make) in tests.items() if not _any(name, is_shown, now)]
    for name, make in missing:
        make(people, name, now)
    return [name for name, _make in missing]


def _account(username: str, password: str) -> User:
    """Return an account of the demonstration, made where it is missing, that opens with the password."""
    name, roles = PEOPLE[username]
    user, _made = User.objects.get_or_create(username=username, defaults={"name": name, **roles})
    if not check_password(password, user.password):
        user.set_password(password)
        user.save(update_fields=["password", "password_changed_at"])
    return user


def _any(name: str, is_shown: Callable[[Test, datetime], bool], now: datetime) -> bool:
    return any(is_shown(test, now) for test in Test.objects.filter(name=name).with_longest_extra())


def _is_created(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.CREATED and test.opens_at is not None and test.opens_at > now


def _is_scheduled(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.SCHEDULED


def _is_running(test: Test, now: datetime) -> bool:
    """Say whether somebody who logs in now can still sit the test for an hour."""
    left = timedelta() if test.ends_at is None else test.ends_at - now
    return stage_of(test, now=now) == Stage.ACTIVE and left >= timedelta(hours=1)


def _is_scheduled_for_sso(test: Test, now: datetime) -> bool:
    return _is_scheduled(test, now) and _has_all_setups(test)


def _is_running_for_sso(test: Test, now: datetime) -> bool:
    return _is_running(test, now) and _has_all_setups(test)


def _has_all_setups(test: Test) -> bool:
    """Say whether people of every setup that can log in are on the test: which ones can is settings, and may change."""
    known = Candidate.objects.of_test(test).values_list("authentication_type", flat=True)
    return {setup.slug for setup, _people in _login_setups()} <= set(known)


def _is_finished(test: Test, now: datetime) -> bool:
    return stage_of(test, now=now) == Stage.FINISHED


def _is_demo(test: Test, now: datetime) -> bool:
    return test.is_demo


def _rooms() -> None:
    """Make the rooms, and say how many seats they have, where nobody has."""
    for place, location in Location.objects.named(SEATS).items():
        of_extra_time = place == KEPT_FOR_EXTRA_TIME
        Location.objects.filter(pk=location.pk, capacity=None).update(
            capacity=SEATS[place], for_extra_time=of_extra_time
        )


def _spread(test: Test, by: User) -> None:
    """Give everybody a room and a numbered seat."""
    wish = Wish(rooms=frozenset(Location.objects.in_use().exclude(capacity=None).values_list("pk", flat=True)))
    found = spreading_of(test, wish)
    if not found.plan.left:  # somebody may have removed rooms
        spread(test=test, wish=wish, digest=found.digest, by=by)


def _pack(test: Test, by: User) -> None:
    """Make the papers of the rooms, and change two candidates since: the page says so, and has void slips."""
    kinds = frozenset({PaperKind.COVER, PaperKind.ATTENDANCE, PaperKind.SLIPS})
    open_papers(test=test, wanted=Wanted(kinds), by=by, anyway=True)
    first, second = Candidate.objects.of_test(test).people().filter(started_at=None).order_by("sort_key")[:2]
    change_planned_time(test=test, public_ids=[first.public_id], how=Change.SET, minutes=60, by=by)
    renew_password(candidate=second, by=by)


def _created(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=_at_nine(now, days=7), hours=4)
    _add(test, people["planner"], 1485, named=("kari.ødegård", "Henrik Bergström"))


def _scheduled(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=_at_nine(now, days=1), hours=4)
    _add(test, people["planner"], 24)
    for setup, names in _setups()[:1]:
        _add_sso(test, people["planner"], setup, names, first=5001)
    _spread(test, people["planner"])
    activate(test=test, by=people["planner"])
    _pack(test, people["planner"])


def _scheduled_for_sso(people: dict[str, User], name: str, now: datetime) -> None:
    _for_sso(people, _test(people, name, opens_at=_at_nine(now, days=2), hours=4))


def _running_for_sso(people: dict[str, User], name: str, now: datetime) -> None:
    _for_sso(people, _test(people, name, opens_at=now - timedelta(minutes=10), hours=6, duration=120))


def _for_sso(people: dict[str, User], test: Test) -> None:
    """Put the people of every setup that can log in on the test, and activate it."""
    for place, (setup, names) in enumerate(_login_setups(), 5):
        _add_sso(test, people["planner"], setup, names, first=place * 1000 + 1)
    activate(test=test, by=people["planner"])


def _running(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=now - timedelta(hours=1), hours=4, duration=180)
    _add(test, people["planner"], 60)
    make_spares(
        test=test, count=6, location=Location.objects.filter(candidates__test=test).first(), by=people["planner"]
    )
    activate(test=test, by=people["planner"])
    _sit(test, opens_at=test.window[0], submitted_every=9, absent_every=11)
    _check_in(test, people["invigilator"])


def _scheduled_permanent(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=_at_nine(now, days=3), hours=4)
    demo_permanent.add_the_list(
        test, demo_permanent.the_list(people["planner"], people["colleague"]), people["planner"]
    )
    activate(test=test, by=people["planner"])


def _running_permanent(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=now - timedelta(minutes=10), hours=6, duration=120)
    demo_permanent.add_everybody(test, people["planner"])
    activate(test=test, by=people["planner"])


def _finished(people: dict[str, User], name: str, now: datetime) -> None:
    """Make an exam that was sat the day before, most of it marked, with grades of a scale."""
    test = _test(people, name, opens_at=now + timedelta(days=1), hours=3)
    _add(test, people["planner"], 40)
    activate(test=test, by=people["planner"])
    opens_at = _at_nine(now, days=-1)
    Test.objects.filter(pk=test.pk).update(
        opens_at=opens_at, ends_at=opens_at + timedelta(hours=3), activated_at=opens_at - timedelta(days=1)
    )
    _sit(test, opens_at=opens_at, submitted_every=1, absent_every=13)
    submitted = Candidate.objects.of_test(test).filter(submitted_at__isnull=False)
    grades = [
        Grade(word, points) for word, points in zip("ABCDEF", (*map(Decimal, (26, 22, 18, 14, 11)), None), strict=True)
    ]
    store_grades(test, grades)
    due = timezone.localdate(opens_at) + timedelta(days=28)
    Test.objects.filter(pk=test.pk).update(scale=Test.Scale.LETTERS, max_points=30, marks_due_on=due)
    Mark.objects.bulk_create(
        Mark(
            candidate=candidate,
            mark=8 + place * 7 % 22,
            comment=COMMENTS.get(place, ""),
            marked_by=people["grader"],
            marked_at=now,
        )
        for place, candidate in enumerate(submitted[:25])
    )


def _demo(people: dict[str, User], name: str, now: datetime) -> None:
    test = Test.objects.create(
        name=name,
        is_demo=True,
        duration_minutes=10,
        information="Try how writing and submitting an answer works.",
        questions="Describe the room you sit in. Nothing that you write here is kept.",
    )
    Contributor.objects.create(test=test, user=people["planner"], role=Contributor.Role.PLANNER)
    activate(test=test, by=people["planner"])


Recipe = tuple[Callable[[Test, datetime], bool], Callable[[dict[str, User], str, datetime], None]]
# By name: whether a test shows what it is there for, and how a new one is made.
TESTS: dict[str, Recipe] = {
    "BIO2150 Cell Biology, written exam": (_is_created, _created),
    "PHY1010 Mechanics, written exam": (_is_scheduled, _scheduled),
    "CHE1100 General Chemistry, midterm": (_is_running, _running),
    "MAT1001 Calculus, written exam": (_is_finished, _finished),
    "LIN1200 Introduction to Linguistics, written exam": (_is_scheduled, _scheduled_permanent),
    "FIL1001 Logic, home exam": (_is_running, _running_permanent),
    "Writing an answer": (_is_demo, _demo),
}
# These too, where people of an SSO setup can log in.
SSO_TESTS: dict[str, Recipe] = {
    "GEO2100 Geomorphology, written exam": (_is_scheduled_for_sso, _scheduled_for_sso),
    "HIS1300 Norwegian History, home exam": (_is_running_for_sso, _running_for_sso),
}


def _test(people: dict[str, User], name: str, *, opens_at: datetime, hours: int, duration: int | None = None) -> Test:
    test = Test.objects.create(
        name=name,
        information="Bring your student card. A calculator of type 1 is allowed.",
        questions=QUESTIONS,
        opens_at=opens_at,
        ends_at=opens_at + timedelta(hours=hours),
        duration_minutes=duration,
    )
    roles = (
        ("planner", Contributor.Role.PLANNER),
        ("colleague", Contributor.Role.PLANNER),
        ("invigilator", Contributor.Role.INVIGILATOR),
        ("grader", Contributor.Role.GRADER),
    )
    Contributor.objects.bulk_create(
        Contributor(test=test, user=people[username], role=role, added_by=people["planner"]) for username, role in roles
    )
    return test


def _add(test: Test, planner: User, count: int, named: Sequence[str] = ()) -> None:
    rows, seated = [], Counter[tuple[str, str]]()
    for number in range(1, count + 1):
        room = None if number % 106 == 0 else ROOMS[number * len(ROOMS) // (count + 1)]
        if room:
            seated[room] += 1
        rows.append(
            CandidateRow(
                number=number,
                candidate_id="",
                extra_minutes=next((minutes for every, minutes in EXTRA.items() if number % every == 0), 0),
                location=room,
                name=f"{LAST_NAMES[number * 7 % len(LAST_NAMES)]}, {FIRST_NAMES[number * 3 % len(FIRST_NAMES)]}",
                private_reference=str(477_000 + number * 31),
                seat=str(seated[room]) if room else "",
            )
        )
    rows += [CandidateRow(count + place, name, 0) for place, name in enumerate(named, 1)]
    add_candidates(test=test, rows=rows, by=planner, source="demonstration")


def _setups() -> list[tuple[AuthenticationType, Mapping[str, str]]]:
    """Return the SSO setups that the demonstration has people for, with them."""
    return list(zip(enabled_types().values(), SSO_PEOPLE, strict=False))


def _login_setups() -> list[tuple[AuthenticationType, Mapping[str, str]]]:
    """Return those whose people can log in: under `make demo-sso` all of them, under `make run` none."""
    return [(setup, people) for setup, people in _setups() if setup.client is not None]


def _add_sso(test: Test, planner: User, setup: AuthenticationType, people: Mapping[str, str], *, first: int) -> None:
    """Put a setup's people on the test, with Candidate IDs that count on from the first."""
    rows = [
        CandidateRow(
            *(number, f"{first + number - 1}", 0, ROOMS[number % len(ROOMS)], sso_user_id, setup.slug),
            name=", ".join(reversed(name.rsplit(" ", 1))),
        )
        for number, (name, sso_user_id) in enumerate(people.items(), 1)
    ]
    add_candidates(test=test, rows=rows, by=planner, source="demonstration")


def _sit(test: Test, *, opens_at: datetime, submitted_every: int, absent_every: int) -> None:
    """Let most candidates start, write, and some submit, as if they had sat there."""
    present = [
        candidate
        for place, candidate in enumerate(Candidate.objects.of_test(test).people().order_by("sort_key"), 1)
        if place % absent_every
    ]
    for place, candidate in enumerate(present):
        candidate.logged_in_at = opens_at - timedelta(minutes=5)
        candidate.started_at = opens_at + timedelta(minutes=place % 4)
        # nobody's page is open in a demonstration: as if they all were, but for a few
        candidate.last_seen_at = opens_at + timedelta(hours=3) if place % 17 else opens_at + timedelta(minutes=50)
        if place % submitted_every == 0:
            candidate.submitted_at = opens_at + timedelta(minutes=40 + place % 15)
    Candidate.objects.bulk_update(present, ["logged_in_at", "started_at", "last_seen_at", "submitted_at"])
    Submission.objects.bulk_create(
        Submission(
            candidate=candidate,
            answer=ANSWER,
            characters=len(ANSWER),
            revision=12,
            saved_at=opens_at + timedelta(minutes=50),
            handed_in_revision=12 if candidate.submitted_at else None,
            digest=digest_of(ANSWER) if candidate.submitted_at else "",
        )
        for candidate in present
    )
    Test.objects.filter(pk=test.pk).update(first_opened_at=opens_at)


def _check_in(test: Test, invigilator: User) -> None:
    """Mark who has started as present, most with a checked ID, and give a spare login to somebody."""
    opens_at = test.window[0]
    started = Candidate.objects.of_test(test).filter(started_at__isnull=False).order_by("sort_key")
    marks = [
        NewMark(candidate.public_id, about, value, str(uuid4()), opens_at - timedelta(minutes=20))
        for place, candidate in enumerate(started)
        for about, value in (("presence", "present"), ("id_check", "verified"))[: 2 if place % 12 else 1]
    ]
    mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=())
    spare = Candidate.objects.of_test(test).unused_spares().first()
    if spare is not None:
        give_spare(
            test=test, public_id=spare.public_id, name="Tarjei Lunde", private_reference="", by=invigilator, rooms=()
        )


def _at_nine(now: datetime, *, days: int) -> datetime:
    """Return nine o'clock local time so many days from now, on a weekday."""
    day = timezone.localtime(now) + timedelta(days=days)
    while day.weekday() > 4 and days > 0:
        day += timedelta(days=1)
    return day.replace(hour=9, minute=0)

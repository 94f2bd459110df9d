"""How the exams of the demonstration are made: set up, sat, checked in, marked, copied, by the product's own acts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.utils import timezone

from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.credentials.hall_papers import Wanted, open_papers
from candidates.credentials.paper.kinds import PaperKind
from candidates.credentials.renewing import renew_password
from candidates.intake.copying import Parts, copy_test
from candidates.intake.door import add_candidates
from candidates.intake.findings import CandidateRow
from candidates.intake.joining import approve, join
from candidates.intake.other_test import Who
from candidates.intake.preparing import prepare
from candidates.intake.spares import make_spares
from candidates.lifecycle.accommodations import Change, change_planned_time
from candidates.lifecycle.activation import activate
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.contributors import add_contributors
from candidates.lifecycle.joining import Setup, refuse, set_joining
from candidates.lifecycle.scales import Grade, store_grades
from candidates.lifecycle.sitting import digest_of
from candidates.lifecycle.spares import give_spare
from candidates.lifecycle.spreading import Wish, spread, spreading_of
from candidates.management import demo_permanent
from candidates.management.demo_people import FIRST_NAMES, LAST_NAMES, SSO_PEOPLE
from candidates.models import Candidate, Contributor, Joining, Location, Mark, Submission, Test, User

EXAM_WITH_A_RESIT = "MAT1001 Calculus, written exam"
ROOMS = (("Vesthall", "V101"), ("Vesthall", "V102"), ("Nordbygg", "2.02"), ("Nordbygg", "3.14"))
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


def created(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=_at_nine(now, days=7), hours=4)
    _add(test, people["planner"], 1485, named=("kari.ødegård", "Henrik Bergström"))


def scheduled(people: dict[str, User], name: str, now: datetime) -> None:
    """Make an exam with its papers, whose invigilator has two of the rooms."""
    test = _test(people, name, opens_at=_at_nine(now, days=1), hours=4, rooms=ROOMS[:2])
    _add(test, people["planner"], 24)
    for setup, names in _setups()[:1]:
        _add_sso(test, people["planner"], setup, names, first=5001)
    _spread(test, people["planner"])
    activate(test=test, by=people["planner"])
    _pack(test, people["planner"])


def scheduled_for_sso(people: dict[str, User], name: str, now: datetime) -> None:
    _for_sso(people, _test(people, name, opens_at=_at_nine(now, days=2), hours=4))


def running_for_sso(people: dict[str, User], name: str, now: datetime) -> None:
    _for_sso(people, _test(people, name, opens_at=now - timedelta(minutes=10), hours=6, duration=120))


def _for_sso(people: dict[str, User], test: Test) -> None:
    """Put the people of every setup that can log in on the test, and activate it."""
    for place, (setup, names) in enumerate(login_setups(), 5):
        _add_sso(test, people["planner"], setup, names, first=place * 1000 + 1)
    activate(test=test, by=people["planner"])


def running(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=now - timedelta(hours=1), hours=4, duration=180)
    _add(test, people["planner"], 60)
    make_spares(
        test=test, count=6, location=Location.objects.filter(candidates__test=test).first(), by=people["planner"]
    )
    activate(test=test, by=people["planner"])
    _sit(test, opens_at=test.window[0], submitted_every=9, absent_every=11)
    _check_in(test, people["invigilator"])


def scheduled_permanent(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=_at_nine(now, days=3), hours=4)
    demo_permanent.add_the_list(
        test, demo_permanent.the_list(people["planner"], people["colleague"]), people["planner"]
    )
    activate(test=test, by=people["planner"])


def running_permanent(people: dict[str, User], name: str, now: datetime) -> None:
    test = _test(people, name, opens_at=now - timedelta(minutes=10), hours=6, duration=120)
    demo_permanent.add_everybody(test, people["planner"])
    activate(test=test, by=people["planner"])


def running_by_code(people: dict[str, User], name: str, now: datetime) -> None:
    """Make an exam that people join by its code: some are on it, some wait to be let in, one was refused."""
    test = _test(people, name, opens_at=now - timedelta(minutes=10), hours=6, duration=120)
    planner = people["planner"]
    setup = Setup(
        works_from=now - timedelta(minutes=40),
        works_until=now + timedelta(hours=5),
        max_joiners=60,
        approves_each=True,
        authentication_types=tuple(enabled_types()),
        permanent=Joining.Permanent.ALL,
    )
    set_joining(test=test, setup=setup, by=planner)
    activate(test=test, by=planner)
    code = Joining.objects.get(test=test).code or ""
    users = demo_permanent.first_people(12)
    for user in (users[0], users[5], users[10]):
        prepare(test=test, slug="", values={"sso_user_id": user.username, "extra_time": "30"}, by=planner)
    asked = [join(code=code, by=user).public_id for user in users]
    approve(test=test, public_ids=asked[:8], by=planner)
    refuse(test=test, public_ids=asked[8:9], sentence="You take BIO2150, in the hall next door.", by=planner)


def finished(people: dict[str, User], name: str, now: datetime) -> None:
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


def resit(people: dict[str, User], name: str, now: datetime) -> None:
    """Copy the exam that is over for those who handed in nothing."""
    source = Test.objects.filter(name=EXAM_WITH_A_RESIT, opens_at__lt=now).order_by("-opens_at").first()
    if source is not None:
        opens_at = _at_nine(now, days=21)
        values = {"name": name, "opens_at": opens_at, "ends_at": opens_at + timedelta(hours=3)}
        copy_test(source=source, values=values, parts=Parts(who=Who.NOTHING_HANDED_IN), by=people["planner"])


def demo(people: dict[str, User], name: str, now: datetime) -> None:
    test = Test.objects.create(
        name=name,
        is_demo=True,
        duration_minutes=10,
        information="Try how writing and submitting an answer works.",
        questions="Describe the room you sit in. Nothing that you write here is kept.",
    )
    Contributor.objects.create(test=test, user=people["planner"], role=Contributor.Role.PLANNER)
    activate(test=test, by=people["planner"])


def _test(
    people: dict[str, User],
    name: str,
    *,
    opens_at: datetime,
    hours: int,
    duration: int | None = None,
    rooms: Sequence[tuple[str, str]] = (),
) -> Test:
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
        ("grader", Contributor.Role.GRADER),
    )
    Contributor.objects.bulk_create(
        Contributor(test=test, user=people[username], role=role, added_by=people["planner"]) for username, role in roles
    )
    add_contributors(
        test=test,
        users=[people["invigilator"]],
        role=Contributor.Role.INVIGILATOR,
        rooms=list(Location.objects.named(rooms).values()),
        by=people["planner"],
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


def login_setups() -> list[tuple[AuthenticationType, Mapping[str, str]]]:
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

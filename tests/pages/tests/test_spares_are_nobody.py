"""Spare logins that nobody has count for the 1500, and as candidates nowhere: not in figures, nor for an activation."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from candidates import access
from candidates.errors import Refused
from candidates.intake.other_test import Who, plan_from
from candidates.intake.spares import make_spares
from candidates.lifecycle.activation import activate
from candidates.lifecycle.joining import set_joining
from candidates.lifecycle.spares import people_on
from candidates.models import AuditEvent, Candidate, Contributor, Joining, Location, Test, User
from candidates.pages.imports.plan_rows import offers_complete
from candidates.pages.tests.move_end import new_end
from tests.factories import activated, add, make_test
from tests.intake.lists import waiting

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
Exam = Test


@pytest.fixture
def spared(exam: Exam, planner: User, room: Location) -> Exam:
    """The exam with three spare logins for V101, and nobody."""
    make_spares(test=exam, count=3, location=room, by=planner)
    exam.refresh_from_db()
    return exam


def words_of(client: Client, name: str, test: Exam, *parts: str) -> str:
    return " ".join(client.get(reverse(name, args=[test.public_id, *parts])).content.decode().split())


def test_a_test_of_spare_logins_alone_is_not_activated_and_says_so(
    spared: Exam, planner: User, client_of: ClientOf
) -> None:
    with pytest.raises(Refused, match="Only spare logins are on the test, which are nobody yet"):
        activate(test=spared, by=planner)
    ingrid = client_of(planner)
    assert "No candidate is added yet" in words_of(ingrid, "deliver-test", spared)
    assert ingrid.get(reverse("activate-test", args=[spared.public_id])).status_code == 422
    assert "No candidate is on the test yet" in words_of(ingrid, "spread", spared)
    other = make_test(planner=planner)
    assert spared not in access.tests_to_take_from(planner, other)
    assert not offers_complete(waiting(spared, planner, "Candidate ID\n0001\n"), spared)
    add(spared, planner, "0001")
    spared.refresh_from_db()
    activate(test=spared, by=planner)
    assert AuditEvent.objects.get(action="activated").count == 4  # logins were made for the spare ones too


def test_figures_are_of_candidates_and_the_1500_counts_all(spared: Exam, planner: User, client_of: ClientOf) -> None:
    (only,) = add(spared, planner, "0001")
    spared.refresh_from_db()
    assert (people_on([spared]), spared.candidate_count, spared.places_left) == ({spared.pk: 1}, 4, 1496)
    ingrid = client_of(planner)
    page = words_of(ingrid, "deliver-test", spared)
    assert "1 of 1500 candidates" in page
    assert re.search(r"Spare logins left</dt>\s*<dd[^>]*>\s*3\b", page)
    assert "1 candidate added" in page
    assert "1 / 1500" in ingrid.get(reverse("deliver-tests")).content.decode()
    ways = words_of(ingrid, "add-one-time", spared)
    assert "1 of 1500 candidates is on" in ways
    assert "3 spare logins count too. 1496 places are left." in ways
    assert [group.count for group in new_end(spared, spared.window[1] + timedelta(hours=1)).groups] == [1]
    removing = ingrid.post(reverse("candidates-remove", args=[spared.public_id]), {"c": only.public_id})
    assert "0 of 1500 candidates stay" in removing.content.decode()
    activated(spared, planner)
    monitor = " ".join(ingrid.get(reverse("monitor")).content.decode().split())
    assert '1<span class="unit"> candidates' in monitor


def test_a_spare_login_of_another_room_is_not_told_of_as_somebody_there(
    spared: Exam, planner: User, invigilator: User, client_of: ClientOf
) -> None:
    add(spared, planner, "0001")
    room = Location.objects.create(room="V900")
    Contributor.objects.filter(test=spared, user=invigilator).update(location=room)
    activated(spared, planner)
    assert " sits in " not in words_of(client_of(invigilator), "monitor-test", spared).split("<table")[0]
    page = client_of(invigilator).get(reverse("monitor-test", args=[spared.public_id]), {"q": "9001"})
    assert "9001 sits in" not in page.content.decode()


def test_who_was_given_a_spare_login_here_still_comes_from_another_test(spared: Exam, planner: User) -> None:
    other = make_test(planner=planner, name="Last term")
    add(other, planner, "9001", "0417")
    Candidate.objects.filter(test=other, candidate_id="0417").update(private_reference="481207")
    Candidate.objects.filter(test=spared, candidate_id="9002").update(private_reference="481207")
    plan = plan_from(other, to=spared, who=Who.EVERYBODY, rooms=False)
    assert ([row.candidate_id for row in plan.rows], plan.renumbered, plan.left) == (["0417", ""], ("9001",), {})


def test_an_activated_test_is_not_left_with_spare_logins_alone(spared: Exam, planner: User) -> None:
    begins, ends = spared.window
    Joining.objects.create(test=spared, works_from=begins, works_until=ends, max_joiners=10)
    activated(spared, planner)
    with pytest.raises(Refused, match="No candidate is on the test"):
        set_joining(test=spared, setup=None, by=planner)

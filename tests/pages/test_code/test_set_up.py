"""How candidates join, as a planner sets it up: stored, typed wrongly, refused, copied, and shown large."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.intake.copying import Parts, copy_test
from candidates.intake.joining import join
from candidates.lifecycle.joining import mark_of, set_joining
from candidates.models import AuditEvent, Joining, PermanentUserList, Test, User
from tests.factories import add_many, make_permanent
from tests.pages.candidates.test_candidates import text_of
from tests.support.joining import open_to_joiners, setup, sso_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ingrid(client_of: Any, planner: User) -> Client:
    browser: Client = client_of(planner)
    return browser


def send(browser: Client, test: Test, **typed: Any) -> HttpResponse:
    """Send the form for a code that works on 7 December, with what was typed into it."""
    usual = {
        "mode": "code",
        "works_from_date": "2099-12-07",
        "works_from_time": "08:30",
        "works_until_date": "2099-12-07",
        "works_until_time": "09:30",
        "types": ["campus"],
        "permanent": "none",
        "max_joiners": "100",
        "letting_in": "each",
        "seen": mark_of(Joining.objects.filter(test=test).first()),
    }
    answer = browser.post(reverse("test-code-setup", args=[test.public_id]), usual | typed)
    return answer  # type: ignore[return-value]


def test_a_planner_lets_candidates_join_by_code_and_the_page_of_the_test_says_so(exam: Test, ingrid: Client) -> None:
    page = ingrid.get(reverse("test-code-setup", args=[exam.public_id]))
    assert "You may still add people by hand beside it" in text_of(page)
    answer = send(ingrid, exam, only_allowed="on", allowed="kaja@uni.example\r\n Mateo@uni.example ;;kaja@uni.example")
    assert answer.status_code == 302
    stored = Joining.objects.get()
    assert (stored.max_joiners, stored.approves_each, stored.code) == (100, True, None)
    assert stored.authentication_types == ["campus"]
    assert list(stored.allowed.order_by("pk").values_list("user_id", flat=True)) == [
        "kaja@uni.example",
        "Mateo@uni.example",
    ]
    said = text_of(ingrid.get(reverse("deliver-test", args=[exam.public_id])))
    assert "Candidates join by test code" in said
    assert "Mon 7 Dec 2099, 08:30–09:30 Oslo time" in said
    assert "of these only 2 user IDs" in said
    # no candidate is missing: the test can be activated without any
    assert "No candidate is added yet" not in said


def test_user_ids_are_read_however_they_come_out_of_other_programs(exam: Test, planner: User, ingrid: Client) -> None:
    pasted = "\ufeffkaja@uni.example\r\n\u00a0Mateo@uni.example\u3000\r\n\u200bpe\u0301r@uni.example\t6CZE-P34V\r\n"
    pasted += "".join(f"person{number}@uni.example, " for number in range(4000))
    assert send(ingrid, exam, only_allowed="on", allowed=pasted, permanent="all").status_code == 302
    assert Joining.objects.get().allowed.count() == 4004
    allowed = Joining.objects.get().allowed.values_list("user_id", flat=True)
    code = open_to_joiners(exam, planner, allowed=tuple(allowed))
    for person in ("kaja", "mateo", "p\u00e9r", "person3999"):
        assert join(code=code, by=sso_person(person)).state == "joined"
    assert join(code=code, by=make_permanent(username="6czep34v").user).state == "joined"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"works_until_time": "08:30"}, "Choose a moment after the code begins to work."),
        ({"works_from_date": "", "works_from_time": ""}, "From: Write a date and a time."),
        ({"types": []}, "with nobody ticked the code lets nobody in"),
        ({"types": ["unknown"]}, "“unknown” is not in it"),
        ({"permanent": "lists"}, "Permanent users: Choose from the list"),
        ({"max_joiners": "1501"}, "Write 1500 or less."),
        ({"max_joiners": ""}, "At most: Fill this in."),
        ({"only_allowed": "on"}, "Write the user IDs that may join"),
        ({"allowed": "x" * 256}, "This is too long for a user ID"),
        ({"allowed": "\ufdfa" * 20}, "This is too long for a user ID"),
        ({"allowed": "kaja@uni.example\nMateo Reyes <mateo@uni.example>"}, "It could be: mateo@uni.example"),
        ({"allowed": "\n".join(f"p {n}@x.no" for n in range(7))}, "2 more cannot be right."),
        ({"allowed": ",".join(map(str, range(5001)))}, "These are 5001 user IDs. Use at most 5000."),
        ({"letting_in": ""}, "Choose one of these."),
        ({"mode": ""}, "Candidates: Choose from the list."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_stored(
    exam: Test, ingrid: Client, typed: dict[str, Any], says: str
) -> None:
    answer = send(ingrid, exam, **typed)
    assert answer.status_code == 422
    assert says in text_of(answer)
    assert not Joining.objects.exists()


def test_only_lists_that_the_planner_sees_can_be_chosen(
    exam: Test, planner: User, stranger: User, ingrid: Client
) -> None:
    mine = PermanentUserList.objects.create(owner=planner, name="SOC1010")
    hidden = PermanentUserList.objects.create(owner=stranger, name="Not hers")
    answer = send(ingrid, exam, permanent="lists", lists=[hidden.public_id])
    assert answer.status_code == 422
    assert "Not hers" not in text_of(answer)
    assert send(ingrid, exam, permanent="lists", lists=[mine.public_id]).status_code == 302
    assert list(Joining.objects.get().lists.all()) == [mine]


def test_who_saves_over_what_somebody_else_changed_is_told_so(exam: Test, planner: User, ingrid: Client) -> None:
    set_joining(test=exam, setup=setup(), by=planner)
    answer = send(ingrid, exam, seen=mark_of(None))
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in text_of(answer)
    assert Joining.objects.get().max_joiners == 1500


def test_the_way_goes_back_while_nobody_has_joined_and_stays_afterwards(
    exam: Test, planner: User, ingrid: Client
) -> None:
    set_joining(test=exam, setup=setup(), by=planner)
    # nothing else counts then, also where it is wrong
    assert send(ingrid, exam, mode="add", max_joiners="many").status_code == 302
    assert not Joining.objects.exists()
    join(code=open_to_joiners(exam, planner), by=sso_person("kaja"))
    answer = send(ingrid, exam, mode="add")
    assert (answer.status_code, Joining.objects.count()) == (409, 1)
    assert "candidates go on joining by it" in text_of(answer)


def test_a_test_by_code_is_no_demo_test_and_a_demo_test_has_no_code(exam: Test, planner: User, ingrid: Client) -> None:
    set_joining(test=exam, setup=setup(), by=planner)
    page = ingrid.get(reverse("edit-test", args=[exam.public_id]))
    sent = {name: value for name, value in page.context["form"].initial.items() if value}
    moments = {
        f"{name}_{part}": value.astimezone(timezone.get_default_timezone()).strftime(form)
        for name in ("opens_at", "ends_at")
        for value in [sent.pop(name)]
        for part, form in (("date", "%Y-%m-%d"), ("time", "%H:%M"))
    }
    answer = ingrid.post(reverse("edit-test", args=[exam.public_id]), sent | moments | {"is_demo": "on"})
    assert answer.status_code == 409
    assert "a demo test has none" in text_of(answer)


def test_the_code_is_shown_large_with_a_qr_code_of_the_address(
    exam: Test, planner: User, ingrid: Client, settings: Any
) -> None:
    settings.LOGIN_ADDRESS = "https://exam.havnes.example/login/"
    open_to_joiners(exam, planner)
    page = ingrid.get(reverse("test-code-large", args=[exam.public_id]))
    said = text_of(page)
    assert Joining.objects.get().shown_code in said
    assert "exam.havnes.example/join/" in said
    assert 'aria-label="QR code of the address https://exam.havnes.example/join/"' in page.content.decode()


def test_a_new_code_is_asked_about_first(exam: Test, planner: User, ingrid: Client) -> None:
    former = open_to_joiners(exam, planner)
    address = reverse("test-code-replace", args=[exam.public_id])
    assert Joining.objects.get().shown_code in text_of(ingrid.get(address))
    assert Joining.objects.get().code == former
    assert "The former one does not work any more" in text_of(ingrid.post(address, follow=True))
    assert Joining.objects.get().code != former


def test_a_copy_lets_people_join_in_a_window_of_its_own_and_not_by_the_code(exam: Test, planner: User) -> None:
    before = exam.window[0] - timedelta(minutes=30)
    set_joining(
        test=exam,
        setup=setup(works_from=before, works_until=exam.window[1], allowed=("kaja@uni.example",), approves_each=True),
        by=planner,
    )
    add_many(exam, planner, 1)
    open_to_joiners_of_before = Joining.objects.get(test=exam)
    opens_at = exam.window[0] + timedelta(days=100)
    values = {"name": "Next term", "opens_at": opens_at, "ends_at": opens_at + timedelta(hours=4)}
    made = copy_test(source=exam, values=values, parts=Parts(), by=planner).test
    copied = Joining.objects.get(test=made)
    assert (copied.code, copied.works_from) == (None, opens_at - timedelta(minutes=30))
    assert list(copied.allowed.values_list("user_id", flat=True)) == ["kaja@uni.example"]
    assert copied.approves_each is open_to_joiners_of_before.approves_each is True
    without = copy_test(source=exam, values=values, parts=Parts(setup=False), by=planner).test
    assert not Joining.objects.filter(test=without).exists()


def test_graders_and_invigilators_learn_nothing_of_it(
    exam: Test, planner: User, grader: User, invigilator: User, client_of: Any
) -> None:
    join(code=open_to_joiners(exam, planner), by=sso_person("kaja"))
    for name in ("test-code", "test-code-setup", "test-code-large"):
        for person in (grader, invigilator):
            assert client_of(person).get(reverse(name, args=[exam.public_id])).status_code in (403, 404)
    page = client_of(grader).get(reverse("grade-test", args=[exam.public_id])).content.decode()
    assert "kaja" not in page
    assert AuditEvent.objects.filter(action="joining_changed").count() == 1

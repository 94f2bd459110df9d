"""Candidate login details: nothing secret before it is asked for, recorded before it is shown, for planners alone."""

import csv
import io
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.credentials.opening import Choice
from candidates.credentials.overview import overview
from candidates.credentials.renewing import renew_password
from candidates.credentials.secrets import show_password
from candidates.lifecycle.accommodations import Change, change_location, change_planned_time
from candidates.lifecycle.activation import deactivate
from candidates.models import AuditEvent, Candidate, Contributor, Location, SealedPassword, Session, Test, User
from candidates.models.accounts import show_username
from candidates.pages.login_details.forms import WhoseForm
from candidates.text import when
from tests.conftest import Clock
from tests.factories import Role, activated, add, add_many, contribute, make_test, password_of

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
OPENERS = {
    "login-details-list": AuditEvent.Action.DETAILS_LISTED,
    "login-details-print": AuditEvent.Action.DETAILS_PRINTED,
    "login-details-print-six": AuditEvent.Action.DETAILS_PRINTED,
    "login-details-csv": AuditEvent.Action.DETAILS_CSV,
    "login-details-pdf": AuditEvent.Action.DETAILS_PDF,
    "login-details-pdf-six": AuditEvent.Action.DETAILS_PDF,
}
HOW = {
    "login-details-list": "List on the screen",
    "login-details-print": "Printed, one per page",
    "login-details-print-six": "Printed, six per page",
    "login-details-csv": "CSV",
    "login-details-pdf": "PDF, one per page",
    "login-details-pdf-six": "PDF, six per page",
}
ON_SCREEN = ["login-details-list", "login-details-print", "login-details-print-six", "login-details-csv"]
EVERYBODY = {"whose": "all"}


def url(name: str, test: Test, *parts: str) -> str:
    return reverse(name, args=[test.public_id, *parts])


def page(response: Any) -> str:
    return response.content.decode("utf-8-sig")


def secrets_of(test: Test) -> list[str]:
    return [show_password(password_of(candidate)) for candidate in Candidate.objects.of_test(test)]


def done(test: Test, action: AuditEvent.Action) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(test=test, action=action, outcome=AuditEvent.Outcome.DONE))


def refused(test: Test, action: AuditEvent.Action) -> list[str]:
    events = AuditEvent.objects.filter(test=test, action=action, outcome=AuditEvent.Outcome.REFUSED)
    return [event.detail["reason"] for event in events]


@pytest.fixture
def ingrid(client_of: ClientOf, planner: User) -> Client:
    """The planner's browser."""
    return client_of(planner)


# The page that shows nothing yet --------------------------------------------------------------------------------------


def test_the_page_offers_every_way_and_shows_nothing_secret(scheduled_exam: Test, ingrid: Client) -> None:
    text = page(ingrid.get(url("login-details", scheduled_exam)))
    for words in (
        "Show as list",
        "One per page",
        "Six per page",
        ">Print<",
        "Download CSV",
        "Download PDF",
        "Key list",
    ):
        assert words in text
    assert "3 one-time users log in with a slip." in text
    assert "Nobody has opened them." in text
    assert not any(secret in text for secret in secrets_of(scheduled_exam))
    assert not AuditEvent.objects.filter(action__startswith="details").exists()


def test_the_page_says_until_when_passwords_can_be_shown(exam: Test, ingrid: Client, planner: User) -> None:
    add(exam, planner, "0001", extra=60)
    activated(exam, planner)
    until = exam.window[1] + timedelta(hours=24, minutes=60)
    assert f"Passwords can be shown until {when(until)} Oslo time." in page(ingrid.get(url("login-details", exam)))


def test_before_activation_the_page_says_when_they_are_made(exam: Test, candidates: object, ingrid: Client) -> None:
    text = page(ingrid.get(url("login-details", exam)))
    assert "of 3 one-time users are made when you activate it" in text
    assert "Show as list" not in text


def test_deactivation_hides_them_and_activation_brings_the_same_back(
    scheduled_exam: Test, ingrid: Client, planner: User
) -> None:
    before = secrets_of(scheduled_exam)
    deactivate(test=scheduled_exam, by=planner)
    text = page(ingrid.get(url("login-details", scheduled_exam)))
    assert "username and password stay the same" in text
    assert "Show as list" not in text
    activated(scheduled_exam, planner)
    shown = page(ingrid.post(url("login-details-list", scheduled_exam), EVERYBODY))
    assert all(secret in shown for secret in before)


def test_a_demo_test_and_an_empty_test_have_none(planner: User, ingrid: Client) -> None:
    demo = Test.objects.create(name="Demo", is_demo=True)
    contribute(demo, planner, Role.PLANNER)
    for test in (demo, make_test(planner=planner, name="Empty")):
        text = page(ingrid.get(url("login-details", test)))
        assert "made for one-time users when the test is activated" in text
        assert "Show as list" not in text


def test_candidates_with_a_login_of_their_own_are_counted(scheduled_exam: Test, ingrid: Client) -> None:
    with_own_login(scheduled_exam)
    text = page(ingrid.get(url("login-details", scheduled_exam)))
    assert "3 of 4 candidates log in with a slip, the other one with a login of their own." in text
    assert "anna@havnes.example" not in page(ingrid.post(url("login-details-list", scheduled_exam), EVERYBODY))


def with_own_login(test: Test) -> Candidate:
    """Put a candidate with SSO on the test."""
    user = User.objects.create(username="sso-anna", kind=User.Kind.SSO)
    made: Candidate = Candidate.objects.create(
        test=test,
        kind=Candidate.Kind.SSO,
        candidate_id="anna",
        candidate_key="anna",
        sort_key="anna",
        user=user,
        authentication_type="feide",
        sso_user_id="anna@havnes.example",
    )
    return made


# Opening --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ON_SCREEN)
def test_what_is_opened_holds_every_username_and_password(scheduled_exam: Test, ingrid: Client, name: str) -> None:
    response = ingrid.post(url(name, scheduled_exam), EVERYBODY)
    text = page(response)
    assert response.status_code == 200
    for candidate in Candidate.objects.of_test(scheduled_exam).select_related("user"):
        assert show_password(password_of(candidate)) in text
        assert candidate.user is not None
        assert show_username(candidate.user.username) in text
        assert candidate.candidate_id in text


@pytest.mark.parametrize("name", ["login-details-pdf", "login-details-pdf-six"])
def test_the_pdf_is_one(scheduled_exam: Test, ingrid: Client, name: str) -> None:
    response = ingrid.post(url(name, scheduled_exam), EVERYBODY)
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type /Page\b", response.content))
    assert pages == (3 if name == "login-details-pdf" else 1)


@pytest.mark.parametrize(("name", "action"), OPENERS.items())
def test_every_opening_is_recorded_with_who_and_whom(
    scheduled_exam: Test, ingrid: Client, planner: User, name: str, action: AuditEvent.Action
) -> None:
    ingrid.post(url(name, scheduled_exam), EVERYBODY)
    (event,) = done(scheduled_exam, action)
    assert (event.actor, event.count, event.address) == (planner, 3, "127.0.0.1")
    ids = set(Candidate.objects.of_test(scheduled_exam).values_list("public_id", flat=True))
    assert set(event.detail["candidates"]) == ids
    (line,) = ingrid.get(url("login-details", scheduled_exam)).context["openings"]
    assert (line.by, line.what, line.count) == ("Ingrid Solheim", HOW[name], 3)


@pytest.mark.parametrize("name", OPENERS)
def test_nothing_that_is_opened_stays_in_a_cache_or_leaves_with_a_link(
    scheduled_exam: Test, ingrid: Client, name: str
) -> None:
    response = ingrid.post(url(name, scheduled_exam), EVERYBODY)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "Cookie" in response["Vary"]


@pytest.mark.parametrize(
    ("name", "layout", "ending"),
    [
        ("login-details-csv", "", "csv"),
        ("login-details-pdf", "-one-per-page", "pdf"),
        ("login-details-pdf-six", "-six-per-page", "pdf"),
    ],
)
@pytest.mark.parametrize("named", ["BIO2150 Cell Biology, written exam", '« "; »'])
def test_file_names_say_which_test_and_how(
    scheduled_exam: Test, ingrid: Client, name: str, layout: str, ending: str, named: str
) -> None:
    Test.objects.filter(pk=scheduled_exam.pk).update(name=named)
    words = "bio2150-cell-biology-written-exam" if named.isascii() else scheduled_exam.public_id
    disposition = ingrid.post(url(name, scheduled_exam), EVERYBODY)["Content-Disposition"]
    pattern = rf'attachment; filename="{words}-login-details{layout}-[0-9]{{8}}-[0-9]{{4}}\.{ending}"'
    assert re.fullmatch(pattern, disposition)


def test_the_csv_has_one_row_each_in_the_order_of_the_rooms(exam: Test, ingrid: Client, planner: User) -> None:
    add(exam, planner, "0003")
    add(exam, planner, "0002", location=("Vesthall", "V101"))
    add(exam, planner, "0001", location=("Vesthall", "V102"))
    add(exam, planner, "0009", location=("Nordbygg", "2.02"))
    activated(exam, planner)
    rows = list(csv.DictReader(io.StringIO(page(ingrid.post(url("login-details-csv", exam), EVERYBODY)))))
    assert [row["Candidate ID"] for row in rows] == ["0009", "0002", "0001", "0003"]
    text = page(ingrid.post(url("login-details-list", exam), EVERYBODY))
    assert re.findall(r'class="id">(\d+)<', text) == ["0009", "0002", "0001", "0003"]


# Whose ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_rooms(exam: Test, planner: User, room: Location) -> Test:
    """Two candidates in V101, one without a room, activated."""
    add(exam, planner, "0001", "0002", location=("Vesthall", "V101"))
    add(exam, planner, "0003")
    return activated(exam, planner)


def listed(response: Any) -> list[str]:
    return re.findall(r'class="id">([^<]+)<', page(response))


def test_a_room_can_be_chosen_and_those_without_one(in_rooms: Test, ingrid: Client, room: Location) -> None:
    text = page(ingrid.get(url("login-details", in_rooms)))
    assert 'aria-label="Tick Vesthall V101, 2 slips" checked' in text
    assert 'aria-label="Tick Without a room, 1 slip" checked' in text
    listing = url("login-details-list", in_rooms)
    assert listed(ingrid.post(listing, {"whose": "rooms", "room": [str(room.pk)]})) == ["0001", "0002"]
    assert listed(ingrid.post(listing, {"whose": "rooms", "room": ["none"]})) == ["0003"]
    assert listed(ingrid.post(listing, {"whose": "rooms", "room": [str(room.pk), "none"]})) == ["0001", "0002", "0003"]


def test_rooms_choose_among_the_ticked_ones_and_never_add_to_them(
    in_rooms: Test, ingrid: Client, room: Location
) -> None:
    ids = dict(Candidate.objects.values_list("candidate_id", "public_id"))
    listing = url("login-details-list", in_rooms)
    sent = {"whose": "rooms", "room": [str(room.pk), "none"], "ids": f"{ids['0001']},{ids['0003']}"}
    assert listed(ingrid.post(listing, sent)) == ["0001", "0003"]
    assert listed(ingrid.post(listing, sent | {"room": [str(room.pk)]})) == ["0001"]
    lost = ingrid.post(listing, sent | {"ids": "nosuchperson"})
    assert lost.status_code == 422
    assert [line.count for line in lost.context["slips"].rooms] == [2, 1]
    assert 'name="ids"' not in page(lost)  # so that the next press opens the rooms that are seen
    shown = ingrid.post(url("login-details-ticked", in_rooms), {"ids": ids["0001"]})
    assert [(line.name, line.count) for line in shown.context["slips"].rooms] == [("Vesthall V101", 1)]


def test_where_none_of_the_ticked_has_login_details_the_page_says_so_and_shows_all(
    in_rooms: Test, ingrid: Client
) -> None:
    other = with_own_login(in_rooms)
    shown = ingrid.post(url("login-details-ticked", in_rooms), {"ids": other.public_id})
    assert "0 of the 1 ticked have login details." in page(shown)
    assert [line.count for line in shown.context["slips"].rooms] == [2, 1]
    assert 'name="ids"' not in page(shown)


def test_a_form_that_says_nobody_never_means_everybody(in_rooms: Test) -> None:
    details = overview(in_rooms, to=Contributor.objects.filter(test=in_rooms, role="planner")[0].user)
    for sent in ({}, {"whose": "rooms"}, {"whose": "rooms", "room": "999999"}, {"whose": "everybody"}):
        assert WhoseForm(QueryDict(urlencode(sent)), details=details).choice == Choice(public_ids=())


def test_without_a_ticked_room_nothing_is_opened_and_the_page_keeps_the_layout(in_rooms: Test, ingrid: Client) -> None:
    response = ingrid.post(url("login-details-print", in_rooms), {"whose": "rooms", "layout": "compact"})
    assert response.status_code == 422
    assert 'href="#id_room_0"' in page(response)
    assert "No room is ticked." in page(response)
    assert response.context["slips"].layout == "compact"
    assert not any(line.is_ticked for line in response.context["slips"].rooms)
    assert not AuditEvent.objects.filter(action__startswith="details").exists()


@pytest.mark.parametrize(("layout", "sheets"), [("page", 0), ("compact", 2)])
def test_one_choice_of_layout_holds_for_print_and_pdf(in_rooms: Test, ingrid: Client, layout: str, sheets: int) -> None:
    sent = EVERYBODY | {"layout": layout}
    assert page(ingrid.post(url("login-details-print", in_rooms), sent)).count('<div class="sheet">') == sheets
    pdf = ingrid.post(url("login-details-pdf", in_rooms), sent)
    words = "one-per-page" if layout == "page" else "six-per-page"
    assert words in pdf["Content-Disposition"]
    assert len(re.findall(rb"/Type /Page\b", pdf.content)) == (sheets or 3)
    assert ingrid.get(url("login-details", in_rooms)).context["slips"].layout == layout


def test_the_ticked_ones_are_carried_over_from_manage_candidates(in_rooms: Test, ingrid: Client) -> None:
    ids = list(Candidate.objects.filter(candidate_id__in=["0001", "0003"]).values_list("public_id", flat=True))
    response = ingrid.post(url("login-details-ticked", in_rooms), {"ids": ",".join(ids)})
    assert response.status_code == 200
    assert "The 2 ticked" in page(response)
    assert not AuditEvent.objects.filter(action__startswith="details").exists()
    sent = {"whose": "ticked", "ids": ",".join(ids)}
    assert listed(ingrid.post(url("login-details-list", in_rooms), sent)) == ["0001", "0003"]


def test_all_that_match_can_be_ticked_at_once(in_rooms: Test, ingrid: Client) -> None:
    response = ingrid.post(url("login-details-ticked", in_rooms) + "?q=0001", {"all_matching": "1"})
    assert "The 1 ticked" in page(response)


def test_ticking_nothing_opens_nothing(in_rooms: Test, ingrid: Client) -> None:
    response = ingrid.post(url("login-details-ticked", in_rooms), {"ids": ""}, follow=True)
    assert response.redirect_chain == [(url("candidates", in_rooms), 302)]
    assert "Nothing is ticked" in page(response)


@pytest.mark.parametrize("whose", ["", "rooms", "rooms 999999", "rooms x", "ticked", "not_printed", "everybody"])
def test_a_choice_that_is_not_offered_opens_nothing(in_rooms: Test, ingrid: Client, whose: str) -> None:
    choice, *rooms = whose.split(" ")
    response = ingrid.post(url("login-details-list", in_rooms), {"whose": choice, "room": rooms})
    assert response.status_code == 422
    assert "Nothing was opened" in page(response)
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.DETAILS_LISTED).exists()


def test_ids_of_another_test_find_nobody(in_rooms: Test, planner: User, ingrid: Client) -> None:
    other = make_test(planner=planner, name="CHE1100")
    (theirs,) = add(other, planner, "secret")
    activated(other, planner)
    response = ingrid.post(url("login-details-list", in_rooms), {"whose": "ticked", "ids": theirs.public_id})
    assert response.status_code == 422
    mine = Candidate.objects.get(test=in_rooms, candidate_id="0001").public_id
    sent = {"whose": "ticked", "ids": f"{mine},{theirs.public_id}"}
    assert listed(ingrid.post(url("login-details-list", in_rooms), sent)) == ["0001"]


# Print, and print again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["login-details-print", "login-details-print-six", "login-details-pdf"])
def test_late_additions_show_as_not_printed_yet(scheduled_exam: Test, ingrid: Client, planner: User, name: str) -> None:
    assert "that changed" not in page(ingrid.get(url("login-details", scheduled_exam)))
    ingrid.post(url(name, scheduled_exam), EVERYBODY)
    add(scheduled_exam, planner, "late1", "late2")
    text = page(ingrid.get(url("login-details", scheduled_exam)))
    assert "2 slips changed since they were printed." in text
    assert "2 are new." in text
    assert "Print the 2 that changed" in text
    response = page(ingrid.post(url("login-details-print", scheduled_exam), {"whose": "not_printed"}))
    assert re.findall(r"Slip for candidate (\w+)", response) == ["late1", "late2"]
    assert "that changed" not in page(ingrid.get(url("login-details", scheduled_exam)))


def test_each_room_says_when_it_was_printed_by_whom_and_what_changed_since(
    in_rooms: Test, ingrid: Client, client_of: ClientOf, planner: User, colleague: User, room: Location
) -> None:
    def rooms() -> list[tuple[str, bool, str, int]]:
        found = ingrid.get(url("login-details", in_rooms)).context["slips"].rooms
        return [(line.name, line.printed_at is not None, line.by, line.changed) for line in found]

    assert rooms() == [("Vesthall V101", False, "", 0), ("Without a room", False, "", 0)]
    ingrid.post(url("login-details-print", in_rooms), {"whose": "rooms", "room": [str(room.pk)]})
    assert rooms() == [("Vesthall V101", True, "Ingrid Solheim", 0), ("Without a room", False, "", 1)]
    client_of(colleague).post(url("login-details-pdf", in_rooms), EVERYBODY)
    assert [(by, changed) for _name, _at, by, changed in rooms()] == [("Marte Aune", 0), ("Marte Aune", 0)]
    # a new password, another room, other times, a new candidate: each is on no paper as it is now
    first, second, third = Candidate.objects.of_test(in_rooms).order_by("sort_key")
    renew_password(candidate=first, by=planner)
    change_location(test=in_rooms, public_ids=[third.public_id], building="Vesthall", room="V101", by=planner)
    change_planned_time(test=in_rooms, public_ids=[second.public_id], how=Change.ADD, minutes=15, by=planner)
    add(in_rooms, planner, "0004", location=("Vesthall", "V102"))
    assert [(name, by, changed) for name, _at, by, changed in rooms()] == [
        ("Vesthall V101", "Marte Aune", 3),
        ("Vesthall V102", "", 1),
    ]
    text = page(ingrid.get(url("login-details", in_rooms)))
    assert "Print the 4 that changed" in text
    assert "1 is new, 3 replace a slip." in text
    assert text.index("Never printed") > text.index("Vesthall V102")
    printed = page(ingrid.post(url("login-details-print", in_rooms), {"whose": "not_printed"}))
    assert re.findall(r"Slip for candidate (\w+)", printed) == ["0001", "0002", "0003", "0004"]
    assert [line.changed for line in ingrid.get(url("login-details", in_rooms)).context["slips"].rooms] == [0, 0]


def test_a_slip_of_before_prints_were_kept_counts_as_printed(in_rooms: Test, ingrid: Client) -> None:
    Candidate.objects.update(slip_printed_version=1)
    lines = ingrid.get(url("login-details", in_rooms)).context["slips"].rooms
    assert [(line.was_printed, line.printed_at, line.changed) for line in lines] == [(True, None, 0)] * 2


def test_whoever_printed_and_was_deleted_since_leaves_the_time(
    in_rooms: Test, client_of: ClientOf, ingrid: Client, colleague: User
) -> None:
    client_of(colleague).post(url("login-details-print", in_rooms), EVERYBODY)
    colleague.delete()
    lines = ingrid.get(url("login-details", in_rooms)).context["slips"].rooms
    assert [(line.printed_at is not None, line.by) for line in lines] == [(True, "")] * 2


@pytest.mark.parametrize("name", ["login-details-list", "login-details-csv"])
def test_a_list_or_a_file_is_no_print(scheduled_exam: Test, ingrid: Client, name: str) -> None:
    ingrid.post(url(name, scheduled_exam), EVERYBODY)
    assert not Candidate.objects.filter(slip_printed_version__isnull=False).exists()


def test_the_last_openings_are_listed_and_all_of_them_where_they_are_asked_for(
    scheduled_exam: Test, ingrid: Client
) -> None:
    ingrid.post(url("login-details-print", scheduled_exam), EVERYBODY)
    one = Candidate.objects.get(test=scheduled_exam, candidate_id="0002")
    ingrid.post(reverse("reveal-login", args=[scheduled_exam.public_id, one.public_id]))
    response = ingrid.get(url("login-details", scheduled_exam))
    assert [(line.what, line.count, line.whom) for line in response.context["openings"]] == [
        ("Shown", 1, "0002"),
        ("Printed, one per page", 3, ""),
    ]
    assert "Shown: candidate 0002" in page(response)
    panel = page(ingrid.get(reverse("deliver-test", args=[scheduled_exam.public_id])))
    assert re.search(r"Last printed</dt><dd>[^<]*, 3 candidates</dd>", panel)
    assert re.search(r"Last shown</dt><dd>[^<]*, candidate 0002</dd>", panel)
    for _turn in range(4):
        ingrid.post(url("login-details-list", scheduled_exam), EVERYBODY)
    short = ingrid.get(url("login-details", scheduled_exam))
    assert (len(short.context["openings"]), "All 6" in page(short)) == (5, True)
    assert len(ingrid.get(url("login-details", scheduled_exam) + "?all=1").context["openings"]) == 6


def test_printing_again_changes_nothing(scheduled_exam: Test, ingrid: Client, client: Client) -> None:
    stored = list(User.objects.filter(kind="one_time").values_list("username", "password", "sealed_password__token"))
    first = page(ingrid.post(url("login-details-csv", scheduled_exam), EVERYBODY))
    for name in OPENERS:
        ingrid.post(url(name, scheduled_exam), EVERYBODY)
    assert page(ingrid.post(url("login-details-csv", scheduled_exam), EVERYBODY)) == first
    again = User.objects.filter(kind="one_time").values_list("username", "password", "sealed_password__token")
    assert list(again) == stored
    row = next(csv.DictReader(io.StringIO(first)))
    assert client.post(reverse("login"), {"username": row["Username"], "password": row["Password"]}).status_code == 302


# Purged, broken, hard to print ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("purge", [True, False], ids=["the purge has come", "the purge is late"])
def test_after_the_purge_the_page_says_so_and_nothing_opens(
    scheduled_exam: Test, client_of: ClientOf, planner: User, clock: Clock, purge: bool
) -> None:
    clock.set(scheduled_exam.window[1] + timedelta(hours=25))
    if purge:
        SealedPassword.objects.all().delete()
    ingrid = client_of(planner)
    text = page(ingrid.get(url("login-details", scheduled_exam)))
    assert "The passwords of this test are no longer kept." in text
    assert "Show as list" not in text
    response = ingrid.post(url("login-details-list", scheduled_exam), EVERYBODY)
    assert response.status_code == 409
    assert refused(scheduled_exam, AuditEvent.Action.DETAILS_LISTED) == ["purged"]


@pytest.fixture
def one_broken(scheduled_exam: Test) -> Test:
    """The exam, where the copy of 0002 lies under a key that this server does not have."""
    copy = SealedPassword.objects.filter(user__candidacies__candidate_id="0002")
    copy.update(token=Fernet(Fernet.generate_key()).encrypt(b"{}").decode())
    return scheduled_exam


def test_a_lost_key_is_said_with_names_and_what_to_do(one_broken: Test, ingrid: Client) -> None:
    text = page(ingrid.get(url("login-details", one_broken)))
    assert "1 password cannot be opened." in text
    assert "Logging in still works. Give a new password" in text
    candidate = Candidate.objects.get(candidate_id="0002")
    assert url("renew-password", one_broken, candidate.public_id) in text
    shown = ingrid.post(url("login-details-list", one_broken), EVERYBODY)
    assert listed(shown) == ["0001", "kari"]
    assert "1 password cannot be opened and is missing here." in page(shown)


@pytest.mark.parametrize("name", [name for name in OPENERS if name != "login-details-list"])
def test_paper_and_files_that_would_lack_somebody_ask_first(one_broken: Test, ingrid: Client, name: str) -> None:
    response = ingrid.post(url(name, one_broken), EVERYBODY)
    assert response.status_code == 409
    assert "0002" in page(response)
    assert "Go on with 2 slips" in page(response)
    assert not Candidate.objects.filter(slip_printed_version__isnull=False).exists()
    assert refused(one_broken, OPENERS[name]) == ["not_whole"]
    assert ingrid.post(url(name, one_broken), {**EVERYBODY, "anyway": "1"}).status_code == 200
    assert not Candidate.objects.filter(candidate_id="0002", slip_printed_version__isnull=False).exists()


def test_going_on_without_them_keeps_rooms_and_layout(one_broken: Test, ingrid: Client) -> None:
    sent = {"whose": "rooms", "room": ["none"], "layout": "compact"}
    asked = page(ingrid.post(url("login-details-print", one_broken), sent))
    again = dict(re.findall(r'<input type="hidden" name="(whose|room|layout)" value="([^"]+)">', asked))
    assert again == {"whose": "rooms", "room": "none", "layout": "compact"}
    printed = page(ingrid.post(url("login-details-print", one_broken), {**again, "anyway": "1"}))
    assert '<div class="sheet">' in printed
    assert "Go on with" not in printed


def test_a_name_that_the_pdf_cannot_show_is_named_with_the_browser_as_advice(
    exam: Test, ingrid: Client, planner: User
) -> None:
    add(exam, planner, "0001", "𒀀𒁀")
    activated(exam, planner)
    response = ingrid.post(url("login-details-pdf", exam), EVERYBODY)
    assert response.status_code == 409
    assert "𒀀𒁀" in page(response)
    assert "Your browser has more fonts" in page(response)
    assert ingrid.post(url("login-details-print", exam), EVERYBODY).status_code == 200


# Who may --------------------------------------------------------------------------------------------------------------


def test_the_page_itself_takes_no_post(scheduled_exam: Test, ingrid: Client) -> None:
    assert ingrid.post(url("login-details", scheduled_exam)).status_code == 405


@pytest.mark.parametrize("who", ["invigilator", "grader", "administrator"])
@pytest.mark.parametrize("name", ["login-details", *OPENERS])
def test_other_roles_get_403(
    scheduled_exam: Test, client_of: ClientOf, request: pytest.FixtureRequest, who: str, name: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    send = client.get if name == "login-details" else client.post
    assert send(url(name, scheduled_exam), EVERYBODY).status_code == 403
    if name in OPENERS:
        assert refused(scheduled_exam, OPENERS[name]) == ["no_access"]


@pytest.mark.parametrize("name", ["login-details", "login-details-ticked", *OPENERS])
def test_a_stranger_gets_404_and_the_try_is_recorded(
    scheduled_exam: Test, client_of: ClientOf, stranger: User, name: str
) -> None:
    client = client_of(stranger)
    send = client.get if name == "login-details" else client.post
    assert send(url(name, scheduled_exam), EVERYBODY).status_code == 404
    assert send(reverse(name, args=["nosuchtest22"]), EVERYBODY).status_code == 404
    if name in OPENERS:
        (event,) = AuditEvent.objects.filter(action=OPENERS[name])
        assert (event.actor, event.test, event.outcome) == (stranger, scheduled_exam, "refused")


@pytest.mark.parametrize("name", ["login-details", *OPENERS])
def test_signed_out_people_are_sent_to_the_login_page(scheduled_exam: Test, client: Client, name: str) -> None:
    response = (
        client.get(url(name, scheduled_exam)) if name == "login-details" else client.post(url(name, scheduled_exam))
    )
    if name == "login-details":
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("login"))
    else:
        # back to the page with the buttons: an address that only takes a POST would be a dead end
        back = f"{reverse('login')}?next={url('login-details', scheduled_exam)}"
        assert (response.status_code, response["Location"]) == (302, back)


@pytest.mark.parametrize(("name", "action"), OPENERS.items())
def test_before_activation_a_try_is_refused_and_recorded(
    exam: Test, candidates: object, ingrid: Client, name: str, action: AuditEvent.Action
) -> None:
    response = ingrid.post(url(name, exam), EVERYBODY)
    assert response.status_code == 409
    assert "Login details can be seen once the test is activated." in page(response)
    assert refused(exam, action) == ["not_activated"]
    assert done(exam, action) == []


# 1500 -----------------------------------------------------------------------------------------------------------------


def queries(client: Client, path: str, data: dict[str, str] | None) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path) if data is None else client.post(path, data)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["login-details", *OPENERS])
def test_the_number_of_queries_does_not_grow(exam: Test, ingrid: Client, planner: User, name: str) -> None:
    data = None if name == "login-details" else EVERYBODY
    add_many(exam, planner, 10)
    activated(exam, planner)
    ten = queries(ingrid, url(name, exam), data)
    add_many(exam, planner, 190)
    assert queries(ingrid, url(name, exam), data) <= ten <= 16


# Nowhere else ---------------------------------------------------------------------------------------------------------


def test_a_password_is_found_nowhere_but_on_what_was_asked_for(
    scheduled_exam: Test,
    planner: User,
    ingrid: Client,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    candidate = Candidate.objects.get(candidate_id="0001")
    for logger in ("", "django", "django.db.backends", "django.request", "django.template", "candidates", "axes"):
        caplog.set_level(logging.DEBUG, logger=logger)
        monkeypatch.setattr(logging.getLogger(logger), "propagate", True)
    planted = {password_of(candidate)}
    answers = []
    with CaptureQueriesContext(connection):
        for name in OPENERS:
            ingrid.post(url(name, scheduled_exam), EVERYBODY)
        answers.append(ingrid.get(url("login-details", scheduled_exam)))
        ingrid.post(url("reveal-login", scheduled_exam, candidate.public_id))
        answers.append(ingrid.post(url("renew-password", scheduled_exam, candidate.public_id)))
        planted.add(password_of(candidate))
        answers.append(ingrid.get(answers[-1]["Location"]))
        ingrid.post(url("login-details-list", scheduled_exam), EVERYBODY)
    assert len(planted) == 2
    assert any(record.name == "django.db.backends" for record in caplog.records)
    everywhere = "\n".join(
        [
            caplog.text,
            *(str(answer.headers) + answer.content.decode() for answer in answers),
            *(repr(event.__dict__) for event in AuditEvent.objects.all()),
            *(repr(session.get_decoded()) for session in Session.objects.all()),
            *(repr(copy.__dict__) + repr(copy) + str(copy) for copy in SealedPassword.objects.all()),
            *(repr(user.__dict__) + repr(user) for user in User.objects.all()),
            repr(overview(scheduled_exam, to=planner)),
        ]
    ).casefold()
    for password in planted:
        assert password not in everywhere
        assert show_password(password) not in everywhere

"""The drill: 1500 people cannot log in, and a minute later all their slips are a PDF (P12)."""

import re
import time
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.models import Candidate, Test, User
from tests.factories import activated, add_sso, open_now

pytestmark = pytest.mark.django_db
SECONDS = 60
KEPT = (
    *("candidate_id", "user", "sso_user_id", "private_reference", "extra_minutes", "incident_minutes"),
    *("location", "started_at", "submission__answer", "submission__revision"),
)
ROOMS = [("Vesthall", f"V{number}") for number in range(101, 113)]


@pytest.fixture
def everybody(exam: Test, planner: User) -> Test:
    """The open exam with 1500 SSO candidates in twelve rooms, added in an order that is not that of the rooms."""
    for place, room in enumerate(reversed(ROOMS)):
        extra = 30 if place == 3 else 0
        add_sso(exam, planner, *(f"{1000 + 125 * place + n}" for n in range(125)), location=room, extra=extra)
    open_now(activated(exam, planner))
    first = Candidate.objects.of_test(exam).order_by("sort_key").values_list("public_id", flat=True)[:50]
    change_incident_time(test=exam, public_ids=list(first), how=Change.ADD, minutes=15, reason="SSO", by=planner)
    return exam


def kept(test: Test) -> list[tuple[object, ...]]:
    return list(Candidate.objects.of_test(test).order_by("pk").values_list(*KEPT))


@pytest.mark.slow
def test_1500_slips_are_a_pdf_a_minute_after_the_press(
    everybody: Test, planner: User, client_of: Callable[[User | None], Client]
) -> None:
    browser, before = client_of(planner), kept(everybody)
    args = [everybody.public_id]
    started = time.process_time()  # of this process: others on a busy machine do not count
    asked = browser.post(reverse("candidates-one-time-login", args=args) + "?login=missing", {"all_matching": "1500"})
    sent = {"ids": asked.context["ids"]}
    page = browser.post(reverse("candidates-one-time-login-give", args=args), sent, follow=True)
    slips = {"whose": "ticked", "ids": page.context["form"]["ids"].value()}
    paper = browser.post(reverse("login-details-pdf", args=args), slips)
    seconds = time.process_time() - started
    assert paper["Content-Type"] == "application/pdf"
    assert len(re.findall(rb"/Type /Page\b(?!s)", paper.content)) == 1500
    assert paper.content.rstrip().endswith(b"%%EOF")
    assert seconds <= SECONDS
    print(f"1500 one-time logins, from the press to the PDF: {seconds:.1f} s of a processor")
    assert kept(everybody) == before
    assert Candidate.objects.of_test(everybody).filter(slip_printed_version=1).count() == 1500
    listed = browser.post(reverse("login-details-list", args=args), slips).context["slips"]
    assert [slip.room for slip in listed] == [room for _building, room in ROOMS for _n in range(125)]
    assert len({slip.username for slip in listed}) == 1500
    for slip in (listed[0], listed[749], listed[1499]):
        candidate = Client()
        login = {"username": slip.username, "password": slip.password}
        assert candidate.post(reverse("login"), login)["Location"] == reverse("dashboard")
        assert slip.candidate_id in candidate.get(reverse("dashboard")).content.decode()

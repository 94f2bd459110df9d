"""The history of one candidate: what happened to this one, whoever else had the same ID."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from candidates.credentials.opening import Choice, open_details
from candidates.lifecycle.accommodations import Change, change_incident_time
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.editing import details_of, edit_candidate
from candidates.lifecycle.removal import remove_candidates
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import AttendanceMark, AuditEvent, Candidate
from tests.factories import activated, add, add_many, open_now, password_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def address(candidate):
    return reverse("candidate-history", args=[candidate.test.public_id, candidate.public_id])


def lines(response):
    """Return who and what of each line, newest first."""
    rows = re.findall(r'<td class="key">(.*?)</td><td class="line">(.*?)</td>', response.content.decode(), re.DOTALL)
    return [(unescape(who), unescape(what).strip()) for who, what in rows]


@pytest.fixture
def told(exam, planner, invigilator):
    """Somebody to whom everything happens, among others to whom the same acts happen."""
    gone, *_others = add(exam, planner, "0001", "0002", "0003")
    remove_candidates(test=exam, public_ids=[gone.public_id], by=planner)  # who had the ID before
    add(exam, planner, "0001")
    one = Candidate.objects.select_related("test", "location").get(test=exam, candidate_id="0001")
    seen = details_of(one)
    edit_candidate(
        candidate=one, old=seen, new=seen.__class__("0001", 30, ("", ""), "477031", "", "Aas, Reidun"), by=planner
    )
    open_now(activated(exam, planner))
    open_details(test=exam, choice=Choice(), action=AuditEvent.Action.DETAILS_PRINTED, by=planner)
    one = Candidate.objects.select_related("test", "user").get(pk=one.pk)
    assert one.user is not None
    Client(headers={"user-agent": FIREFOX}).post(
        "/login/", {"username": one.user.username, "password": password_of(one)}
    )
    start(candidate=one)
    save_answer(candidate=one, answer="One", base_revision=0)
    save_answer(candidate=one, answer="Two", base_revision=1)
    change_incident_time(
        test=exam, public_ids=[one.public_id], how=Change.ADD, minutes=10, reason="Fire alarm", by=planner
    )
    mark = AttendanceMark.About
    marks = [(mark.PRESENCE, "present", ""), (mark.ID_CHECK, "verified", ""), (mark.NOTE, "", "Left at 10:20")]
    mark_at_the_door(
        test=exam,
        marks=[
            NewMark(nonce=uuid4().hex, public_id=one.public_id, about=about, value=value, text=text, at=timezone.now())
            for about, value, text in marks
        ],
        by=invigilator,
        rooms=(),
    )
    submit(candidate=one, answer=None, base_revision=2)
    return one


def test_it_tells_what_happened_from_being_added_to_handing_in(told, planner, client_of):
    response = client_of(planner).get(address(told))
    said = [what for _who, what in lines(response)]
    order = [
        "Submitted the test",
        "Noted: Left at 10:20",
        "ID check verified",
        "Attendance present",
        "Changed the incident time of candidate 0001: +10 min. Reason: Fire alarm",
        "Started the test",
        "Logged in with Firefox on Windows",
        "Printed login details: ",
        "Changed candidate 0001: extra time from 0 to 30; name; private reference",
        "Added to the test",
    ]
    assert all(what.startswith(words) for what, words in zip(said, order, strict=True))
    assert ("Ingrid Solheim", "Added to the test") in lines(response)
    assert ("Jonas Eriksen", "ID check verified") in lines(response)
    text = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    assert "Saved 2 times, last" in text or "Saved 3 times, last" in text
    assert "Incident time 10 minutes" in text
    assert "Reidun" not in text  # the audit and the history name nobody


def test_the_page_of_a_candidate_leads_there_and_nobody_but_planners_reads_it(told, planner, invigilator, client_of):
    page = client_of(planner).get(reverse("candidate", args=[told.test.public_id, told.public_id]))
    assert address(told) in page.content.decode()
    assert client_of(invigilator).get(address(told)).status_code == 403


def test_of_an_untouched_candidate_it_says_when_they_were_added(exam, planner, client_of):
    add_many(exam, planner, 3)
    one = Candidate.objects.select_related("test").filter(test=exam).first()
    assert lines(client_of(planner).get(address(one))) == [("Ingrid Solheim", "Added to the test")]

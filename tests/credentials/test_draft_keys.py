"""The keys of drafts in the browser: one for each candidate on each test, the same again after a new login."""

import base64
import logging
import re
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from candidates.credentials.draft_keys import draft_keys
from candidates.lifecycle.sitting import start, submit
from candidates.models import Candidate, Test, User
from tests.factories import activated, add, make_test

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
IN_PAGE = re.compile(r'data-draft-keys="([^"]*)"')


def keys_in(client: Client, candidate: Candidate) -> list[str]:
    return IN_PAGE.findall(client.get(f"/test/{candidate.test.public_id}/").content.decode())


def test_it_is_an_aes_key_of_its_own_for_each_candidate_and_each_test(open_exam: Test, planner: User) -> None:
    other_test = make_test(planner=planner, name="Another")
    places = [*Candidate.objects.filter(test=open_exam), *add(other_test, planner, "0001", "0002")]
    keys = [draft_keys(place) for place in places]
    assert len(set(keys)) == len(places) == 5
    assert {len(base64.b64decode(key)) for key in keys} == {32}


def test_it_is_the_same_again_and_a_former_one_goes_along_after_a_rotation(
    candidate: Candidate, settings: Settings
) -> None:
    before = draft_keys(candidate)
    assert draft_keys(candidate) == before
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one"
    newest, former = draft_keys(candidate).split()
    assert former == before
    assert newest != before


def test_the_page_of_the_test_alone_has_it_for_its_candidate_alone(
    candidate: Candidate, open_exam: Test, client_of: ClientOf, planner: User, invigilator: User
) -> None:
    start(candidate=candidate)
    key = draft_keys(candidate)
    client = client_of(candidate.user)
    assert keys_in(client, candidate) == [key]
    for address in ("/dashboard/", "/dashboard/archive/", f"/test/{open_exam.public_id}/submit/"):
        assert key not in client.get(address).content.decode()
    submit(candidate=candidate, answer=None, base_revision=0)
    assert keys_in(client, candidate) == [key]  # what did not come through is shown with the receipt
    other = Candidate.objects.exclude(pk=candidate.pk).filter(test=open_exam).select_related("user", "test")[0]
    start(candidate=other)
    assert keys_in(client_of(other.user), other) == [draft_keys(other)]
    for somebody in (planner, invigilator, None):
        assert keys_in(client_of(somebody), candidate) == []


def test_no_browser_or_proxy_keeps_the_page_and_no_log_has_the_key(
    candidate: Candidate, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    start(candidate=candidate)
    with caplog.at_level(logging.DEBUG):
        answer = client_of(candidate.user).get(f"/test/{candidate.test.public_id}/")
    assert draft_keys(candidate) in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert draft_keys(candidate) not in caplog.text


def test_a_demo_test_has_none(client_of: ClientOf, planner: User) -> None:
    demo = activated(Test.objects.create(name="Writing", is_demo=True), planner)
    page = client_of(planner).get(f"/test/{demo.public_id}/?started").content.decode()
    assert IN_PAGE.findall(page) == [""]

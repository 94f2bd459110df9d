"""Markup, template tags and line breaks in whatever people type are text on every page of everybody (C43)."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from candidates.lifecycle.sitting import start, submit
from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import Candidate, PermanentUser, PermanentUserList, Test, User
from tests.factories import activated, add, make_permanent, open_now
from tests.intake.lists import confirmed, waiting
from tests.test_access_table import PARAMETERS

pytestmark = [pytest.mark.django_db, pytest.mark.pages]
ClientOf = Callable[[User | None], Client]
MARKUP = "<script>alert(1)</script>"
HOSTILE = f"{MARKUP}\"'{{{{7*7}}}}%0d%0a"
RAW = (MARKUP[:-9], "\"'{{7*7}}", "49%0d")


@pytest.fixture
def hostile(exam: Test, planner: User, administrator: User) -> Test:
    """The exam, with a hostile text in everything that somebody can type; one candidate has handed one in."""
    User.objects.filter(kind=User.Kind.STAFF).update(name=HOSTILE)
    place = ("<b>Vesthall</b>", HOSTILE)
    add(exam, planner, HOSTILE, location=place)
    confirmed(waiting(exam, planner, f"Candidate ID\n{MARKUP}\n", name=f"{HOSTILE}.csv"), planner)
    waiting(exam, planner, f"Candidate ID;Extra time\n0007;{MARKUP}\n", name=f"../{HOSTILE}")
    made = make_list(name=HOSTILE, by=planner)
    person = make_permanent(HOSTILE[:90], HOSTILE[:90])
    add_members(one=made, keys=[person.pk], by=planner)
    Test.objects.filter(pk=exam.pk).update(name=HOSTILE, information=HOSTILE, questions=HOSTILE)
    Candidate.objects.filter(test=exam).update(private_reference=HOSTILE)
    exam.refresh_from_db()
    test = open_now(activated(exam, planner))
    one = Candidate.objects.select_related("test").get(test=test, candidate_id=HOSTILE)
    start(candidate=one)
    submit(candidate=one, answer=HOSTILE, base_revision=0)
    return test


# By whom: the pages on which something of it stands, and what is asked for by a form.
MAX_ROWS_SEARCHED = {
    "planner": (
        [
            "deliver-tests",
            "deliver-test",
            "edit-test",
            "candidates",
            "candidate",
            "imports",
            "import-preview",
            "results",
        ],
        ["candidates-extra-time", "candidates-location", "candidates-remove", "login-details-list"],
    ),
    "planner, too": (
        ["user-lists", "user-list", "user-list-share", "permanent-users", "permanent-user", "add-permanent"],
        ["login-details-print", "login-details-print-six"],
    ),
    "invigilator": (["monitor", "monitor-test", "monitor-live", "monitor-candidate"], ["reveal-login"]),
    "grader": (["grade", "grade-test", "grade-submission"], []),
    "administrator": (["permanent-users", "permanent-user", "user-lists", "user-list"], []),
    "candidate": (["archive", "sit"], []),
}


@pytest.mark.parametrize("who", MAX_ROWS_SEARCHED)
def test_what_people_type_is_text_on_every_page(
    hostile: Test, client_of: ClientOf, request: pytest.FixtureRequest, who: str
) -> None:
    place = Candidate.objects.select_related("user").get(test=hostile, candidate_id=HOSTILE)
    client = client_of(place.user if who == "candidate" else request.getfixturevalue(who.split(",")[0]))
    ids = {
        "test_id": hostile.public_id,
        "candidate": place.public_id,
        "draft_id": hostile.imports.waiting().get().public_id,
        "list_id": PermanentUserList.objects.get().public_id,
        "user_id": PermanentUser.objects.get().public_id,
    }
    pages, forms = MAX_ROWS_SEARCHED[who]
    for name in (*pages, *forms):
        address = reverse(name, kwargs={key: ids[key] for key in PARAMETERS[name]})
        answer = (
            client.get(address) if name in pages else client.post(address, {"whose": "all", "ids": place.public_id})
        )
        page = answer.content.decode()
        assert answer.status_code == 200, name
        assert "&lt;script&gt;alert(1)" in page, name
        assert not [raw for raw in RAW if raw in page], name


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("planner", "candidates-download"),
        ("planner", "login-details-csv"),
        ("planner", "login-details-pdf"),
        ("planner", "key-list-csv"),
        ("planner", "monitor-csv"),
        ("planner", "monitor-xlsx"),
        ("grader", "grade-csv"),
        ("grader", "grade-xlsx"),
    ],
)
def test_no_file_takes_its_name_from_what_people_type(
    hostile: Test, client_of: ClientOf, request: pytest.FixtureRequest, who: str, name: str
) -> None:
    kind = {"kind": "csv"} if "kind" in PARAMETERS[name] else {}
    address = reverse(name, kwargs={"test_id": hostile.public_id, **kind})
    answer = client_of(request.getfixturevalue(who)).post(address, {"whose": "all", "anyway": "on"})
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.(csv|pdf|xlsx)"', answer["Content-Disposition"])

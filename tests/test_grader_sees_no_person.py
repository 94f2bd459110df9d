"""Crawl every page that a grader can reach, and find nobody (P8, C68); the same for names on Monitor."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.db.models import Q
from django.utils import timezone

from candidates.intake.kinds import NUMBERS
from candidates.intake.mending import PreviewAction, mend
from candidates.intake.selecting import keep_selection
from candidates.lifecycle.attendance import NewMark, mark_at_the_door
from candidates.lifecycle.sitting import save_answer, start, submit
from candidates.models import Candidate, Location, PermanentUser, SsoIdentity, Test, User
from candidates.models.accounts import show_username
from tests.factories import Role, activated, add, contribute, give_logins, make_permanent, make_test, open_now
from tests.intake.lists import confirmed

# Neither a random id nor anything that the product says contains one of these.
NAMES = ("canaryname", "canaryuser", "canarymail", "canarysso", "canaryreference", "canaryexternal", "canarycalled")
SEATS = ("canaryseat",)
PLACES = ("canarybuilding", "canaryroom")
NOTES = ("canarynotes",)
AT_THE_DOOR = (("presence", "present", ""), ("id_check", "rejected", ""), ("note", "", "Canarycalled has no card"))
KINDS = ("canaryprovider", "one-time", "permanent")
MINUTES = ("1101", "1011")  # planned and incident; random ids have no 0 and no 1
UNREACHED = "/nowhere/at/all/"
RANDOM = {"sessionid", "csrftoken"}


class Links(HTMLParser):
    """The addresses that a page leads to: links, images, scripts, forms of both methods, htmx."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.gets: list[str] = []
        self.posts: list[str] = []
        self.form: tuple[str, str, dict[str, str]] | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Collect what the element leads to."""
        found = {name: value or "" for name, value in attrs}
        self.gets += [found[name] for name in ("href", "src", "hx-get") if name in found]
        if tag == "form":
            self.form = (found.get("method", "get"), found.get("action", ""), {})
        elif tag in ("input", "select") and self.form and "name" in found:
            self.form[2][found["name"]] = found.get("value", "")
        elif tag == "button" and "sort" in found.get("name", ""):
            self.gets.append("?" + urlencode({"sort": found.get("value", "")}))

    def handle_endtag(self, tag):
        """Note where a form leads, once all its fields are known."""
        if tag == "form" and self.form:
            method, action, fields = self.form
            if method == "get":
                self.gets.append(f"{action}?{urlencode(fields)}")
            else:
                self.posts.append(action)
            self.form = None


def crawl(client, starts, *, within=("/",), stop=()):
    """Ask for every address that can be reached from the given ones; return all answers by method and address."""
    answers = {}
    waiting = [("GET", start) for start in starts]
    while waiting:
        method, address = waiting.pop()
        path = urlsplit(address).path
        outside = not path.startswith(within) or path.startswith("/static/") or any(part in path for part in stop)
        if (method, address) in answers or outside or path in {"/logout/", "/account/log-out-everywhere/"}:
            continue
        response = client.get(address) if method == "GET" else client.post(address, {})
        answers[method, address] = response
        if response.has_header("Location"):
            waiting.append(("GET", urljoin(address, response["Location"])))
        if response["Content-Type"].startswith("text/html"):
            links = Links(response.content.decode())
            here = [urljoin(address, link).split("#")[0] for link in links.gets if not link.startswith("data:")]
            waiting += [("GET", link) for link in here]
            waiting += [("POST", urljoin(address, action)) for action in links.posts]
    return answers


def text_of(response):
    """Return what was sent, headers and cookies included, without what is random in it, in lower case."""
    headers = [f"{name}: {value}" for name, value in response.items() if name != "Content-Length"]
    headers += [f"{name}={cookie.value}" for name, cookie in response.cookies.items() if name not in RANDOM]
    body = response.content.decode("utf-8", errors="replace")
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", body)
    return "\n".join([*headers, body]).casefold()


def found_in(answers, words):
    return [(key, word) for key, response in answers.items() for word in words if word in text_of(response)]


@pytest.fixture
def test_with_people(planner, grader, invigilator):
    """A test whose candidates carry a canary in everything that is known of them; two have submitted."""
    test = make_test(planner=planner, information="canarynotes", questions="Why?")
    contribute(test, grader, Role.GRADER)
    contribute(test, invigilator, Role.INVIGILATOR)
    place = Location.objects.create(building="canarybuilding", room="canaryroom")
    add(test, planner, "2001", "2002", "2003")
    common = {
        "location": place,
        "private_reference": "canaryreference",
        "name": "Canarycalled, Anna",
        "extra_minutes": 1101,
        "incident_minutes": 1011,
    }
    for number, kind in ((2004, "sso"), (2005, "permanent")):
        user = User.objects.create_user(f"canaryuser-{kind}", kind=kind)
        sso = {"authentication_type": "canaryprovider", "sso_user_id": "canarysso@example"} if kind == "sso" else {}
        if sso:
            SsoIdentity.objects.create(user=user, sso_key="canarysso@example", **sso)
        if kind == "permanent":
            PermanentUser.objects.create(
                user=user, first_name="canaryname", last_name="canaryname", external_id="canaryexternal"
            )
        text = str(number)
        Candidate.objects.create(
            test=test, kind=kind, candidate_id=text, candidate_key=text, sort_key=f"0{text}", user=user, **sso
        )
    Test.objects.filter(pk=test.pk).update(candidate_count=5)
    test = open_now(activated(test, planner))
    give_logins(test, planner, Candidate.objects.get(test=test, candidate_id="2004"))
    Candidate.objects.filter(test=test).update(**common)
    for number, candidate in enumerate(Candidate.objects.filter(test=test)):
        Candidate.objects.filter(pk=candidate.pk).update(seat=f"canaryseat {number}")
    User.objects.filter(candidacies__test=test).update(name="canaryname", email="canarymail@example.org")
    now = timezone.now()
    for candidate in Candidate.objects.filter(test=test, candidate_id__in=["2001", "2004"]).select_related("test"):
        start(candidate=candidate)
        save_answer(candidate=candidate, answer="An answer", base_revision=0)
        submit(candidate=candidate, answer=None, base_revision=1)
    Candidate.objects.filter(test=test).update(logged_in_at=now, last_seen_at=now - timedelta(minutes=4))
    first = Candidate.objects.get(test=test, candidate_id="2001")
    marks = [NewMark(first.public_id, about, value, f"{about}-1", now, text) for about, value, text in AT_THE_DOOR]
    mark_at_the_door(test=test, marks=marks, by=invigilator, rooms=())
    return test


@pytest.fixture
def test_with_permanent_users(planner, grader, invigilator):
    """A test of permanent users who were added with generated numbers instead of their names; one has submitted."""
    test = make_test(planner=planner, questions="Why?")
    contribute(test, grader, Role.GRADER)
    contribute(test, invigilator, Role.INVIGILATOR)
    people = [
        make_permanent(
            "Canaryname",
            "Canaryname" if number < 2 else "Canarylast",
            username=f"canaryuser{number}",
            email="canarymail@example.org",
            external_id=f"canaryexternal{number}",
        )
        for number in range(3)
    ]
    draft = keep_selection(test=test, by=planner, keys=[person.pk for person in people])
    mend(draft, (), PreviewAction(for_all=NUMBERS))
    confirmed(draft, planner)
    test = open_now(activated(test, planner))
    first = Candidate.objects.select_related("test").get(test=test, candidate_id="0001")
    start(candidate=first)
    save_answer(candidate=first, answer="An answer", base_revision=0)
    submit(candidate=first, answer=None, base_revision=1)
    return test


def test_a_grader_sees_nothing_of_permanent_users_with_generated_numbers(
    test_with_permanent_users, grader, invigilator, client_of
):
    test = test_with_permanent_users
    words = [*NAMES, "canarylast"]
    answers = crawl(client_of(grader), ["/", "/grade/", f"/grade/tests/{test.public_id}/", *errors_of(test)])
    assert "0001" in text_of(answers["GET", f"/grade/tests/{test.public_id}/"])
    assert found_in(answers, words) == []
    Test.objects.filter(pk=test.pk).update(invigilators_see_names=False)
    answers = crawl(
        client_of(invigilator), [f"/monitor/tests/{test.public_id}/"], within=("/monitor/",), stop=("/login/",)
    )
    assert found_in(answers, words) == []


def test_the_planner_sees_who_they_are(test_with_permanent_users, planner, client_of):
    page = client_of(planner).get(f"/deliver/tests/{test_with_permanent_users.public_id}/candidates/")
    assert '<td class="name">Canarylast, Canaryname</td>' in page.content.decode()


def logins(test):
    """Return every user name, as stored and as printed."""
    whose = Q(candidacies__test=test) | Q(stands_in_for__test=test)
    names = list(User.objects.filter(whose).values_list("username", flat=True))
    assert len(names) == 6  # five candidates, one of them with a second login
    return [*names, *(show_username(name) for name in names)]


def errors_of(test):
    """Return addresses that answer 403, 404 and 405 to graders and invigilators alike."""
    public_ids = list(Candidate.objects.filter(test=test).values_list("public_id", flat=True))
    return [
        UNREACHED,
        f"/deliver/tests/{test.public_id}/",
        f"/deliver/tests/{test.public_id}/candidates/",
        f"/deliver/tests/{test.public_id}/results/",
        f"/deliver/tests/{test.public_id}/results/scale/",
        f"/grade/tests/{test.public_id}/000000000000/",
        *(f"/deliver/tests/{test.public_id}/candidates/{public_id}/" for public_id in public_ids),
        f"/test/{test.public_id}/",
        "/permanent-users/",
        *(f"/permanent-users/{one.public_id}/" for one in PermanentUser.objects.all()),
    ]


def test_a_grader_sees_no_person_in_any_byte(test_with_people, grader, client_of):
    client = client_of(grader)
    starts = ["/", "/grade/", f"/monitor/tests/{test_with_people.public_id}/", *errors_of(test_with_people)]
    answers = crawl(client, starts)
    public_ids = Candidate.objects.filter(test=test_with_people).values_list("public_id", flat=True)
    for public_id in public_ids:
        assert ("GET", f"/grade/tests/{test_with_people.public_id}/{public_id}/") in answers
    assert any(method == "POST" and "csv" in address for method, address in answers)
    assert {response.status_code for response in answers.values()} >= {200, 302, 403, 404, 422}
    assert "2004" in text_of(answers["GET", f"/grade/tests/{test_with_people.public_id}/"])
    assert found_in(answers, [*NAMES, *PLACES, *SEATS, *NOTES, *logins(test_with_people)]) == []
    grading = {key: answer for key, answer in answers.items() if key[1].startswith("/grade/")}
    assert found_in(grading, [*KINDS, *MINUTES]) == []


@pytest.mark.parametrize("word", ["canarycalled", "canaryroom", "canarysso", "canaryreference", "canaryuser-sso"])
def test_looking_for_a_person_answers_like_looking_for_nobody(word, test_with_people, grader, client_of):
    client = client_of(grader)

    def asked(text):
        response = client.get(f"/grade/tests/{test_with_people.public_id}/", {"q": text, "sort": text, "show": text})
        body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
        return response.status_code, body.replace(text, "")

    assert asked(word) == asked("qqqqqq")


COLUMNS = "status progress ends logged_in kind building room seat extra name reference"
EVERYTHING = "&".join(f"col={key}" for key in COLUMNS.split())


def monitor_of(test, client, *queries):
    """Return every answer of Monitor; the login details of one candidate lie behind a page of their own."""
    address = f"/monitor/tests/{test.public_id}/"
    starts = [address, *(f"{address}?{query}" for query in queries)]
    return crawl(client, starts, within=("/monitor/",), stop=("/login/",))


def test_monitor_names_nobody_to_invigilators_where_the_test_does_not_let_them(
    test_with_people, invigilator, client_of
):
    Test.objects.filter(pk=test_with_people.pk).update(
        invigilators_see_names=False, invigilators_may_open_key_list=True
    )
    client = client_of(invigilator)
    answers = monitor_of(test_with_people, client, EVERYTHING, "q=2004")
    # what a phone at the door asks for, which no link leads to
    answers |= crawl(client, [f"/monitor/tests/{test_with_people.public_id}/door/people/"])
    assert any(method == "POST" and "csv" in asked for method, asked in answers)
    assert found_in(answers, [*NAMES, *NOTES, *logins(test_with_people)]) == []
    assert found_in(answers, PLACES) != []  # the canaries can be found where they may stand
    for word in ("canarycalled", "canaryreference", "canarysso", "canaryuser-permanent"):
        page = client.get(f"/monitor/tests/{test_with_people.public_id}/?q={word}").content.decode()
        assert "No candidate matches" in page


def test_an_invigilator_who_grades_the_test_as_well_sees_no_name_in_monitor(test_with_people, invigilator, client_of):
    User.objects.filter(pk=invigilator.pk).update(is_grader=True)
    contribute(test_with_people, invigilator, Role.GRADER)
    starts = ["/", f"/monitor/tests/{test_with_people.public_id}/?{EVERYTHING}&q=2004"]
    answers = crawl(client_of(invigilator), starts, stop=("/login/",))
    assert any(asked.startswith("/grade/") for _method, asked in answers)
    assert found_in(answers, [*NAMES, *logins(test_with_people)]) == []


def test_monitor_names_people_by_name_and_reference_and_nothing_else(test_with_people, invigilator, planner, client_of):
    for who in (invigilator, planner):
        answers = monitor_of(test_with_people, client_of(who), EVERYTHING, "q=canarycalled", "q=anna+2004")
        hidden = ("canaryname", "canaryuser", "canarymail", "canarysso", "canaryexternal")
        assert found_in(answers, [*hidden, *NOTES, *logins(test_with_people)]) == []
        assert {word for _key, word in found_in(answers, ["canarycalled", "canaryreference", "canaryseat"])} == {
            "canarycalled", "canaryreference", "canaryseat",
        }  # fmt: skip

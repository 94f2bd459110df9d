"""Find people among 150,000 permanent users: pages, searches, the page of the select view, and a list of 1500."""

import random
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from candidates.intake.importing import Outcome, confirm, preview
from candidates.intake.selecting import keep_list
from candidates.lifecycle.user_lists import add_members, make_list
from candidates.models import Import, PermanentUser, PermanentUserList, User
from candidates.models.accounts import no_password
from candidates.models.permanent_users import FoundPage
from tests.benchmarks.support import Report, measure, measure_each
from tests.factories import make_staff, make_test

MANY = 150_000
FIRST = ("Kari", "Ola", "Ingrid", "Bjørn", "Åse", "Nils", "Anne-Marie", "Per", "Solveig", "Håkon", "Liv", "Tor", "Zoë")
LAST = ("Nordmann", "Ødegård", "Hansen", "Berg", "Lunde", "Strand", "Vik", "Moen", "Haugland", "Dahl", "Nes", "Åsgård")
ENDINGS = ("", "sen", "stad", "rud", "vik", "heim", "by", "dal", "nes", "li")
# found often, sometimes, once, never; several words; one letter
SEARCHES = ("kari", "odegardrud", "s149999", "zzz", "a", "kari nordmannsen havnes", "havnes.example", "ol be 77")


def make_many(count: int = MANY) -> None:
    """Store people with accounts that nobody logs in with."""
    chance = random.Random(5)
    users, people = [], []
    for number in range(count):
        first = chance.choice(FIRST) + chance.choice(("", "", "anne", "bert"))
        last = chance.choice(LAST) + chance.choice(ENDINGS)
        username = f"{first[:3]}{last[:3]}{number}".casefold()
        email = f"{username}@stud.havnes.example"
        users.append(User(username=username, kind="permanent", name=f"{first} {last}", email=email, password=""))
        people.append(PermanentUser(first_name=first, last_name=last, external_id=f"S{number:06}"))
    unusable = no_password()
    for user in users:
        user.password = unusable
    for start in range(0, count, 10_000):
        stored = User.objects.bulk_create(users[start : start + 10_000])
        for user, person in zip(stored, people[start : start + 10_000], strict=True):
            person.user = user
            person.name_keys(username=user.username, email=user.email)
        PermanentUser.objects.bulk_create(people[start : start + 10_000])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def search(words: str, number: int, *, sees_all: bool) -> FoundPage:
    people = PermanentUser.objects
    matching = people.matching(words) if sees_all else people.matching_what_is_shown(words)
    found: FoundPage = matching.active().page(number)
    return found


@pytest.mark.django_db(transaction=True)
def test_bench_finding_permanent_users(settings: Any) -> None:
    settings.PERMANENT_SEARCHES_A_MINUTE = 10**6
    make_many()
    report = Report(f"Finding people among 150,000 permanent users on {connection.vendor}")
    everybody = PermanentUser.objects.active()
    for number in (1, 30):
        report.at_most_ms(f"page {number}", measure(partial(everybody.page, number)), 100)
    for words in SEARCHES:
        for number in (1, 30):
            for who, sees_all in (("planner", False), ("administrator", True)):
                what = f"search for {words}, page {number}, {who}"
                report.at_most_ms(what, measure(partial(search, words, number, sees_all=sees_all)), 100)
    planner = make_staff("planner", is_planner=True)
    browser = Client()
    browser.force_login(planner, backend="candidates.signin.backends.PasswordBackend")
    test = make_test(planner=planner)
    one = make_list(name="BIO2150", by=planner)
    add_members(one=one, keys=PermanentUser.objects.matching("nordmann").keys(1500), by=planner)
    select = f"/deliver/tests/{test.public_id}/candidates/add/permanent/"
    pages = (
        ("select from permanent users", select),
        ("select, search for s149999", f"{select}?q=s149999"),
        ("select, search for odegardrud", f"{select}?q=odegardrud"),
        ("select, a list of 1500", f"{select}?list={one.public_id}"),
        ("select, a search in that list", f"{select}?list={one.public_id}&q=kari"),
        ("the page of that list", f"/permanent-users/lists/{one.public_id}/"),
        ("the users", "/permanent-users/"),
        ("the users, search for s149999", "/permanent-users/?q=s149999"),
        ("the users, deactivated", "/permanent-users/?status=deactivated"),
    )
    for what, address in pages:
        assert browser.get(address).status_code == 200
        report.at_most_ms(what, measure(partial(browser.get, address)), 150)  # with the page around it
    report.at_most_ms("choose a list of 1500", measure(partial(keep_list, test=test, by=planner, wanted=one)), 1000)
    draft = keep_list(test=test, by=planner, wanted=one)
    page = f"/deliver/tests/{test.public_id}/candidates/imports/{draft.public_id}/"
    assert browser.get(page).status_code == 200
    report.at_most_ms("preview of a list of 1500", measure(partial(browser.get, page)), 1000)
    report.at_most_ms("confirm a list of 1500", measure_each(partial(chosen, planner, one), confirmed_now), 2000)
    report.show()


def chosen(planner: User, one: PermanentUserList) -> Import:
    return keep_list(test=make_test(planner=planner), by=planner, wanted=one)


def confirmed_now(draft: Import) -> Outcome:
    assert draft.owner is not None
    return confirm(draft, by=draft.owner, seen=preview(draft).seen(draft.required_test))

"""Monitor drops no tick: not by a filter, a search, an order, a count or a column, and not by the way back."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.models import Candidate, Contributor, Location, Test, User
from tests.factories import activated, add, add_many, open_now


@pytest.fixture
def hall(exam: Test, planner: User) -> Test:
    """Give an open test four candidates, 0001 to 0003 and kari who sits in V101."""
    add(exam, planner, "0001", "0002", "0003")
    add(exam, planner, "kari", location=("Vesthall", "V101"))
    return open_now(activated(exam, planner))


@pytest.fixture
def people(hall: Test) -> dict[str, str]:
    """Their public ids by Candidate ID."""
    return dict(Candidate.objects.of_test(hall).values_list("candidate_id", "public_id"))


@pytest.fixture
def ingrid(client_of, planner: User) -> Client:
    return client_of(planner)


def at(test: Test, name: str = "monitor-test", query: str = "") -> str:
    return reverse(name, args=[test.public_id]) + query


def shown(browser: Client, address: str, data: dict[str, Any]) -> str:
    """Send the form of the table as the page does, and return the page that it leads to."""
    return browser.post(address, data, follow=True).content.decode()


def ticked(page: str) -> set[str]:
    """Return whose boxes are ticked."""
    return set(re.findall(r'name="c" value="(\w+)" checked', page))


def picked(page: str) -> list[str]:
    """Return who is ticked and not shown, as the page carries them."""
    found = re.search(r'name="picked" value="([^"]*)"', page)
    assert found is not None
    return [one for one in found[1].split(",") if one]


def crumbs_of(page: str) -> str:
    start = page.index('class="ds-breadcrumbs')
    return page[start : page.index("</nav>", start)]


# as the script sends boxes, and as they come without it
WAYS = {"script": lambda ids: {"ids": ",".join(ids)}, "boxes": lambda ids: {"c": ids}}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"q": "kari"}, "monitor-test"),
        ({"room": "{room}"}, "monitor-test"),
        ({"q": "kari", "sort": "-left"}, "monitor-test"),
        ({"q": "kari", "attention": "any"}, "monitor-test"),
        ({"progress": "in_progress"}, "monitor-test"),
        ({"col": ["room", "status"]}, "monitor-columns"),
        ({"default": "1"}, "monitor-columns"),
    ],
)
def test_who_is_ticked_stays_so_whatever_the_table_is_asked_for(
    hall: Test, ingrid: Client, people: dict[str, str], way: str, asked: dict[str, Any], name: str
) -> None:
    Candidate.objects.filter(candidate_id="kari").update(started_at=hall.opens_at, logged_in_at=hall.opens_at)
    room = str(Location.objects.get(room="V101").pk)
    asked = {key: room if value == "{room}" else value for key, value in asked.items()}
    query = "" if name == "monitor-test" else "?q=kari"
    page = shown(ingrid, at(hall, name, query), asked | WAYS[way]([people["0002"], people["kari"]]))
    assert (ticked(page), picked(page)) == ({people["kari"]}, [people["0002"]])
    assert re.search(r"<details[^>]*data-picked>.*1 ticked is not shown.*>0002<", page, re.DOTALL)
    # and comes back with everybody
    carried = WAYS[way]([people["kari"]]) | {"picked": ",".join(picked(page))}
    page = shown(ingrid, at(hall), {"all": "1", "q": "kari"} | carried)
    assert (ticked(page), picked(page)) == ({people["0002"], people["kari"]}, [])
    assert "data-picked hidden" in page


def test_the_counts_and_the_orders_are_buttons_of_the_form_that_carries_the_ticks(hall: Test, ingrid: Client) -> None:
    page = ingrid.get(at(hall, query="?progress=inactive")).content.decode()
    form = page[page.index('id="filters"') : page.index("</form>", page.index('id="filters"'))]
    for button in ('name="progress" value="dashboard"', 'name="sort" value="id"', 'name="all" value="1"'):
        assert re.search(rf'type="submit" (form="filters" )?{button}', form), button
    # the button that is pressed comes after what the page says, and the last one counts
    assert form.index('type="hidden" name="progress"') < form.index('name="progress" value="dashboard"')
    # Enter in the search presses the first button, which asks for nothing else
    first = re.search(r"<button[^>]*>", form)
    assert first is not None
    assert " name=" not in first[0]


def test_columns_of_the_address_stay_beside_ticks(hall: Test, ingrid: Client, people: dict[str, str]) -> None:
    answer = ingrid.post(at(hall, query="?col=room"), {"q": "kari", "ids": people["0001"], "col": ["status"]})
    assert re.fullmatch(re.escape(at(hall)) + r"\?q=kari&col=room&ticks=[2-9a-z]{12}", answer["Location"])
    assert ingrid.post(at(hall, query="?col=room"), {"q": "kari"})["Location"] == at(hall, query="?q=kari&col=room")
    assert ingrid.post(at(hall), {})["Location"] == at(hall)


def test_incident_time_is_for_all_who_are_ticked_and_each_page_shows_them(
    hall: Test, ingrid: Client, people: dict[str, str]
) -> None:
    asked = {"how": "add", "minutes": "5", "reason": "Fire alarm"}
    for sent in (
        {"c": [people["kari"]], "picked": people["0002"]},
        {"all_matching": "1", "picked": people["0002"]},  # select-all means whom the search shows, and those before it
    ):
        for name in ("monitor-incident", "monitor-incident-check"):
            page = ingrid.post(at(hall, name, "?q=kari"), sent | asked).content.decode()
            assert re.findall(r'class="id">(\w+)<', page) == ["0002", "kari"], name
    sent = {"ids": ",".join([people["0002"], people["kari"]]), "seen": re.findall(r'name="seen" value="([^"]*)"', page)}
    ingrid.post(at(hall, "monitor-incident-save", "?q=kari"), sent | asked)
    changed = Candidate.objects.filter(incident_minutes=5).values_list("candidate_id", flat=True)
    assert set(changed) == {"0002", "kari"}


def test_cancel_leads_back_with_the_filter_and_the_ticks(hall: Test, ingrid: Client, people: dict[str, str]) -> None:
    sent = {"c": [people["kari"]], "picked": people["0002"], "how": "add", "minutes": "5", "reason": "Fire alarm"}
    acts = [
        *(("monitor-test", name) for name in ("monitor-incident", "monitor-incident-check")),
        *(("candidates", f"candidates-{name}") for name in ("extra-time", "location", "remove")),
    ]
    for table, name in acts:
        page = ingrid.post(at(hall, name, "?q=kari"), sent).content.decode()
        back = re.search(r'href="([^"]*)">(Cancel|Back to the list)<', page) or re.search(
            r'href="([^"]*ticks=\w+)"', page
        )
        assert back is not None, name
        assert back[1].startswith(at(hall, table, "?q=kari&amp;ticks=")), name
        page = ingrid.get(back[1].replace("&amp;", "&")).content.decode()
        assert (ticked(page), picked(page)) == ({people["kari"]}, [people["0002"]]), name


def test_breadcrumbs_keep_the_ticks_as_a_search_does(hall: Test, ingrid: Client, people: dict[str, str]) -> None:
    sent = {"c": [people["kari"]], "picked": people["0002"], "how": "add", "minutes": "5", "reason": "Fire alarm"}
    # of the pages that ask for the last word: back to the filter and the ticks
    for name in ("monitor-incident", "monitor-incident-check"):
        crumbs = crumbs_of(ingrid.post(at(hall, name, "?q=kari"), sent).content.decode())
        (back,) = set(re.findall(r'href="([^"]*ticks=\w+)"', crumbs))
        page = ingrid.get(back.replace("&amp;", "&")).content.decode()
        assert (ticked(page), picked(page)) == ({people["kari"]}, [people["0002"]]), name


def test_enter_in_the_search_presses_no_button_that_shows_everybody(hall: Test, ingrid: Client) -> None:
    # a browser presses the first button of the form, wherever on the page it stands
    for table in ("monitor-test", "candidates"):
        page = ingrid.get(at(hall, table, "?q=kari")).content.decode()
        before = page[: page.index('id="filters"')]
        assert not re.search(r'<button[^>]*form="filters"[^>]*name=', before), table


def test_loading_the_page_again_is_a_button_of_the_form_that_carries_the_ticks(hall: Test, ingrid: Client) -> None:
    page = ingrid.get(at(hall, query="?q=kari")).content.decode()
    assert re.search(r'<button[^>]* type="submit" form="filters">Load the page again</button>', page)


def test_pages_that_ask_again_push_no_other_ticks_out(
    hall: Test, ingrid: Client, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("candidates.pages.shared.kept_search.MAX_KEPT", 2)
    address = ingrid.post(at(hall), {"q": "kari", "ids": people["0001"]})["Location"]
    for _time in range(3):
        ingrid.post(at(hall, "monitor-incident"), {"ids": people["0003"]})
    assert picked(ingrid.get(address).content.decode()) == [people["0001"]]


@pytest.mark.parametrize("table", ["monitor-test", "candidates"])
def test_who_is_removed_meanwhile_is_ticked_no_more_and_that_is_said(
    hall: Test, ingrid: Client, people: dict[str, str], table: str
) -> None:
    address = ingrid.post(at(hall, table), {"q": "kari", "ids": ",".join(people.values())})["Location"]
    Candidate.objects.filter(candidate_id="0002").delete()
    page = ingrid.get(address).content.decode()
    assert picked(page) == [people["0001"], people["0003"]]
    said = re.search(r"<p[^>]*data-gone[^>]*>([^<]*)<", page)
    assert said is not None
    assert "hidden" not in said[0]
    assert said[1] == "1 candidate who was ticked is not on the test any more."


def test_all_that_match_are_not_ticked_where_that_has_changed_meanwhile(hall: Test, ingrid: Client) -> None:
    page = shown(ingrid, at(hall, query="?q=00"), {"q": "", "all_matching": "3"})
    assert len(ticked(page)) == 3
    page = shown(ingrid, at(hall, query="?q=00"), {"q": "", "all_matching": "2"})
    assert ticked(page) == set()
    assert "The table has changed meanwhile." in page


def test_an_invigilator_ticks_nobody_and_is_told_of_nobody_elsewhere(
    hall: Test, client_of, invigilator: User, people: dict[str, str]
) -> None:
    Contributor.objects.filter(user=invigilator).update(location=Location.objects.get(room="V101"))
    Candidate.objects.filter(candidate_id="0002").update(
        location=Location.objects.create(building="Nordhall", room="N7")
    )
    jonas = client_of(invigilator)
    every = ",".join(people.values())
    for name in ("monitor-test", "monitor-columns"):
        answer = jonas.post(at(hall, name), {"q": "kari", "ids": every, "picked": every})
        assert "ticks=" not in answer["Location"]
        page = jonas.get(answer["Location"]).content.decode()
        assert (ticked(page), picked(page)) == (set(), [])
        assert "0002" not in page
        assert people["0002"] not in page
    assert "data-others" not in jonas.get(at(hall, "monitor-live", "?q=kari&ticked=1")).content.decode()


def test_the_live_part_says_who_is_there_and_not_shown_and_asks_nothing_more(
    hall: Test, ingrid: Client, people: dict[str, str]
) -> None:
    counts = []
    for asked in ("?q=ka", "?q=kari", "?q=kari&ticked=1"):
        with CaptureQueriesContext(connection) as captured:
            page = ingrid.get(at(hall, "monitor-live", asked)).content.decode()
        counts.append(len(captured))
        assert ("data-others" in page) is asked.endswith("ticked=1")
    assert len(set(counts)) == 1
    others = re.search(r'data-others="([^"]*)"', page)
    assert others is not None
    assert sorted(others[1].split("\n")) == sorted(f"{people[name]} {name}" for name in ("0001", "0002", "0003"))


def test_1500_ticks_are_kept_whether_all_are_shown_or_none(exam: Test, planner: User, ingrid: Client) -> None:
    add_many(exam, planner, 1500)
    hall = open_now(activated(exam, planner))
    page = shown(ingrid, at(hall), {"all_matching": "1500", "q": "0007"})
    assert (len(ticked(page)), len(picked(page))) == (1, 1499)
    assert "1499 ticked are not shown" in page
    page = shown(ingrid, at(hall), {"c": list(ticked(page)), "picked": ",".join(picked(page)), "all": "1"})
    assert 'name="all_matching" value="1500" checked' in page  # more boxes than a page without a script could send
    page = ingrid.post(at(hall, "monitor-incident"), {"all_matching": "1500"}).content.decode()
    assert "Incident time for 1500 candidates" in page

"""Manage candidates: the list with its filters, its download, and one candidate's page."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from candidates.lifecycle.sitting import start
from candidates.models import AuditEvent, Candidate, Location, Test, User
from tests.factories import activated, add, add_many, add_sso, make_test, open_now

ClientOf = Callable[[User | None], Client]
HOSTILE = ["__class__", "'", "id; drop table", "-", "--id", "user__password", "x" * 10_000, "\0", "⁄\u202e", "%00"]


def list_url(test: Test) -> str:
    return reverse("candidates", args=[test.public_id])


def page_of(test: Test, candidate: Candidate) -> str:
    return reverse("candidate", args=[test.public_id, candidate.public_id])


def text_of(response: Any) -> str:
    """Return what people read, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def ids_shown(response: Any) -> list[str]:
    return re.findall(r'aria-label="Select candidate ([^"]+)"', unescape(response.content.decode()))


# The list -----------------------------------------------------------------------------------------------------------


def test_the_list_shows_everybody_with_the_words_of_the_screens(
    client_of: ClientOf, exam: Test, planner: User, candidates: list[Candidate], room: Location
) -> None:
    Candidate.objects.filter(pk=candidates[0].pk).update(location=room)
    response = client_of(planner).get(list_url(exam))
    text = text_of(response)
    for words in (
        "Manage candidates", "Add", "One-time users", "Search candidates", "Download list as CSV", "View in Monitor",
        "3 of 1500 candidates", "3 candidates, by Candidate ID", "Slip, made at activation", "Vesthall V101",
        "Ends (Oslo time)", "Extra time", "Location", "Remove",
    ):  # fmt: skip
        assert words in text
    assert ids_shown(response) == ["0001", "0002", "kari"]


def test_before_activation_there_is_no_user_name_and_after_it_there_is(
    client_of: ClientOf, scheduled_exam: Test, planner: User
) -> None:
    from candidates.lifecycle.activation import deactivate

    shown = Candidate.objects.select_related("user").get(candidate_id="0001").user
    assert shown is not None
    browser = client_of(planner)
    assert shown.shown_username in text_of(browser.get(list_url(scheduled_exam)))
    deactivate(test=scheduled_exam, by=planner)
    text = text_of(browser.get(list_url(scheduled_exam)))
    assert shown.shown_username not in text
    assert "Slip, shown after activation" in text


def test_a_duration_makes_the_end_a_latest_end(client_of: ClientOf, planner: User) -> None:
    test = make_test(planner=planner, duration_minutes=180)
    add(test, planner, "0001")
    assert "Ends at the latest (Oslo time)" in text_of(client_of(planner).get(list_url(test)))


def test_once_somebody_has_started_only_the_others_end_at_the_latest(
    client_of: ClientOf, planner: User, clock: Any
) -> None:
    test = make_test(planner=planner, duration_minutes=60)
    add(test, planner, "0001", "0002")
    add(test, planner, "0003", extra=30)
    open_now(activated(test, planner))
    for candidate in Candidate.objects.of_test(test).exclude(candidate_id="0002").select_related("user", "test"):
        start(candidate=candidate)
    page = client_of(planner).get(list_url(test)).content.decode()
    assert "Ends (Oslo time)" in page
    ends = re.findall(r'<td class="num key (\w+)">([^<]*)</td>', page)
    assert [(css, "at the latest" in end) for css, end in ends] == [
        ("quiet", False),
        ("quiet", True),
        ("strong", False),
    ]


def test_the_kind_is_a_filter_only_where_there_are_several(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser = client_of(planner)
    assert 'name="kind"' not in browser.get(list_url(exam)).content.decode()
    sso = User.objects.create(username="sso-anna", kind=User.Kind.SSO)
    Candidate.objects.filter(pk=candidates[0].pk).update(
        kind=Candidate.Kind.SSO, user=sso, sso_user_id="anna", authentication_type="FEIDE"
    )
    page = browser.get(list_url(exam))
    assert [value for value, _label in page.context["filters"].fields["kind"].choices] == ["", "one_time", "sso"]


def test_known_buildings_and_rooms_are_proposed(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], room: Location, planner: User
) -> None:
    page = client_of(planner).get(page_of(exam, candidates[0])).content.decode()
    assert 'list="known-rooms"' in page
    assert '<datalist id="known-rooms"><option value="V101"></option></datalist>' in page


def test_an_end_on_another_day_has_its_date(client_of: ClientOf, planner: User) -> None:
    test = make_test(planner=planner)
    add(test, planner, "0001", extra=1440)
    from django.utils import timezone

    last = timezone.localtime(test.window[1] + timedelta(days=1))
    assert f"{last:%H:%M}" in text_of(client_of(planner).get(list_url(test)))
    assert f"{last.day} {last:%b %Y}, {last:%H:%M}" in text_of(client_of(planner).get(list_url(test)))


def test_an_empty_list_says_how_to_begin(client_of: ClientOf, exam: Test, planner: User) -> None:
    text = text_of(client_of(planner).get(list_url(exam)))
    assert "No candidates yet" in text
    assert "One-time users" in text
    assert "CSV import (SSO)" in text
    assert "Search candidates" not in text


def test_a_private_reference_stands_beside_its_candidate_id(client_of: ClientOf, exam: Test, planner: User) -> None:
    add(exam, planner, "0001", "0002")
    Candidate.objects.filter(candidate_id="0002").update(private_reference="Kari <Nordmann>")
    html = client_of(planner).get(list_url(exam)).content.decode()
    assert '0002</a> <span class="small quiet">Kari &lt;Nordmann&gt;</span></th>' in html
    assert html.count('</a> <span class="small quiet">') == 1


def test_a_demo_test_says_that_it_has_no_candidates(client_of: ClientOf, planner: User) -> None:
    demo = make_test(planner=planner, is_demo=True)
    text = text_of(client_of(planner).get(list_url(demo)))
    assert "A demo test has no candidates" in text
    assert "One-time users" not in text


def test_nobody_can_be_added_once_the_test_has_ended(client_of: ClientOf, scheduled_exam: Test, planner: User) -> None:
    browser = client_of(planner)
    assert "One-time users" in text_of(browser.get(list_url(scheduled_exam)))
    open_now(scheduled_exam, minutes_ago=600)
    text = text_of(browser.get(list_url(scheduled_exam)))
    assert "Manage candidates" in text
    assert "One-time users" not in text


@pytest.fixture
def filtered(exam: Test, planner: User, room: Location) -> Test:
    """Candidates that differ in everything that can be filtered."""
    add(exam, planner, "9", "10", "Åse Bø")
    add(exam, planner, "K-7", extra=30, location=("Vesthall", "V101"))
    add(exam, planner, "K-8", extra=15, location=("Nordbygg", ""))
    Candidate.objects.filter(candidate_id="10").update(private_reference="Ærlige Ødegård")
    return activated(exam, planner)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["9", "10", "K-7", "K-8", "Åse Bø"]),
        ("q=k-", ["K-7", "K-8"]),
        ("q=ÅSE", ["Åse Bø"]),
        ("q=a%CC%8Ase", ["Åse Bø"]),  # decomposed
        ("q=ødegård", ["10"]),
        ("q=%20K-7%20", ["K-7"]),
        ("kind=one_time", ["9", "10", "K-7", "K-8", "Åse Bø"]),
        ("kind=sso", []),
        ("place=none", ["9", "10", "Åse Bø"]),
        ("place=at:Vesthall V101", ["K-7"]),
        ("place=at:Nowhere", []),
        ("extra=with", ["K-7", "K-8"]),
        ("extra=without", ["9", "10", "Åse Bø"]),
        ("look=personal", ["Åse Bø"]),
        ("extra=with&q=8", ["K-8"]),  # a digit that many random user names have, too
        ("sort=-id", ["Åse Bø", "K-8", "K-7", "10", "9"]),
        ("sort=extra", ["9", "10", "Åse Bø", "K-8", "K-7"]),
        ("sort=-extra", ["K-7", "K-8", "9", "10", "Åse Bø"]),
        ("sort=place", ["K-8", "K-7", "9", "10", "Åse Bø"]),
        ("sort=-end", ["K-7", "K-8", "9", "10", "Åse Bø"]),
        ("sort=kind", ["9", "10", "K-7", "K-8", "Åse Bø"]),
    ],
)
def test_filters_and_order(client_of: ClientOf, planner: User, filtered: Test, query: str, expected: list[str]) -> None:
    assert ids_shown(client_of(planner).get(f"{list_url(filtered)}?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["0110", "01101", "10110", "0211", "0300"]),
        ("&sort=-id", ["0110", "01101", "10110", "0211", "0300"]),
        ("&sort=extra", ["0110", "01101", "10110", "0211", "0300"]),
        ("&sort=-extra", ["0300", "0110", "01101", "10110", "0211"]),
    ],
)
def test_a_search_shows_ids_first_their_starts_before_their_insides_and_then_other_fields(
    client_of: ClientOf, planner: User, exam: Test, query: str, expected: list[str]
) -> None:
    add(exam, planner, "0211", "10110", "01101", "0110", "0400")
    add(exam, planner, "0300", extra=15)
    Candidate.objects.filter(candidate_id="0211").update(private_reference="0110 Kari")
    Candidate.objects.filter(candidate_id="0300").update(private_reference="st200110")
    page = client_of(planner).get(f"{list_url(exam)}?q=0110{query}")
    assert ids_shown(page) == expected
    html = page.content.decode()
    found = re.findall(r'(\d+)</a> <span class="small quiet">Private reference ([^<]+)</span>', html)
    assert sorted(found) == [("0211", "0110 Kari"), ("0300", "st200110")]


def test_a_login_that_a_search_found_stands_beside_the_id_where_its_column_is_not_shown(
    client_of: ClientOf, planner: User, filtered: Test
) -> None:
    user = Candidate.objects.select_related("user").get(candidate_id="K-8").user
    add_sso(filtered, planner, "5001")
    assert user is not None
    browser = client_of(planner)
    for typed, said in ((user.shown_username, f"Username {user.shown_username}"), ("5001@", "SSO user ID 5001@uni.")):
        assert f'narrow-only">{said}' in browser.get(list_url(filtered), {"q": typed}).content.decode()
    assert "narrow-only" not in browser.get(list_url(filtered), {"q": "K-8"}).content.decode()


@pytest.mark.parametrize("shape", ["printed", "folded", "upper", "part"])
def test_a_user_name_is_found_as_it_is_printed_and_as_it_is_stored(
    client_of: ClientOf, planner: User, filtered: Test, shape: str
) -> None:
    user = Candidate.objects.select_related("user").get(candidate_id="K-8").user
    assert user is not None
    typed = {
        "printed": user.shown_username,
        "folded": user.username,
        "upper": f" {user.shown_username.upper()} ",
        "part": user.username[1:7],
    }[shape]
    assert "K-8" in ids_shown(client_of(planner).get(list_url(filtered), {"q": typed}))


def test_no_match_says_so_and_offers_everybody(client_of: ClientOf, planner: User, filtered: Test) -> None:
    text = text_of(client_of(planner).get(list_url(filtered), {"q": "<b>nobody"}))
    assert "No candidate matches ‘<b>nobody’. Show all 5" in text


def test_the_caption_says_what_was_chosen(client_of: ClientOf, planner: User, filtered: Test) -> None:
    text = text_of(client_of(planner).get(list_url(filtered), {"extra": "with", "place": "at:Vesthall V101"}))
    assert "1 of 5 candidates: Vesthall V101, With extra time. Show all" in text


@pytest.mark.slow
def test_no_query_string_breaks_the_list(client_of: ClientOf, planner: User, filtered: Test) -> None:
    browser = client_of(planner)
    for value in HOSTILE:
        for name in ("q", "kind", "place", "extra", "look", "sort"):
            assert browser.get(list_url(filtered), {name: value}).status_code == 200, (name, value)
        assert browser.get(list_url(filtered), {"place": f"at:{value}"}).status_code == 200, value


def test_queries_do_not_grow_with_the_candidates(client_of: ClientOf, exam: Test, planner: User) -> None:
    browser = client_of(planner)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert browser.get(list_url(exam)).status_code == 200
        return len(seen)

    add_many(exam, planner, 10)
    few = queries()
    add_many(exam, planner, 1490)
    assert queries() == few <= 8


def test_every_tick_box_of_1500_rows_is_there(client_of: ClientOf, exam: Test, planner: User) -> None:
    add_many(exam, planner, 1500)
    assert len(ids_shown(client_of(planner).get(list_url(exam)))) == 1500


def test_ids_are_shown_as_text_whatever_they_contain(client_of: ClientOf, exam: Test, planner: User) -> None:
    add(exam, planner, "<script>alert(1)</script>", "{{7*7}}", '"onx=')
    content = client_of(planner).get(list_url(exam)).content.decode()
    assert "<script>alert" not in content
    assert "{{7*7}}" in content
    assert 'aria-label="Select candidate &quot;onx="' in content


# Who may: tests/test_access_table.py -------------------------------------------------------------------------------


def test_a_candidate_gets_403(client_of: ClientOf, open_exam: Test, candidate: Candidate) -> None:
    assert client_of(candidate.user).get(list_url(open_exam)).status_code == 403


def test_a_download_is_asked_by_post(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser = client_of(planner)
    assert browser.get(reverse("candidates-download", args=[exam.public_id, "csv"])).status_code == 405


def test_a_candidate_of_another_test_does_not_exist_here(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, stranger: User
) -> None:
    other = make_test(planner=stranger)
    foreign = add(other, stranger, "0001")[0]
    assert client_of(planner).get(page_of(exam, foreign)).status_code == 404
    assert client_of(planner).get(page_of(other, foreign)).status_code == 404
    assert client_of(planner).post(page_of(exam, foreign), {"candidate_id": "x"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.candidate_id == "0001"


@pytest.mark.parametrize("nobody", ["%00", "x%00", "nobody", "x" * 5000, "..", "%2e%2e", "Ø"])
def test_addresses_that_name_nobody_get_404(client_of: ClientOf, exam: Test, planner: User, nobody: str) -> None:
    browser = client_of(planner)
    assert browser.get(f"{list_url(exam)}{nobody}/").status_code == 404
    assert browser.get(f"/deliver/tests/{nobody}/candidates/").status_code == 404


# The download -------------------------------------------------------------------------------------------------------


def test_the_download_has_the_rows_and_the_order_of_the_page(
    client_of: ClientOf, planner: User, filtered: Test
) -> None:
    browser = client_of(planner)
    query = "?extra=with&sort=-extra"
    shown = ids_shown(browser.get(list_url(filtered) + query))
    response = browser.post(reverse("candidates-download", args=[filtered.public_id, "csv"]) + query)
    assert response.content.startswith("\ufeffCandidate ID,".encode())
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == shown == ["K-7", "K-8"]
    name = r'attachment; filename="bio2150-cell-biology-written-exam-candidates-\d{8}-\d{4}\.csv"'
    assert re.fullmatch(name, response["Content-Disposition"])
    assert "no-store" in response["Cache-Control"]


def test_a_download_is_recorded_and_looking_at_the_list_is_not(
    client_of: ClientOf, planner: User, filtered: Test
) -> None:
    browser = client_of(planner)
    browser.get(list_url(filtered))
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.LIST_DOWNLOADED).exists()
    browser.post(reverse("candidates-download", args=[filtered.public_id, "xlsx"]) + "?extra=with")
    event = AuditEvent.objects.get(action=AuditEvent.Action.LIST_DOWNLOADED)
    assert (event.actor, event.test, event.count) == (planner, filtered, 2)


def test_no_other_format_is_made(client_of: ClientOf, planner: User, filtered: Test) -> None:
    assert client_of(planner).post(reverse("candidates-download", args=[filtered.public_id, "html"])).status_code == 404


# One candidate ------------------------------------------------------------------------------------------------------


def filled(browser: Client, url: str) -> dict[str, str]:
    """Return what the form would send as it stands."""
    form = browser.get(url).context["form"]
    return {field.html_name: str(field.value() or "") for field in form}


def test_one_candidate_is_changed(client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User) -> None:
    browser, url = client_of(planner), page_of(exam, candidates[0])
    data = filled(browser, url) | {
        "candidate_id": "K-1",
        "amount": "25 %",
        "building": " Vesthall ",
        "room": "V  101",
        "private_reference": "Kari",
        "name": " Aas,  Reidun ",
        "seat": "A  7",
    }
    response = browser.post(url, data, follow=True)
    assert response.redirect_chain == [(list_url(exam), 302)]
    assert "Candidate K-1 is changed." in text_of(response)
    found = Candidate.objects.select_related("location").get(pk=candidates[0].pk)
    assert (found.candidate_id, found.candidate_key, found.extra_minutes) == ("K-1", "k-1", 60)
    assert str(found.location) == "Vesthall V 101"
    assert (found.private_reference, found.name, found.seat) == ("Kari", "Aas, Reidun", "A 7")


def test_saving_without_a_change_changes_nothing(client_of: ClientOf, exam: Test, planner: User) -> None:
    odd = add(exam, planner, "'=1+1")[0]
    browser, url = client_of(planner), page_of(exam, odd)
    assert "Nothing was changed" in text_of(browser.post(url, filled(browser, url), follow=True))
    odd.refresh_from_db()
    assert odd.candidate_id == "'=1+1"
    assert not AuditEvent.objects.filter(action=AuditEvent.Action.CANDIDATE_CHANGED).exists()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("candidate_id", "", "Write a Candidate ID."),
        ("candidate_id", "0002", "0002 is already on this test."),
        ("candidate_id", "KARI", "kari is already on this test."),
        ("candidate_id", "a\u200bb", "a character inside that nobody can see"),
        ("candidate_id", "x" * 101, "at most 100 characters"),
        ("amount", "1e3", "Write whole minutes, like 30."),
        ("amount", "-5", "cannot be less than 0"),
        ("amount", "2881", "at most 2880 minutes"),
        ("room", "x" * 101, "at most 100"),
        ("private_reference", "x" * 201, "at most 200"),
        ("name", "x" * 201, "at most 200"),
        ("name", "a\u200bb", "a character inside that nobody can see"),
        ("seat", "x" * 21, "at most 20"),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_typed_is_lost(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, field: str, value: str, sentence: str
) -> None:
    browser, url = client_of(planner), page_of(exam, candidates[0])
    data = filled(browser, url) | {"private_reference": "kept as typed", field: value}
    response = browser.post(url, data)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "<title>Error:" in response.content.decode()
    for name, typed in data.items():
        assert response.context["form"][name].value() == typed
    stored = Candidate.objects.get(pk=candidates[0].pk)
    assert (stored.candidate_id, stored.private_reference) == ("0001", "")


def test_a_seat_is_one_candidates_in_its_room_capitals_or_not(client_of: ClientOf, exam: Test, planner: User) -> None:
    sits, comes = add(exam, planner, "0001", "0002", location=("Vesthall", "V101"))
    Candidate.objects.filter(pk=sits.pk).update(seat="A1", name="Aas, Reidun")
    browser, url = client_of(planner), page_of(exam, comes)
    response = browser.post(url, filled(browser, url) | {"seat": "a1"})
    assert response.status_code == 422
    assert "0001 has this seat in this room. Give one of them another seat." in text_of(response)
    browser.post(url, filled(browser, url) | {"seat": "a1", "room": "V102"})
    assert str(Candidate.objects.get(pk=comes.pk).seat) == "a1"
    # another room without another seat takes it away; back in the first one the seat is the other's
    url = page_of(exam, sits)
    browser.post(url, filled(browser, url) | {"room": "V102"})
    moved = Candidate.objects.select_related("location").get(pk=sits.pk)
    assert (str(moved.location), moved.seat, moved.name) == ("Vesthall V102", "", "Aas, Reidun")
    (change,) = AuditEvent.objects.filter(detail__candidates=[sits.public_id]).values_list("detail__changes", flat=True)
    assert set(change) == {"place", "seat"}


def test_name_and_seat_stand_in_columns_where_somebody_has_them(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, room: Location
) -> None:
    browser = client_of(planner)

    def heads(query: str = "") -> list[str]:
        return re.findall(r'data-head="([^"]+)"', browser.get(f"{list_url(exam)}{query}").content.decode())

    assert {"Name", "Seat"}.isdisjoint(heads())
    for number, (name, seat) in enumerate((("Zoë", "10"), ("Aas <i>", "9"), ("", ""))):
        where = {"location": room} if seat else {}
        Candidate.objects.filter(pk=candidates[number].pk).update(name=name, seat=seat, **where)
    assert heads()[:5] == ["Candidate ID", "Name", "Kind", "Location", "Seat"]
    page = browser.get(list_url(exam)).content.decode()
    assert '<td class="name">Aas &lt;i&gt;</td>' in page
    assert ids_shown(browser.get(f"{list_url(exam)}?sort=name")) == ["0001", "0002", "kari"]
    assert ids_shown(browser.get(f"{list_url(exam)}?sort=seat")) == ["0002", "0001", "kari"]
    assert AuditEvent.objects.filter(action="references_seen", actor=planner, test=exam).count() == 1


def test_each_planner_chooses_the_columns_and_keeps_search_and_ticks(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    Candidate.objects.filter(pk=candidates[0].pk).update(private_reference="477031", name="Aas, Reidun")
    browser, url = client_of(planner), reverse("candidates-columns", args=[exam.public_id])
    assert "477031" not in text_of(browser.get(list_url(exam)))  # whoever has a name is known by it
    answer = browser.post(f"{url}?extra=without", {"col": ["reference", "added"], "c": [candidates[2].public_id]})
    shown = browser.get(answer["Location"])
    assert "extra=without" in answer["Location"]
    assert f'value="{candidates[2].public_id}" checked' in shown.content.decode()
    assert "477031" in text_of(shown)
    assert "Kind" not in re.findall(r'data-head="([^"]+)"', shown.content.decode())
    assert "One of these columns does not exist" in text_of(browser.post(url, {"col": ["password"]}, follow=True))
    browser.post(url, {"default": "1"})
    assert "Kind" in re.findall(r'data-head="([^"]+)"', browser.get(list_url(exam)).content.decode())


def test_a_conflict_names_the_others_change_and_a_second_save_replaces_it(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    mine, theirs, url = client_of(planner), client_of(colleague), page_of(exam, candidates[0])
    page = filled(mine, url)
    theirs.post(url, filled(theirs, url) | {"amount": "45"})
    response = mine.post(url, page | {"amount": "30"})
    assert response.status_code == 422
    assert "Somebody else changed the extra time to 45 minutes." in text_of(response)
    assert response.context["form"]["amount"].value() == "30"
    again = {field.html_name: str(field.value() or "") for field in response.context["form"]}
    assert mine.post(url, again).status_code == 302
    assert Candidate.objects.get(pk=candidates[0].pk).extra_minutes == 30


def test_changes_of_two_planners_to_different_fields_both_survive(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, colleague: User
) -> None:
    mine, theirs, url = client_of(planner), client_of(colleague), page_of(exam, candidates[0])
    my_page, their_page = filled(mine, url), filled(theirs, url)
    theirs.post(url, their_page | {"building": "Vesthall"})
    assert mine.post(url, my_page | {"amount": "30"}).status_code == 302
    found = Candidate.objects.select_related("location").get(pk=candidates[0].pk)
    assert (str(found.location), found.extra_minutes) == ("Vesthall", 30)


def test_a_room_that_differs_in_case_or_spaces_is_asked_about(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User, room: Location
) -> None:
    browser, url = client_of(planner), page_of(exam, candidates[0])
    data = filled(browser, url) | {"building": "vesthall", "room": "V 101"}
    response = browser.post(url, data)
    assert response.status_code == 422
    assert "There is “Vesthall / V101” already" in text_of(response)
    assert browser.post(url, data | {"keep": "on"}).status_code == 302
    assert {str(place) for place in Location.objects.all()} == {"Vesthall V101", "vesthall V 101"}


def test_who_has_started_keeps_id_and_time_but_not_the_place(
    client_of: ClientOf, open_exam: Test, candidate: Candidate, planner: User
) -> None:
    from candidates.lifecycle.sitting import start

    browser, url = client_of(planner), page_of(open_exam, candidate)
    before = filled(browser, url)
    start(candidate=candidate)
    response = browser.post(url, before | {"candidate_id": "other", "building": "Vesthall"})
    assert response.status_code == 422
    assert "has started meanwhile" in text_of(response)
    page = filled(browser, url)
    assert "candidate_id" not in page
    assert "amount" not in page
    assert browser.post(url, page | {"building": "Vesthall"}).status_code == 302
    stored = Candidate.objects.select_related("location").get(pk=candidate.pk)
    assert (stored.candidate_id, str(stored.location)) == ("0001", "Vesthall")


def test_a_new_password_is_offered_only_once_the_test_is_activated(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, url = client_of(planner), page_of(exam, candidates[0])
    assert "Give a new password" not in text_of(browser.get(url))
    activated(exam, planner)
    assert "Give a new password" in text_of(browser.get(url))


def test_an_id_that_looks_like_a_name_is_warned_about(
    client_of: ClientOf, exam: Test, candidates: list[Candidate], planner: User
) -> None:
    browser, url = client_of(planner), page_of(exam, candidates[0])
    response = browser.post(url, filled(browser, url) | {"candidate_id": "Kari Nordmann"}, follow=True)
    assert "Kari Nordmann looks like a name. Graders see it." in text_of(response)
    assert "This Candidate ID looks like a name" in text_of(browser.get(url))

"""Slips: their order, their words, the print page and the CSV."""

import csv
import io
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string
from django.utils.html import escape

from candidates.credentials.slips import Layout, Slip, sort_slips, when_for
from candidates.credentials.slips_export import COLUMNS, print_page, render_csv
from candidates.tabular.exporting import unguard_formula
from tests.credentials.slip_data import ADDRESS, OPENS, PASSWORD, a_sheet, a_slip


def test_the_password_is_in_no_representation():
    slip = a_slip()
    assert PASSWORD not in repr(slip) + str(slip) + repr(a_sheet(slip)) + repr(a_sheet(slip).printed())


@pytest.mark.parametrize(
    "address",
    [
        "exam.havnes.example",
        "ftp://exam.havnes.example",
        "https://",
        "https://exam.havnes.example/?password=x",
        "https://exam.havnes.example/#x",
        "https://user:secret@exam.havnes.example/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_could_carry_a_secret_is_refused(address):
    with pytest.raises(ValueError, match="login address"):
        a_sheet(a_slip(), login_address=address)


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("https://exam.havnes.example", "exam.havnes.example"),
        ("https://exam.havnes.example/login/", "exam.havnes.example/login"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_the_address_is_shown_as_it_is_typed(address, typed):
    assert a_sheet(login_address=address).address_to_type == typed


def test_slips_come_by_building_room_and_candidate_id_with_figures_as_numbers():
    order = [
        ("Nordbygg", "2", "9"),
        ("Nordbygg", "2", "10"),
        ("Nordbygg", "2", "A1"),
        ("Nordbygg", "10", "0006"),
        ("Nordbygg", "10", "06"),
        ("nordbygg", "10", "6"),
        ("Nordbygg", "", "1"),
        ("Vesthall", "V101", "1"),
        ("", "V2", "1"),
        ("", "V10", "1"),
        ("", "", "1"),
        ("", "", "²"),
    ]
    slips = [a_slip(candidate_id, building=building, room=room) for building, room, candidate_id in order]
    shuffled = slips.copy()
    random.Random(4).shuffle(shuffled)
    assert [(slip.building, slip.room, slip.candidate_id) for slip in sort_slips(shuffled)] == order


@pytest.mark.parametrize(
    ("changes", "long", "short"),
    [
        ({}, "Monday 7 December 2026, 09:00–13:00 Oslo time", "Mon 7 Dec 2026, 09:00–13:00 Oslo time"),
        (
            {"extra_minutes": 30},
            "Monday 7 December 2026, 09:00–13:30 Oslo time, with 30 minutes extra time",
            "Mon 7 Dec 2026, 09:00–13:30 Oslo time, 30 min extra",
        ),
        (
            {"extra_minutes": 1},
            "Monday 7 December 2026, 09:00–13:01 Oslo time, with 1 minute extra time",
            "Mon 7 Dec 2026, 09:00–13:01 Oslo time, 1 min extra",
        ),
        (
            {"ends_at_latest": True, "duration_minutes": 180},
            "Monday 7 December 2026, 09:00–13:00 Oslo time at the latest. You have 180 minutes from your start.",
            "Mon 7 Dec 2026, 09:00–13:00 Oslo time at the latest, 180 min from your start",
        ),
        (
            {"ends_at_latest": True, "duration_minutes": 180, "extra_minutes": 45},
            "Monday 7 December 2026, 09:00–13:45 Oslo time at the latest. "
            "You have 225 minutes from your start, 45 of them extra time.",
            "Mon 7 Dec 2026, 09:00–13:45 Oslo time at the latest, 225 min from your start (45 min extra)",
        ),
        (
            {"ends_at": OPENS + timedelta(hours=48)},
            "Monday 7 December 2026, 09:00 – Wednesday 9 December 2026, 09:00 Oslo time",
            "Mon 7 Dec 2026, 09:00 – Wed 9 Dec 2026, 09:00 Oslo time",
        ),
        (
            {"ends_at": OPENS + timedelta(hours=4, seconds=59)},
            "Monday 7 December 2026, 09:00–13:00 Oslo time",
            "Mon 7 Dec 2026, 09:00–13:00 Oslo time",
        ),
    ],
)
def test_times_are_the_candidates_own_with_weekday_and_zone(changes, long, short):
    slip = a_slip(**changes)
    assert when_for(slip, sheet=a_sheet(slip)) == long
    assert when_for(slip, sheet=a_sheet(slip), short=True) == short


def test_the_night_when_the_clocks_change_shows_which_hour_is_meant():
    slip = a_slip(opens_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), ends_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert "02:30 (UTC+0200)–02:30 (UTC+0100) Oslo time" in when_for(slip, sheet=a_sheet(slip))


@pytest.mark.parametrize(
    ("zone", "label"),
    [
        ("Europe/Oslo", "Oslo time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_the_zone_is_named_in_words(zone, label):
    assert a_sheet(zone=zone).zone_label == label


def page(*slips: Slip, layout: Layout = "page") -> str:
    sheet = a_sheet(*slips)
    return render_to_string("login_details/slips.html", dict(print_page(sheet, layout=layout)))


@pytest.mark.parametrize("layout", ["page", "compact"])
def test_the_print_page_has_every_slip_with_what_must_be_typed(layout):
    html = page(*(a_slip(str(number), password=f"aaaa-bbbb-{number}") for number in range(10001, 10008)), layout=layout)
    assert html.count("<article") == 7
    for number in range(10001, 10008):
        assert f"aaaa-bbbb-{number}" in html
        assert f'aria-label="Slip for candidate {number}"' in html
    assert "3 of 7" in html
    assert "exam.havnes.example" in html
    assert "4 Dec" in html
    assert "ersion 1" in html
    assert html.count('id="qr-drawing"') == 1
    assert html.count('href="#qr-drawing"') == 6


@pytest.mark.parametrize("layout", ["page", "compact"])
def test_the_print_page_obeys_the_content_security_policy_and_escapes(layout):
    text = '<script>alert("x")</script>'
    html = page(a_slip(text, test_name=text, building=text, room=text), layout=layout)
    assert text not in html
    assert escape(text) in html
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script", html)


def test_the_secret_is_in_no_attribute_of_the_print_page():
    assert not re.search(f'="[^"]*{PASSWORD}', page(a_slip()))


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_csv_has_one_row_for_each_slip_in_the_order_of_the_sheet():
    content = render_csv(a_sheet(a_slip("Ødegård", extra_minutes=30, version=2), a_slip("😀", ends_at_latest=True)))
    first, second = rows_of(content)
    assert tuple(first) == COLUMNS
    assert first == {
        "Candidate ID": "Ødegård",
        "Username": "cz6e-p34v",
        "Password": PASSWORD,
        "Test": "BIO2150 Cell Biology, written exam",
        "Opens": "2026-12-07 09:00 Oslo time",
        "Ends": "2026-12-07 13:30 Oslo time",
        "Building": "Nordbygg",
        "Room": "2.02",
        "Login address": ADDRESS,
        "Extra time (minutes)": "30",
        "Slip version": "2",
    }
    assert (second["Candidate ID"], second["Ends"]) == ("😀", "2026-12-07 13:00 Oslo time at the latest")


@pytest.mark.parametrize("text", ["=1+1", "+47", "-1", "@x", "＝x", "\t=x", "a,b", 'a"b', "'x", "0001"])
def test_the_csv_runs_nothing_and_gives_the_same_text_back(text):
    (row,) = rows_of(render_csv(a_sheet(a_slip(text, test_name=text, building=text, room=text))))
    for column in ("Candidate ID", "Test", "Building", "Room"):
        assert not re.match(r"[=+\-@＝\t\r\n]", row[column])
        assert unguard_formula(row[column]) == text

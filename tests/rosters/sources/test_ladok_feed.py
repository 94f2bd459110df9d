"""Ladok's change feed: it says which exams to look at sooner, and everything where it cannot say which."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candidates.rosters.source import Hints, SourceError
from candidates.rosters.sources.ladok.feed import read_hints, read_page
from candidates.rosters.sources.ladok.reader import LadokSource
from tests.support.ladok_answers import uid
from tests.support.ladok_server import EVENTS_A_PAGE, Call, Ladok, Reply, served

FEEDS = Path(__file__).parents[2] / "data" / "ladok"
START = datetime(2026, 11, 2, 8, tzinfo=UTC)
JOINED, LEFT = "AnmalanPaAktivitetstillfalleEvent", "AvanmalanPaAktivitetstillfalleEvent"


@pytest.fixture
def ladok() -> Iterator[Ladok]:
    with served(Ladok()) as found:
        yield found


def tell(ladok: Ladok, *exams: str, kind: str = JOINED) -> None:
    for exam in exams:
        student = "" if "Anmalan" not in kind and "Avanmalan" not in kind else uid("student")
        ladok.tell(kind, exam, student, at=START + timedelta(minutes=len(ladok.events)))


def hints(ladok: Ladok, marker: str, *, below: str = "") -> Hints:
    setup = {"label": "Ladok", "url": ladok.address + below, "certificate": "", "key": "", "ca": ""}
    found = LadokSource(setup).hints(marker)  # type: ignore[arg-type]
    assert len(found.marker) <= 1000
    return found


def test_the_first_time_everything_is_looked_at(ladok):
    tell(ladok, "exam-1")
    first = hints(ladok, "")
    assert first.everything
    assert hints(ladok, first.marker) == Hints(first.marker)


@pytest.mark.parametrize(
    "kind", [JOINED, LEFT, "AktivitetstillfalleInstalltEvent", "AktivitetstillfalleAktiveratEvent"]
)
def test_exams_of_new_events_are_named_each_once(ladok, kind):
    tell(ladok, "exam-1", "exam-2")
    marker = hints(ladok, "").marker
    tell(ladok, "exam-3", "exam-2", "exam-3", kind=kind)
    assert hints(ladok, marker).exams == ("exam-3", "exam-2")


def test_older_documents_are_read_back_to_what_was_seen(ladok):
    tell(ladok, "exam-0")
    marker = hints(ladok, "").marker
    tell(ladok, *(f"exam-{number}" for number in range(1, 3 * EVENTS_A_PAGE)))
    found = hints(ladok, marker)
    assert (len(found.exams), found.everything) == (3 * EVENTS_A_PAGE - 1, False)
    assert [call.path.rpartition("/")[2] for call in ladok.calls[1:]] == ["recent", "1", "0"]


def test_an_event_that_comes_twice_counts_once(ladok):
    tell(ladok, "exam-1")
    marker = hints(ladok, "").marker
    tell(ladok, "exam-2")
    ladok.events.append(ladok.events[-1])
    found = hints(ladok, marker)
    assert found.exams == ("exam-2",)
    ladok.events.append(ladok.events[-1])
    assert hints(ladok, found.marker).exams == ()


def test_a_gap_before_what_was_seen_means_everything(ladok):
    tell(ladok, "exam-0")
    marker = hints(ladok, "").marker
    tell(ladok, *(f"exam-{number}" for number in range(1, 2 * EVENTS_A_PAGE)))
    ladok.order = lambda call: Reply(404 if call.path.endswith("/0") else 200)
    found = hints(ladok, marker)
    assert found.everything
    assert hints(ladok, found.marker) == Hints(found.marker)


def test_what_was_seen_may_be_gone_where_something_older_is_still_there(ladok):
    tell(ladok, "exam-0", "exam-1")
    marker = hints(ladok, "").marker
    tell(ladok, "exam-2")
    del ladok.events[1]
    assert hints(ladok, marker).exams == ("exam-2",)


@pytest.mark.parametrize(
    "link", ["https://other.example/uppfoljning/feed/0", "//other.example/x", "http://[", "file:///etc/passwd", ""]
)
def test_links_to_other_machines_are_not_followed(ladok, link):
    tell(ladok, "exam-0")
    marker = hints(ladok, "").marker
    tell(ladok, *(f"exam-{number}" for number in range(1, 2 * EVENTS_A_PAGE)))
    _status, written = ladok.content(Call("/uppfoljning/feed/recent", {}, ""))
    assert isinstance(written, str)
    changed = written.replace(f"{ladok.address}/uppfoljning/feed/0", link).encode()
    ladok.order = lambda call: Reply(body=changed)
    assert hints(ladok, marker).everything
    assert len(ladok.calls) == 2


def test_a_feed_that_leads_in_a_circle_comes_to_an_end(ladok):
    tell(ladok, "exam-0")
    marker = "2020-01-01T00:00:00.000000 seen"
    _status, written = ladok.content(Call("/uppfoljning/feed/recent", {}, ""))
    assert isinstance(written, str)
    circle = written.replace("rel='via'", "rel='prev-archive'").encode()
    ladok.order = lambda call: Reply(body=circle)
    assert hints(ladok, marker).everything
    assert len(ladok.calls) == 2


def test_a_time_ahead_of_all_clocks_does_not_hide_later_events(ladok):
    ladok.tell(JOINED, "exam-1", uid("student"), at=datetime(2099, 1, 1, tzinfo=UTC))
    assert hints(ladok, hints(ladok, "").marker).everything
    tell(ladok, "exam-2")
    marker = hints(ladok, "").marker
    tell(ladok, "exam-3")
    assert "exam-3" in hints(ladok, marker).exams


@pytest.mark.parametrize("marker", ["zzz", "9999", "2026-13-99", "x" * 1000, "2026-11-02 \x00"])
def test_a_marker_that_is_none_means_everything(ladok, marker):
    tell(ladok, "exam-1")
    assert hints(ladok, marker) == hints(ladok, "")
    assert hints(ladok, marker).everything


@pytest.mark.parametrize(
    ("folder", "name", "entries"),
    [("feed-kth", "feed-256259.xml", 53), ("feed-uu", "feed-recent.xml", 31), ("feed-sunet", "feed_all_events.xml", 7)],
)
def test_real_feeds_are_read(folder, name, entries):
    page = read_page((FEEDS / folder / name).read_bytes(), "Ladok")
    assert len(page.entries) == entries
    assert all(one.key for one in page.entries)
    assert not any(one.exams for one in page.entries)


def test_a_real_feed_with_an_event_of_an_exam_names_it():
    event = b"""<entry><updated>2017-09-15T10:50:00Z</updated><content><r:AnmalanPaAktivitetstillfalleEvent
        xmlns:r="http://schemas.ladok.se/resultat"><r:StudentUID>s</r:StudentUID><r:AktivitetstillfalleUID>
            1c61a7d0-a656-4418-84bd-213d40ddf048
        </r:AktivitetstillfalleUID></r:AnmalanPaAktivitetstillfalleEvent></content><id>new</id></entry></feed>"""
    feed = (FEEDS / "feed-kth" / "feed-256259.xml").read_bytes().replace(b"</feed>", event)
    page = read_page(feed, "Ladok")
    assert page.links["prev-archive"] == "https://api.mit-integration.ladok.se:443/uppfoljning/feed/256258"
    assert [one.exams for one in page.entries if one.exams] == [("1c61a7d0-a656-4418-84bd-213d40ddf048",)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<feed",
        b"<html/>",
        b"{}",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="none-such"?><feed/>',
        b'<!DOCTYPE feed [<!ENTITY a "b">]><feed>&a;</feed>',
        b'<!DOCTYPE feed SYSTEM "http://127.0.0.1/x.dtd"><feed/>',
    ],
)
def test_what_is_no_feed_is_refused(ladok, body):
    ladok.order = lambda call: Reply(body=body or b" ")
    with pytest.raises(SourceError, match="The change feed of Ladok cannot be read"):
        hints(ladok, "")


def test_a_feed_that_does_not_answer_is_an_error(ladok):
    ladok.order = lambda call: Reply(503)
    with pytest.raises(SourceError, match=r"answered with an error \(503\)"):
        hints(ladok, "")


REAL = (FEEDS / "feed-sunet" / "feed_all_events.xml").read_bytes()


@given(st.integers(0, len(REAL)), st.integers(0, 400), st.binary(max_size=20), st.text(max_size=40))
def test_only_sentences_come_out_whatever_a_feed_holds(place, length, written, marker):
    class Talk:
        label, base = "Ladok", "https://api.example.org"

        def get(self, *_path: str, **_others: object) -> object:
            return type("Answer", (), {"status": 200, "body": REAL[:place] + written + REAL[place + length :]})

    with suppress(SourceError):
        assert isinstance(read_hints(Talk(), marker), Hints)  # type: ignore[arg-type]

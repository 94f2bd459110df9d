"""1500 people of Ladok: from its answers, which are there already, to the list; the network takes its own time."""

import json
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

from candidates.fetching import Answer
from candidates.rosters.sources.ladok.reader import LadokSource
from tests.benchmarks.support import Report, measure
from tests.support.ladok_answers import Registered, Session, Student
from tests.support.ladok_server import Call, Ladok
from tests.support.roster_source import source_settings

N = 1500


def test_bench_ladok() -> None:
    ladok = Ladok()
    people = [Registered(Student(f"First{n}", f"Last{n}"), f"CODE-{n:04}") for n in range(N)]
    session = ladok.add(Session(registered=people))

    @cache
    def answer(url: str) -> Answer:
        path, _, parameters = url.removeprefix("http://ladok").partition("?")
        content = ladok.content(Call(path, dict(parse_qsl(parameters)), ""))[1]
        return Answer(200, "application/json", json.dumps(content).encode(), {})

    def fetch(_method: str, url: str, **_how: Any) -> Answer:
        return answer(url)

    source = LadokSource(source_settings(kind="ladok", url="http://ladok", claim="norEduPersonLIN"))
    with mock.patch("candidates.rosters.sources.ladok.connection.fetch", fetch):
        assert len(source.snapshot(session.key).enrolments) == N
        took = measure(lambda: source.snapshot(session.key))
    report = Report(f"{N} people of Ladok")
    report.at_most_ms("eight pages to the list", took, 1000)
    report.show()

"""1500 registrations from FS: our own work on the answer, and the whole look at a server on this machine."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

from candidates.fetching import Answer
from candidates.rosters.sources.fs import calls
from candidates.rosters.sources.fs.reader import FsSource
from tests.benchmarks.support import Report, measure
from tests.support.fs_server import API_KEY, ORGANISATION, OSLO, Fs, Student, Unit, served, term_of

N = 1500


def test_bench_fs() -> None:
    opens = datetime.now(OSLO).replace(tzinfo=None, microsecond=0) + timedelta(days=9)
    people = [
        Student(
            f"{500_000 + n}",
            f"Åse {n}",
            "Ødegård",
            f"p{n}@havnes.example",
            f"{10_000 + n}",
            "PT1H" if n % 8 == 0 else None,
            room=("Silurveien 2", f"Rom {n % 40}") if n % 8 == 1 else None,
        )
        for n in range(N)
    ]
    fs = Fs()
    fs.add(Unit("u", "EXPHIL03", "Examen", opens, opens + timedelta(hours=4), term_of(opens.date()), people))
    with served(fs):
        setup: Any = {"slug": "fs", "url": fs.address, "ca": "", "api_key": API_KEY, "organisation": ORGANISATION}
        source = FsSource(setup)
        report = Report(f"{N} registrations from FS")
        asked = {"query": calls.QUERIES["People"], "operationName": "People", "variables": {"exam": "u"}}
        body = json.dumps(fs.execute(asked)).encode()
        look = partial(source.snapshot, "u")
        with mock.patch.object(calls, "fetch", return_value=Answer(200, "application/json", body, {})):
            assert len(look().enrolments) == N
            report.at_most_ms(f"read {len(body) // 1024} KiB", measure(look), 300)
        executed = measure(partial(fs.execute, asked))
        report.at_most_times("the whole look", measure(look), "graphql-core's execution", executed, 3)
    report.show()

"""FS: who is registered is read whole, by queries that its schema allows, or refused with a sentence."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from candidates.fetching import Answer
from candidates.rosters.source import (
    Accommodation,
    AccommodationKind,
    ExamSearch,
    Hints,
    Snapshot,
    SourceError,
    SourceRefused,
)
from candidates.rosters.sources import READERS
from candidates.rosters.sources.fs import calls, values
from candidates.rosters.sources.fs.reader import FsSource
from candidates.rosters.sources.fs.terms import Term, course_codes, terms_of
from candidates.rosters.stored import checked
from candidates.text import date_words
from tests.support.fs_server import (
    API_KEY,
    ORGANISATION,
    OSLO,
    PASSWORD,
    SCHEMA,
    USER,
    Call,
    Fs,
    Reply,
    Student,
    Unit,
    served,
    term_of,
)

KEY = "unit-1"
TODAY = datetime.now(OSLO).date()
DAY = TODAY + timedelta(days=20)
OPENS = datetime.combine(DAY, time(9))


def unit(key: str = KEY, code: str = "EXPHIL03", opens: datetime = OPENS, people: int = 5, **more: Any) -> Unit:
    """Return an exam of four hours with some people."""
    students = [
        Student(f"5000{number}", f"Person{number}", "Lind", f"p{number}@havnes.example", f"{10_001 + number}")
        for number in range(people)
    ]
    told = {"ends": opens + timedelta(hours=4), "term": term_of(opens.date()), "students": students, **more}
    return Unit(key, code, "Examen philosophicum", opens, **told)


@pytest.fixture
def fs() -> Iterator[Fs]:
    made = Fs()
    made.add(unit())
    with served(made) as found:
        yield found


def source(fs: Fs, *, seconds: float = 10, **settings: Any) -> FsSource:
    setup = {
        "slug": "fs",
        "url": fs.address,
        "ca": "",
        "user": "",
        "password": "",
        "api_key": API_KEY,
        "organisation": ORGANISATION,
        **settings,
    }
    return FsSource(setup, seconds=seconds, search_seconds=seconds)  # type: ignore[arg-type]


def read(fs: Fs, **settings: Any) -> Snapshot:
    return checked(source(fs, **settings).snapshot(KEY))


def refusal(fs: Fs, **settings: Any) -> str:
    """Return why nothing is read: a sentence without an address, a secret and a name."""
    with pytest.raises(SourceError) as caught:
        read(fs, **settings)
    said = str(caught.value)
    for secret in ("://", "?", API_KEY, PASSWORD, "Lind", "Person", "5000", "havnes.example"):
        assert secret not in said
    return said


def told(fs: Fs, **settings: Any) -> Student:
    """Return the first person of the exam, changed."""
    for name, value in settings.items():
        setattr(fs.units[KEY].students[0], name, value)
    return fs.units[KEY].students[0]


# --- What is read ----------------------------------------------------------------------------------------------------


def test_each_query_is_one_that_the_schema_allows():
    assert set(calls.QUERIES) == {"Exams", "People", "Events"}
    for query in calls.QUERIES.values():
        assert validate(build_schema(SCHEMA), parse(query)) == []


def test_everybody_is_read_with_number_login_and_name(fs):
    found = read(fs)
    assert [(one.key, one.login, one.candidate_id, one.name) for one in found.enrolments] == [
        (one.number, one.feide, one.candidate, f"{one.first} {one.last}") for one in fs.units[KEY].students
    ]
    assert (found.notices, found.doubts) == ((), ())
    exam = found.exam
    assert (exam.title, exam.code, exam.minutes, exam.expected) == ("Examen philosophicum", "EXPHIL03", 240, 5)
    assert exam.opens == OPENS.replace(tzinfo=OSLO)
    assert exam.codes_come == DAY - timedelta(days=7)


def test_the_reader_is_the_one_of_its_kind():
    assert READERS["fs"] is FsSource


def test_the_headers_and_a_password_are_what_fs_wants(fs):
    read(fs, api_key="", user=USER, password=PASSWORD)
    (call,) = fs.calls
    assert call.headers["accept"] == "application/json;version=1"
    assert call.headers["feature-flags"] == "beta, experimental"


def test_who_has_no_number_or_no_feide_user_yet_is_told_without(fs):
    told(fs, candidate=None, feide=None)
    found = read(fs)
    assert (found.enrolments[0].candidate_id, found.enrolments[0].login) == ("", "")
    assert found.notices == ("FS tells no Feide user for 1 person.",)


@pytest.mark.parametrize(
    ("granted", "extra", "expected"),
    [
        (True, "PT45M", (Accommodation(AccommodationKind.DURATION, "PT45M"),)),
        (False, "PT45M", ()),
        (None, "PT45M", ()),
        (True, None, ()),
        # nothing that cannot be reckoned is taken for no time at all
        (True, "en time", (Accommodation(AccommodationKind.DURATION, "en time"),)),
    ],
)
def test_extra_time_and_a_room_count_where_they_are_granted_for_this_exam(fs, granted, extra, expected):
    told(fs, granted=granted, extra=extra, room=("Silurveien 2", "Rom 3"))
    one = read(fs).enrolments[0]
    assert one.accommodations == expected
    assert (one.building, one.room) == (("Silurveien 2", "Rom 3") if granted else ("", ""))
    # the application of another exam, which the server always tells
    assert "PT3H" not in str(read(fs))


def test_somebody_who_comes_back_is_the_same_person(fs):
    before = read(fs).enrolments[0].key
    gone = fs.withdraw(fs.units[KEY], 0)
    gone.registration = "another-registration"
    fs.register(fs.units[KEY], gone)
    assert read(fs).enrolments[-1].key == before


def test_a_total_that_differs_is_a_doubt_and_the_list_is_read(fs):
    fs.units[KEY].counted = 7
    found = read(fs)
    assert len(found.enrolments) == 5
    assert found.doubts == ("FS counts 7 candidates for this exam, and tells 5. Look why before you apply it.",)


def test_until_when_people_may_withdraw_is_told(fs):
    fs.units[KEY].told = {"trekkfrist": "2087-12-01T22:59:59Z"}
    assert read(fs).notices == (f"People can withdraw from this exam until {date_words(date(2087, 12, 1))}.",)
    fs.units[KEY].told = {"trekkfrist": "2017-12-01T22:59:59Z"}
    assert read(fs).notices == ()


def test_two_numbers_of_one_person_are_none(fs):
    def two(_call: Call, said: dict[str, Any]) -> Any:
        said["data"]["node"]["vurderingsmeldinger"][0]["kandidatinformasjon"].append({"kandidatnummer": 77})
        return said

    fs.mangle = two
    found = read(fs)
    assert found.enrolments[0].candidate_id == ""
    assert found.notices == ("FS tells more than one candidate number for one person, who is held back.",)


# --- Choosing --------------------------------------------------------------------------------------------------------


def test_exams_are_found_over_all_pages_the_next_ones_first(fs):
    fs.most = 2
    for number in range(2, 8):
        fs.add(unit(f"unit-{number}", f"MAT{number}", OPENS - timedelta(minutes=number)))
    fs.add(unit("over", "OLD1", datetime.combine(TODAY, time(9)) - timedelta(days=9)))
    found = source(fs).exams(ExamSearch())
    assert [one.key for one in found] == [*(f"unit-{number}" for number in range(7, 1, -1)), KEY]
    assert [one.key for one in source(fs).exams(ExamSearch("philosophicum exphil"))] == [KEY]
    assert source(fs).exams(ExamSearch("", DAY + timedelta(days=1), DAY + timedelta(days=30))) == []
    assert [one.key for one in source(fs).exams(ExamSearch("mat7", DAY, DAY))] == ["unit-7"]


def test_a_course_code_is_looked_up_alone(fs):
    for number in range(300):
        fs.add(unit(f"many-{number}", "AAA1", people=0))
    assert [one.key for one in source(fs).exams(ExamSearch("exphil03"))] == [KEY]
    assert {call.variables["after"] for call in fs.calls} == {None}


def test_a_course_on_other_days_is_no_reason_to_read_everything(fs):
    assert source(fs).exams(ExamSearch("EXPHIL03", DAY + timedelta(days=1), DAY + timedelta(days=2))) == []
    assert all(call.variables["courses"] for call in fs.calls)


def test_as_many_as_are_shown_are_found_however_many_there_are(fs, monkeypatch):
    monkeypatch.setattr("candidates.rosters.sources.fs.reader.MOST_PAGES", 2)
    for number in range(300):
        fs.add(unit(f"many-{number}", f"AAA{number % 4}", people=0))
    assert len(source(fs).exams(ExamSearch("examen"))) == 100
    with pytest.raises(SourceError, match="Search for a whole course code"):
        source(fs).exams(ExamSearch("examen AAA1"))


def test_an_exam_that_is_no_ordinary_one_says_so(fs):
    fs.units[KEY].status = "KONTINUASJON"
    fs.units[KEY].told = {"vurderingsoppbygningsdel": {"kode": "S1"}}
    assert source(fs).exams(ExamSearch())[0].title == "Examen philosophicum, S1, resit"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 12, 1), date(2026, 12, 20), [Term(2026, "HOST")]),
        (date(2027, 1, 10), date(2027, 1, 10), [Term(2026, "HOST"), Term(2027, "VAR")]),
        (date(2027, 8, 15), date(2027, 8, 15), [Term(2027, "VAR"), Term(2027, "SOM"), Term(2027, "HOST")]),
        (date(2027, 3, 1), date(2027, 5, 31), [Term(2027, "VAR")]),
    ],
)
def test_terms_are_those_whose_exams_and_resits_may_be_on_these_days(first, last, expected):
    assert terms_of(first, last) == expected


def test_a_search_of_any_days_asks_for_few_terms():
    assert len(terms_of(date(1, 1, 1), date(9999, 12, 31))) <= 9
    assert course_codes("two words1") is None
    assert course_codes("history") is None


def test_days_that_nobody_means_are_no_fault(fs):
    assert source(fs).exams(ExamSearch("", date(9999, 12, 31))) == []
    assert source(fs).exams(ExamSearch("", None, date(1, 1, 1))) == []


# --- Times of Norway -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2026, 12, 7), time(9), datetime(2026, 12, 7, 8, tzinfo=UTC)),
        (date(2027, 6, 7), time(9), datetime(2027, 6, 7, 7, tzinfo=UTC)),
        # the night of March has no 02:30, that of October has two
        (date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_clocks_are_those_of_norway(day, clock, expected):
    assert values.local_moment(day, clock, "x") == expected
    assert values.moment({"x": f"{day}T{clock}"}, "x") == expected


@pytest.mark.parametrize("written", ["09:00", "09:00:00", "09:00:00Z", "09:00:00.000Z", "09:00:00+01:00"])
def test_a_time_of_day_is_what_clocks_show_however_it_is_written(fs, written):
    when = {
        "eksamensdatoer": {"startDato": "2027-06-07", "sluttDato": None},
        "startklokkeslett": written,
        "innleveringsfrist": {"dato": "2027-06-07", "klokkeslett": "13:00:00"},
    }
    fs.units[KEY].told = {"vurderingsvarighet": when}
    exam = read(fs).exam
    assert (exam.opens, exam.minutes) == (datetime(2027, 6, 7, 7, tzinfo=UTC), 240)


def test_two_times_for_the_beginning_are_told(fs):
    when = {"beregnetStartTidspunkt": "2027-06-07T09:00:00Z", "startklokkeslett": "09:00:00"}
    fs.units[KEY].told = {"vurderingsvarighet": when}
    (notice,) = read(fs).notices
    assert "11:00 and 09:00 in Norway" in notice


def test_an_exam_over_the_change_of_clocks_has_the_length_that_passes(fs):
    opens = datetime(2027, 10, 30, 22)
    fs.units[KEY] = unit(opens=opens, ends=datetime(2027, 10, 31, 6))
    assert read(fs).exam.minutes == 9 * 60


# --- Faults ----------------------------------------------------------------------------------------------------------

HTML = b"<!doctype html><title>Log in</title>"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(manner="silent"), "did not answer in full within 1 seconds"),
        (Reply(manner="drip"), "did not answer in full within 1 seconds"),
        (Reply(manner="half"), "broke off in the middle"),
        (Reply(manner="closed"), "could not be reached"),
        (Reply(500), "the error 500"),
        (Reply(503, HTML, content_type="text/html"), "the error 503"),
        (Reply(404), "the error 404"),
        (Reply(418), "the error 418"),
        (Reply(429), "asked less often"),
        (Reply(302, b"", headers=(("Location", "https://login.example/"),)), "A web page came in the place of data"),
        (Reply(200, HTML, content_type="text/html; charset=utf-8"), "A web page came in the place of data"),
        (Reply(200, b""), "cannot be read as data"),
        (Reply(200, b"\xff\xfe"), "cannot be read as data"),
        (Reply(200, b"[" * 200_000), "cannot be read as data"),
        (Reply(200, b"[]"), "answered without data"),
        (Reply(200, b'{"data": null}'), "answered without data"),
        (Reply(200, b'{"data": {"node": null}}'), "no exam with this id any more"),
        (Reply(200, b'{"data": {"node": {}}}'), "no exam with this id any more"),
    ],
)
def test_an_answer_that_is_none_is_a_sentence(fs, reply, expected):
    fs.order = lambda _call: reply
    assert expected in refusal(fs, seconds=0.6 if reply.manner in {"silent", "drip"} else 10)


def test_an_answer_without_end_is_cut(fs, monkeypatch):
    monkeypatch.setattr(calls, "MAX_BYTES", 200_000)
    fs.order = lambda _call: Reply(manner="endless")
    assert "more than a list of one exam can be" in refusal(fs)


@pytest.mark.parametrize("settings", [{"api_key": "wrong"}, {"api_key": "", "user": USER, "password": "wrong"}])
def test_a_key_that_fs_does_not_take_stops_the_source(fs, settings):
    with pytest.raises(SourceRefused, match="has to check ROSTER_FS_API_KEY, or ROSTER_FS_USER and ROSTER_FS_PASSWORD"):
        read(fs, **settings)


@pytest.mark.parametrize("name", ["code", "classification"])
def test_a_query_that_a_key_may_not_ask_stops_the_source(fs, name):
    error = {"message": "no", "extensions": {name: "FORBIDDEN"}}
    fs.order = lambda _call: Reply(200, json.dumps({"errors": [error], "data": {"node": None}}).encode())
    with pytest.raises(SourceRefused):
        read(fs)


def test_one_field_that_a_key_may_not_read_stops_this_look_alone(fs):
    path = ["node", "vurderingsmeldinger", 2, "studentVedLarested", "feideBruker"]
    error = {"message": "Lind is shielded", "path": path, "extensions": {"classification": "FORBIDDEN"}}
    fs.mangle = lambda _call, said: {**said, "errors": [error]}
    with pytest.raises(SourceError, match="does not let us read “feideBruker”") as caught:
        read(fs)
    assert not isinstance(caught.value, SourceRefused)


def test_a_field_that_fs_renamed_is_named(fs):
    fs.renamed = ("antallKandidater: Int", "kandidatantall: Int")
    assert "FS no longer has “Vurderingsenhet.antallKandidater”" in refusal(fs)
    with pytest.raises(SourceError, match=r"“Vurderingsenhet\.antallKandidater”"):
        source(fs).exams(ExamSearch())


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Validation error (FieldUndefined@[x]) : Field 'trekkfrist' in type 'Vurderingsenhet' is undefined",
         "FS no longer has “Vurderingsenhet.trekkfrist”"),
        ("The field `trekkfrist` does not exist on the type `Vurderingsenhet`.", "“Vurderingsenhet.trekkfrist”"),
        ("Unknown argument 'after' on field 'Query.studenthendelser'.", "“Query.studenthendelser.after”"),
        ("Cannot query field 'kandidaten Lind' on type 'X'", "reported an error and sent no whole answer"),
        ("Student Person0 Lind 50000 has no mobile", "reported an error and sent no whole answer"),
    ],
)  # fmt: skip
def test_errors_say_which_field_and_nothing_of_their_own(fs, message, expected):
    for status in (200, 400):
        fs.order = lambda _call, status=status: Reply(status, json.dumps({"errors": [{"message": message}]}).encode())
        assert expected in refusal(fs)


@pytest.mark.parametrize("errors", ["no", {"message": "no"}, [None], [{"message": 7, "path": 3, "extensions": []}]])
def test_errors_of_any_shape_beside_data_refuse_the_data(fs, errors):
    fs.mangle = lambda _call, said: {**said, "errors": errors}
    assert "sent no whole answer" in refusal(fs)


def test_null_where_the_schema_has_none_is_an_error_with_its_place(fs):
    told(fs, number=None)
    assert "an error at “studentnummer”" in refusal(fs)


def test_somebody_twice_is_no_list(fs):
    fs.units[KEY].students.append(fs.units[KEY].students[0])
    assert "names somebody twice" in refusal(fs)
    fs.units[KEY].students[-1] = replace(fs.units[KEY].students[0], registration="second")
    assert "names somebody twice" in refusal(fs)


def test_a_list_of_nobody_is_told_and_doubted_where_fs_counts_somebody(fs):
    fs.units[KEY].students.clear()
    found = read(fs)
    assert (found.enrolments, found.doubts) == ((), ())
    fs.units[KEY].counted = 5
    assert read(fs).doubts == ("FS counts 5 candidates for this exam, and tells 0. Look why before you apply it.",)


def test_another_exam_than_was_asked_for_is_none(fs):
    fs.units[KEY].told = {"id": "unit-2"}
    assert "about another exam" in refusal(fs)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("500", "the error 500"),
        ("circle", "lead in a circle"),
        ("twice", "on two pages"),
        ("no end", "“endCursor”"),
    ],
)
def test_pages_that_are_not_whole_are_no_list_to_choose_from(fs, fault, expected):
    fs.most = 1
    for number in range(2, 5):
        fs.add(unit(f"unit-{number}"))

    def mangle(call: Call, said: dict[str, Any]) -> Any:
        page = said["data"]["vurderingsenheter"]
        if call.number == 2 and fault == "circle":
            page["pageInfo"]["endCursor"] = call.variables["after"]
        if call.number == 2 and fault == "twice":
            page["nodes"] = [{**page["nodes"][0], "id": KEY}]
        if call.number == 2 and fault == "no end":
            page["pageInfo"]["endCursor"] = None
        return said

    fs.mangle = mangle
    fs.order = lambda call: Reply(500) if fault == "500" and call.number == 2 else Reply()
    with pytest.raises(SourceError, match=expected):
        source(fs).exams(ExamSearch())


def test_pages_without_end_are_left_at_some_point(fs, monkeypatch):
    monkeypatch.setattr("candidates.rosters.sources.fs.reader.MOST_PAGES", 3)

    def more(call: Call, _said: dict[str, Any]) -> Any:
        cursor = base64.b64encode(b"place " + b"0" * call.number).decode()
        page = {"hasNextPage": True, "endCursor": cursor}
        return {"data": {"vurderingsenheter": {"nodes": [], "pageInfo": page}}}

    fs.mangle = more
    with pytest.raises(SourceError, match="Search for a whole course code"):
        source(fs).exams(ExamSearch())


@pytest.mark.parametrize("value", ["\x00", "\ud800", "x" * 10_000])
def test_a_text_that_no_database_keeps_is_refused(fs, value):
    told(fs, first=value)
    assert refusal(fs)


# --- Any answer ------------------------------------------------------------------------------------------------------

JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, "", "x", "2027-13-40", "0001-01-01T00:00:00", [], {}, [None]]
)


def _answers() -> dict[str, Any]:
    fs = Fs()
    one = fs.add(unit(people=2))
    fs.register(one, Student("7", "A", "B", "ab@havnes.example", "77", "PT1H", room=("Silurveien 2", "Rom 3")))
    asked = {"organisation": ORGANISATION, "term": Term(*one.term).as_input, "first": 5, "exam": KEY}
    return {
        name: fs.execute({"query": query, "operationName": name, "variables": asked})
        for name, query in calls.QUERIES.items()
    }


ANSWERS = _answers()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of an answer."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _places(inner, (*path, key))


@st.composite
def mangled(draw: st.DrawFn) -> dict[str, bytes]:
    """Return the answers with some of their values replaced, and some left out."""
    found = json.loads(json.dumps(ANSWERS))
    for path in draw(st.lists(st.sampled_from(sorted(_places(ANSWERS), key=str)), min_size=1, max_size=3)):
        holder = found
        with suppress(KeyError, IndexError, TypeError):
            for key in path[:-1]:
                holder = holder[key]
            if isinstance(holder, dict) and draw(st.booleans()):
                del holder[path[-1]]
            else:
                holder[path[-1]] = draw(JUNK)
    return {name: json.dumps(found.get(name)).encode() for name in ANSWERS}


@given(mangled())
def test_whatever_comes_is_a_list_or_a_sentence(bodies):
    def fetch(_method: str, _url: str, *, data: bytes, **_more: Any) -> Answer:
        return Answer(200, "application/json", bodies[json.loads(data)["operationName"]], {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "fetch", fetch)
        asked = source(Fs(address="https://fs.example/"))
        for ask in (
            lambda: asked.exams(ExamSearch()),
            lambda: checked(asked.snapshot(KEY)),
            lambda: asked.hints("a"),
            asked.check,
        ):
            with suppress(SourceError):
                ask()


# --- Hints and the test of the connection ----------------------------------------------------------------------------


def hinted(fs: Fs, marker: str) -> Hints:
    found = source(fs).hints(marker)
    assert found is not None
    return found


def test_events_name_the_exams_and_a_cursor_goes_on_from_them(fs):
    first = hinted(fs, "")
    assert (first.everything, first.exams) == (True, ())
    fs.register(fs.units[KEY], Student("8", "A", "B", None))
    second = hinted(fs, first.marker)
    assert (second.everything, second.exams) == (False, (KEY,))
    assert hinted(fs, second.marker) == replace(second, exams=())
    fs.withdraw(fs.units[KEY], 0)
    third = hinted(fs, second.marker)
    assert (third.everything, third.exams) == (True, ())


def test_events_of_long_ago_say_nothing_and_are_walked_through_in_steps(fs):
    fs.most = 2
    old = datetime.now(UTC) - timedelta(days=30)
    for number in range(50):
        fs.register(fs.units[KEY], Student(f"9{number}", "A", "B", None), at=old)
        fs.withdraw(fs.units[KEY], -1, at=old)
    fs.register(fs.units[KEY], Student("8", "A", "B", None))
    found = hinted(fs, "")
    while not found.exams:
        found = hinted(fs, found.marker)
        assert not found.everything
    assert len(fs.calls) == 51
    assert found.exams == (KEY,)


def test_a_cursor_that_fs_forgot_begins_anew(fs):
    fs.register(fs.units[KEY], Student("8", "A", "B", None))
    found = hinted(fs, "after:bm90IGEgY3Vyc29y")
    assert found.everything
    assert found.marker != "after:bm90IGEgY3Vyc29y"


@pytest.mark.parametrize("marker", ["", "after:bm90IGEgY3Vyc29y"])
def test_events_that_a_key_may_not_ask_for_are_none(fs, marker):
    said = json.dumps({"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}).encode()
    fs.order = lambda _call: Reply(200, said)
    assert source(fs).hints(marker) is None


def test_the_test_of_the_connection_asks_what_a_look_asks(fs):
    fs.units.clear()
    assert source(fs).check() == "FS answers. It has no exam of 0192 in this term."
    today = datetime.combine(TODAY, time(9))
    fs.add(unit("now", opens=today))
    assert source(fs).check() == "FS answers. The first exam of 0192 in this term has 5 people registered."
    fs.renamed = ("feideBruker: String", "feide: String")
    with pytest.raises(SourceError, match=r"“StudentVedLarested\.feideBruker”"):
        source(fs).check()


def test_nothing_of_the_query_is_for_one_installation():
    written = Path(calls.__file__).with_name("fs.graphql").read_text(encoding="utf-8")
    assert ORGANISATION not in written
    assert "fellesstudentsystem" not in written

"""Ladok: who is registered is read whole, from answers that its real schemas allow, or refused with a sentence."""

import json
import logging
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from candidates.fetching import Answer
from candidates.rosters.source import Accommodation, AccommodationKind, ExamSearch, Snapshot, SourceError, SourceRefused
from candidates.rosters.sources import READERS
from candidates.rosters.sources.ladok import connection, paging
from candidates.rosters.sources.ladok.reader import LadokSource
from candidates.rosters.sources.ladok.records import Record
from tests.support import ladok_answers
from tests.support.ladok_answers import Registered, Room, Session, Student
from tests.support.ladok_server import (
    APPLICATIONS,
    CHANCES,
    EXAMS,
    NEWER,
    Authorities,
    Call,
    Ladok,
    Reply,
    change_something,
    seeded,
    served,
)

PERSONNUMMER = "19990101-2384"
LINES = f"{CHANCES}/filtrera"
Mangle = Callable[[Call, dict[str, Any]], Any]


def made() -> Ladok:
    """Return a Ladok with one exam of five people."""
    people = [
        Student("Astrid", "Ek", measures=(("Förlängd skrivtid", True), ("Enskilt rum", False))),
        *(Student(f"Person{number}", "Lind", personnummer=PERSONNUMMER) for number in range(4)),
    ]
    registered = [Registered(one, f"1BI200-{number:03}-XQ", number % 2) for number, one in enumerate(people)]
    ladok = Ladok()
    ladok.add(Session(rooms=(Room(), Room("Sal 2")), registered=registered))
    return ladok


@pytest.fixture(scope="module", autouse=True)
def _schemas_are_made() -> None:
    """Make the schemas, so that no first answer takes the time for that."""
    for area in ("resultat", "pedagogisktstod"):
        ladok_answers.schema(area)


@pytest.fixture
def ladok() -> Iterator[Ladok]:
    with served(made()) as found:
        yield found


def exam_of(ladok: Ladok) -> Session:
    return next(iter(ladok.sessions.values()))


def source(ladok: Ladok, *, page: int = 2, call: float = 30, whole: float = 120, **settings: Any) -> LadokSource:
    setup = {
        "slug": "uni",
        "kind": "ladok",
        "label": "Ladok",
        "url": ladok.address,
        "certificate": "",
        "key": "",
        "ca": "",
        "authentication_type": "campus",
        "claim": "norEduPersonLIN",
        "support_url": "",
        "student_number": "",
        **settings,
    }
    return LadokSource(setup, page=page, call=call, whole=whole)  # type: ignore[arg-type]


def read(ladok: Ladok, **settings: Any) -> Snapshot:
    return source(ladok, **settings).snapshot(exam_of(ladok).key)


def refusal(ladok: Ladok, **settings: Any) -> str:
    """Return why nothing is read: a sentence without an address, a number of anybody's, and a name."""
    with pytest.raises(SourceError) as caught:
        read(ladok, **settings)
    said = str(caught.value)
    people = exam_of(ladok).registered
    for secret in ("?", "/resultat", PERSONNUMMER, *(one.student.key for one in people), "Lind", "Astrid"):
        assert secret not in said.replace("Is its address right?", "")
    return said


def test_everybody_is_read_over_all_pages(ladok):
    found = read(ladok)
    assert [(one.name, one.candidate_id) for one in found.enrolments] == [
        (f"{one.student.first} {one.student.last}", one.code) for one in exam_of(ladok).registered
    ]
    one = found.enrolments[1]
    assert one.key == one.login == exam_of(ladok).someone(1).key
    assert (one.building, one.room, one.seat) == ("Uppsala", "Sal 2", "")
    assert one.registered_at == datetime(2026, 11, 3, 9, 15, tzinfo=UTC)
    assert found.notices == ("Extra time is not read from Ladok.",)
    assert found.doubts == ()
    assert {call.accept for call in ladok.calls} == {"application/vnd.ladok-resultat+json"}
    asked = [call.parameters for call in ladok.calls if call.path == LINES]
    assert {(one["aktivitetstillfalleUID"], one["anmalda"]) for one in asked} == {(exam_of(ladok).key, "true")}
    assert [one["page"] for one in asked] == ["1", "2", "3"] * 2


def test_pages_that_are_smaller_than_asked_for_are_read_to_the_end(ladok, monkeypatch):
    ladok.order = lambda call: (call.parameters.update(limit="1"), Reply())[1]
    assert len(read(ladok, page=400).enrolments) == 5
    monkeypatch.setattr(paging, "MAX_PAGES", 4)
    assert refusal(ladok) == "Ladok says that its list has 5 lines, and sent 4. Nothing is taken; look again."


@pytest.mark.parametrize("is_public", [False, True], ids=["as the schemas say", "as public clients read it"])
def test_an_exam_is_read_in_both_shapes(ladok, is_public):
    ladok.is_public_shape = is_public
    exam = read(ladok).exam
    assert (exam.title, exam.code) == ("Tentamen", "1BI200")
    assert exam.opens == datetime(2026, 12, 14, 8, tzinfo=UTC)
    assert exam.ends == datetime(2026, 12, 14, 12, tzinfo=UTC)
    assert (exam.minutes, exam.expected) == (240, 5)
    assert exam.place == "Sal 1, Uppsala; Sal 2, Uppsala"
    assert (exam.is_anonymous, exam.hides_codes, exam.is_cancelled) == (True, False, False)


@pytest.mark.parametrize("path", [LINES, f"{LINES}/utananonymbehorighet", NEWER])
def test_who_is_registered_is_found_at_each_path_that_is_known(ladok, path):
    ladok.paths = frozenset({path})
    assert len(read(ladok).enrolments) == 5


def test_a_ladok_that_has_none_of_the_paths_is_an_error(ladok):
    ladok.paths = frozenset()
    assert refusal(ladok) == "Ladok answered with an error (404). Nothing is changed; look again later."


def test_an_old_path_without_right_gives_way_to_the_newer_one(ladok):
    ladok.paths = frozenset({NEWER})
    ladok.order = lambda call: Reply(403 if call.path == LINES else 200)
    assert len(read(ladok).enrolments) == 5


@pytest.mark.parametrize(
    ("told", "is_cancelled"), [("is_cancelled", True), ("is_deleted", True), ("hides_codes", False)]
)
def test_what_ladok_says_of_an_exam_is_kept(ladok, told, is_cancelled):
    setattr(exam_of(ladok), told, True)
    exam = read(ladok).exam
    assert (exam.is_cancelled, exam.hides_codes) == (is_cancelled, not is_cancelled)


def test_an_exam_of_which_other_fields_tell_is_read_from_these(ladok):
    def elsewhere(_call: Call, told: dict[str, Any]) -> dict[str, Any]:
        if "Aktiviteter" not in told:
            return told
        course = told.pop("Aktiviteter")[0]["Kursinstans"]
        del told["AntalAnmalda"]
        return {**told, "Kopplingar": {"Aktivitet": course}, "Benamningar": None, "Benamning": "Omtentamen"}

    ladok.mangle = elsewhere
    exam = read(ladok).exam
    assert (exam.code, exam.title, exam.expected) == ("1BI200", "Omtentamen", 5)


def test_codes_that_are_not_there_yet_are_left_empty(ladok):
    exam_of(ladok).change(2, code="")
    assert [bool(one.candidate_id) for one in read(ladok).enrolments] == [True, True, False, True, True]


def test_an_exam_that_is_not_anonymous_has_no_codes(ladok):
    exam_of(ladok).is_anonymous = False
    found = read(ladok)
    assert not found.exam.is_anonymous
    assert not any(one.candidate_id for one in found.enrolments)
    assert "Ladok gives codes for an exam that is not anonymous. They are not used." in found.notices


def test_an_exam_that_does_not_say_whether_it_is_anonymous_waits_for_a_person(ladok):
    ladok.mangle = without("Anonymt")
    found = read(ladok)
    assert found.exam.is_anonymous
    assert found.doubts == ("Ladok does not say whether this exam is anonymous.",)
    assert found.notices[0] == "Ladok does not tell of this exam: Anonymt."


def test_nobody_registered_waits_for_a_person(ladok):
    exam_of(ladok).registered.clear()
    assert read(ladok).doubts == ("Ladok says that nobody is registered.",)


def test_another_number_of_registered_people_waits_for_a_person(ladok):
    ladok.mangle = lambda call, told: {**told, "AntalAnmalda": 7} if "AntalAnmalda" in told else told
    assert read(ladok).doubts == ("Ladok says that 7 are registered, and names 5.",)


def test_people_who_are_perhaps_not_registered_wait_for_a_person(ladok):
    ladok.mangle = each_line(lambda line: {**line, "Anmalan": None})
    assert read(ladok).doubts == ("Ladok names 5 people without saying that they are registered.",)


@pytest.mark.parametrize(
    ("claim", "setup", "is_known"),
    [
        ("norEduPersonLIN", "sub", True),
        ("https://idp.example/lin", "sub", True),
        ("", "norEduPersonLIN", True),
        ("", "urn:oid:1.3.6.1.4.1.2428.90.1.4", True),
        ("", "sub", False),
    ],
)
def test_the_student_uid_is_the_login_where_a_claim_holds_it(ladok, settings, claim, setup, is_known):
    campus = next(one for one in settings.AUTHENTICATION_TYPES if one["slug"] == "campus")
    issuer = {"issuer": "https://idp.example", "client_id": "deliver", "client_secret": "x", "problems": []}
    settings.AUTHENTICATION_TYPES = [{**campus, **issuer, "claim": setup}]
    found = read(ladok, claim=claim)
    assert {one.login == one.key for one in found.enrolments} == {is_known}
    assert any("norEduPersonLIN" in one for one in found.notices) is not is_known


def test_an_identity_number_is_read_only_where_the_institution_says_so(ladok, caplog):
    caplog.set_level(logging.DEBUG)
    assert PERSONNUMMER not in repr(read(ladok))
    assert read(ladok, student_number="Personnummer").enrolments[1].student_number == PERSONNUMMER
    assert PERSONNUMMER not in caplog.text


def test_support_measures_keep_their_names(ladok):
    exam_of(ladok).registered[1] = Registered(Student("Maja", "Dahl", measures=(("Extra tid", None),)), "1BI200-9")
    found = read(ladok, support_url=f"{ladok.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}")
    named = Accommodation(AccommodationKind.NAMED, "Förlängd skrivtid")
    assert [one.accommodations for one in found.enrolments] == [(named,), (), (), (), ()]
    assert found.notices == ("Support measures that nobody has decided about yet are not taken.",)


def test_support_measures_of_people_who_are_not_registered_are_told(ladok):
    ladok.mangle = lambda call, told: (
        each_line(lambda line: {**line, "StudentUID": line["StudentUID"][::-1]})(call, told)
        if call.path == LINES
        else told
    )
    found = read(ladok, support_url=f"{ladok.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}")
    assert found.notices == ("Support measures of people who are not registered are not taken.",)


def test_support_measures_for_another_exam_are_not_taken(ladok):
    ladok.mangle = lambda call, told: (
        {**told, "Resultat": [{**one, "AktivitetstillfalleUID": "another"} for one in told["Resultat"]]}
        if call.path == APPLICATIONS
        else told
    )
    found = read(ladok, support_url=f"{ladok.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}")
    assert not any(one.accommodations for one in found.enrolments)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "Ladok answered with an error (500). Nothing is changed; look again later."),
        (403, "Ladok does not let us see support measures."),
    ],
)
def test_support_measures_that_do_not_come_stop_the_look(ladok, status, said):
    ladok.order = lambda call: Reply(status if call.path == APPLICATIONS else 200)
    address = f"{ladok.address}{APPLICATIONS}?aktivitetstillfalleUID={{exam}}"
    with pytest.raises(SourceError) as caught:
        read(ladok, support_url=address)
    assert said in str(caught.value)
    assert not isinstance(caught.value, SourceRefused)


# --- Choosing and testing -------------------------------------------------------------------------------------------


def test_exams_are_found_by_words_and_days_the_next_one_first(ladok):
    ladok.add(Session("Tentamen, algebra", "Algebra", "1MA004", (Room(day="2026-12-08"),)))
    ladok.add(Session("Tentamen, analys", "Analysis", "1MA017", (Room(day="2027-01-08"),)))
    ladok.add(Session("Inställd", "Cancelled", "1MA020", (Room(day="2026-12-09"),), is_cancelled=True))
    winter = ExamSearch(first_day=date(2026, 12, 1), last_day=date(2027, 1, 31))
    asked = source(ladok).exams(winter)
    assert [one.code for one in asked] == ["1MA004", "1BI200", "1MA017"]
    assert [one.code for one in source(ladok).exams(replace(winter, text="1ma TENTAMEN"))] == ["1MA004", "1MA017"]
    # what the other side does not understand is looked at here
    ladok.order = lambda call: (call.parameters.pop("datumperiod", None) and Reply()) or Reply()
    only = source(ladok).exams(ExamSearch(first_day=date(2026, 12, 10), last_day=date(2026, 12, 20)))
    assert [one.code for one in only] == ["1BI200"]


def test_exams_without_end_are_not_read(ladok):
    ladok.mangle = lambda call, told: {**told, "TotaltAntalPoster": 100_000}
    with pytest.raises(SourceError, match=r"Ladok has more than 4000 exams on these days. Name fewer days."):
        source(ladok).exams(ExamSearch(first_day=date(2026, 12, 1)))


def test_the_connection_is_tested_by_a_small_question(ladok):
    assert source(ladok).check() == "Ladok answers, and shows us 1 exam."
    assert [call.parameters for call in ladok.calls] == [{"page": "1", "limit": "1"}]


@pytest.mark.parametrize("key", ["../../etc", "x?y=1", "", "ö", "a" * 65, "00000000-0000-5000-8000-000000000000"])
def test_an_exam_that_is_not_there_is_told(ladok, key):
    with pytest.raises(SourceError, match="Ladok no longer has this exam"):
        source(ladok).snapshot(key)


def test_the_settings_make_this_reader():
    assert READERS["ladok"] is LadokSource


def test_the_demonstration_changes_and_stays_whole():
    chance = random.Random(1)
    known = Student("Ola", "Nordmann", "ola-1")
    with served(seeded(chance, known=[known], people=6)) as ladok:
        asked = source(ladok, page=400)
        marker = asked.hints("").marker
        before = {key: asked.snapshot(key) for key in ladok.sessions}
        for turn in range(4):
            change_something(ladok, chance, turn)
        hints = asked.hints(marker)
        after = {key: asked.snapshot(key) for key in ladok.sessions}
    changed = {key for key in before if before[key].enrolments != after[key].enrolments}
    assert changed
    assert changed <= set(hints.exams)
    assert all((found.doubts, found.enrolments[0].key) == ((), known.key) for found in after.values())


# --- What is sent wrong ---------------------------------------------------------------------------------------------


def without(name: str) -> Mangle:
    """Let every object of every answer lack a field, as if it had another name now."""

    def mangle(_call: Call, told: Any) -> Any:
        if isinstance(told, dict):
            return {f"{key}Ny" if key == name else key: mangle(_call, value) for key, value in told.items()}
        return [mangle(_call, one) for one in told] if isinstance(told, list) else told

    return mangle


def each_line(change: Callable[[dict[str, Any]], Any]) -> Mangle:
    def mangle(call: Call, told: dict[str, Any]) -> Any:
        return {**told, "Resultat": [change(one) for one in told["Resultat"]]} if "Resultat" in told else told

    return mangle


def on_page(number: int, change: Callable[[dict[str, Any]], Any]) -> Mangle:
    return lambda call, told: change(told) if call.parameters.get("page") == str(number) else told


def of_every_list(change: Callable[[dict[str, Any]], Any]) -> Mangle:
    return lambda call, told: change(told) if "TotaltAntalPoster" in told else told


FAULTS: dict[str, tuple[Mangle, str]] = {
    "a line twice on a page": (
        of_every_list(lambda told: {**told, "Resultat": [told["Resultat"][0]] * 2}),
        "Ladok sent something twice, so its list is not whole. Nothing is taken; look again.",
    ),
    "a total that is too high": (
        of_every_list(lambda told: {**told, "TotaltAntalPoster": 6}),
        "Ladok says that its list has 6 lines, and sent 5. Nothing is taken; look again.",
    ),
    "a total that is too low": (
        of_every_list(lambda told: {**told, "TotaltAntalPoster": 3}),
        "Ladok says that its list has 3 lines, and sent 4. Nothing is taken; look again.",
    ),
    "a total of nothing": (
        of_every_list(lambda told: {**told, "TotaltAntalPoster": 0}),
        "Ladok says that its list has 0 lines, and sent 2. Nothing is taken; look again.",
    ),
    "a total that changes": (
        on_page(2, lambda told: {**told, "TotaltAntalPoster": 6}),
        "The list changed in Ladok while it was read. Nothing is taken; look again.",
    ),
    "an empty page": (
        on_page(2, lambda told: {**told, "Resultat": []}),
        "Ladok says that its list has 5 lines, and sent 2. Nothing is taken; look again.",
    ),
    "too many people": (
        of_every_list(lambda told: {**told, "TotaltAntalPoster": 5001}),
        "Ladok has more than 5000 lines in this list, which is not read.",
    ),
    "people of another exam": (
        each_line(lambda line: {**line, "AktivitetstillfalleUID": "another"}),
        "Ladok sent people of another exam. Nothing is taken.",
    ),
    "one person twice": (
        each_line(lambda line: {**line, "StudentUID": "the-same"}),
        "Ladok names somebody twice for this exam. Nothing is taken until it is put right there.",
    ),
    "another exam": (
        lambda call, told: {**told, "Uid": "another"} if "Resultat" not in told else told,
        "Ladok answered with another exam. Nothing is taken.",
    ),
    "a list": (
        lambda call, told: [told],
        "Ladok answered with something that is no list of Ladok. Is its address right?",
    ),
    **{
        f"{name} renamed": (
            without(name),
            f"What Ladok sent lacks “{name}”, so nothing of it is taken. Tell your administrator.",
        )
        for name in ("Uid", "TotaltAntalPoster", "Resultat")
    },
    "StudentUID renamed": (
        each_line(lambda line: {**line, "StudentUID": None, "Student": {}}),
        "What Ladok sent lacks “StudentUID”, so nothing of it is taken. Tell your administrator.",
    ),
    "a name that is a list": (
        each_line(lambda line: {**line, "Student": {**line["Student"], "Efternamn": ["Lind"]}}),
        "What Ladok sent has something under “Efternamn” that cannot be read. Nothing of it is taken.",
    ),
    "half a character": (
        each_line(lambda line: {**line, "Anonymiseringskod": "\ud83d"}),
        "What Ladok sent has something under “Anonymiseringskod” that cannot be read. Nothing of it is taken.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_that_is_not_whole_or_not_right_changes_nothing(ladok, fault):
    ladok.mangle, said = FAULTS[fault]
    assert refusal(ladok) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda session: session.registered.pop(0), "The list changed in Ladok while it was read."),
        (lambda session: session.change(0, student=Student("New", "Comer")), "The list changed in Ladok"),
    ],
    ids=["withdrawn", "withdrawn, and another one joins"],
)
def test_who_goes_while_pages_are_read_is_noticed(ladok, change, said):
    def order(call: Call) -> Reply:
        if call.parameters.get("page") == "2" and len(ladok.calls) < 4:
            change(exam_of(ladok))
        return Reply()

    ladok.order = order
    assert said in refusal(ladok)


def test_the_same_page_again_and_again_is_noticed(ladok):
    ladok.order = lambda call: (call.parameters.update(page="1"), Reply())[1]
    assert "sent something twice" in refusal(ladok)


ANSWERS: dict[str, tuple[Reply, str]] = {
    "silent": (Reply(manner="silent"), "Ladok did not answer in time. Nothing is changed; look again later."),
    "dripping": (Reply(manner="drip"), "Ladok did not answer in time. Nothing is changed; look again later."),
    "half": (Reply(manner="half"), "Ladok could not be reached, or hung up. Nothing is changed; look again later."),
    "hung up": (Reply(manner="closed"), "Ladok could not be reached, or hung up."),
    "endless": (Reply(manner="endless"), "Ladok answered with more than can be read. Nothing is taken."),
    "cut off": (Reply(body=b'{"TotaltAntalPoster": 5, "Resultat": ['), "something that is no list of Ladok"),
    "a page for people": (Reply(body=b"<!doctype html><title>Logga in</title>"), "something that is no list of Ladok"),
    "too deep": (Reply(body=b"[" * 100_000), "something that is no list of Ladok"),
    "500": (Reply(500), "Ladok answered with an error (500). Nothing is changed; look again later."),
    "429": (Reply(429), "Ladok says that we ask too often (429). Look again later."),
    "elsewhere": (
        Reply(302, headers=(("Location", "https://other.example/login"),)),
        "Ladok points to another address (302), which is not followed. Is its address right?",
    ),
}


@pytest.mark.parametrize("page", ["", "2"], ids=["at once", "between pages"])
@pytest.mark.parametrize("fault", ANSWERS)
def test_an_answer_that_does_not_come_whole_changes_nothing(ladok, monkeypatch, fault, page):
    reply, said = ANSWERS[fault]
    monkeypatch.setattr(connection, "MAX_BYTES", 256 * 1024)
    ladok.order = lambda call: reply if call.parameters.get("page", "") == page else Reply()
    is_waited_for = reply.manner in {"silent", "drip"}
    assert said in refusal(ladok, page=3, call=0.4 if is_waited_for else 30)


def test_all_pages_have_one_time_together(ladok):
    monotonic = iter(range(0, 1000, 10))

    class Clock:
        monotonic = staticmethod(lambda: next(monotonic))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "time", Clock)
        assert "is so slow that it was not read to the end" in refusal(ladok, whole=35)


def test_an_exam_whose_people_we_may_not_see_stops_no_other(ladok):
    ladok.order = lambda call: Reply(403 if call.path.startswith(CHANCES) else 200)
    with pytest.raises(SourceError, match="does not let us see who is registered for this exam") as caught:
        read(ladok)
    assert not isinstance(caught.value, SourceRefused)


# --- Who asks, and who answers --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authorities() -> Authorities:
    return Authorities()


def paths(folder: Path, authorities: Authorities, signer: trustme.CA, until: datetime | None = None) -> dict[str, str]:
    """Return the settings of a certificate as files: it, its key, and the authority that signs the server's."""
    ours = signer.issue_cert("deliver.example.org", not_after=until)
    found = {name: str(folder / f"{name}.pem") for name in ("certificate", "key", "ca")}
    ours.cert_chain_pems[0].write_to_path(found["certificate"])
    ours.private_key_pem.write_to_path(found["key"])
    authorities.server.cert_pem.write_to_path(found["ca"])
    return found


def test_both_sides_prove_who_they_are(authorities, tmp_path):
    with served(made(), context=authorities.context()) as ladok:
        ours = paths(tmp_path, authorities, authorities.clients)
        assert len(read(ladok, **ours).enrolments) == 5
        asked = len(ladok.calls)
        unsafe = "No safe connection to Ladok: it does not take our certificate, or its own is not trusted."
        hung_up = "Ladok could not be reached, or hung up."
        # the machine's own authorities, which do not know this server
        assert unsafe in refusal(ladok, **{**ours, "ca": ""})
        # whoever closes first: an alert of the server may come after the end of the connection
        for wrong in (
            paths(tmp_path, authorities, authorities.stranger),
            {**ours, "certificate": "", "key": ""},
        ):
            said = refusal(ladok, **wrong)
            assert unsafe in said or hung_up in said
        assert len(ladok.calls) == asked


def test_a_server_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    nowhere = made()
    nowhere.address = f"https://127.0.0.1:{port}"
    assert "Ladok could not be reached, or hung up." in refusal(nowhere)


def test_a_server_whose_certificate_ended_is_not_believed(authorities, tmp_path):
    ours = paths(tmp_path, authorities, authorities.clients)
    with served(made(), context=authorities.context(until=datetime.now(UTC) - timedelta(days=1))) as ladok:
        assert "No safe connection to Ladok" in refusal(ladok, **ours)
        assert ladok.calls == []


def test_our_certificate_that_ended_is_told_without_asking(authorities, tmp_path, ladok):
    ended = datetime.now(UTC) - timedelta(days=1)
    ours = paths(tmp_path, authorities, authorities.clients, ended)
    with pytest.raises(SourceRefused, match=f"Our certificate for Ladok ended on {ended.date().isoformat()}"):
        read(ladok, **ours)
    assert ladok.calls == []


@pytest.mark.parametrize("file", ["certificate", "key"])
@pytest.mark.parametrize("content", [None, b"no PEM", b"another's"])
def test_a_certificate_that_cannot_be_used_is_told_without_asking(authorities, tmp_path, ladok, file, content):
    ours = paths(tmp_path, authorities, authorities.clients)
    if content is None:
        Path(ours[file]).unlink()
    elif content == b"no PEM":
        Path(ours[file]).write_bytes(content)
    else:
        other = tmp_path / "other"
        other.mkdir()
        ours[file] = paths(other, authorities, authorities.stranger)[file]
    with pytest.raises(SourceRefused, match="Our certificate for Ladok and its key cannot be read, or do not belong"):
        read(ladok, **ours)
    assert ladok.calls == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_certificate_that_was_withdrawn_stops_the_source(ladok, status):
    ladok.order = lambda call: Reply(status)
    for ask in (lambda: read(ladok), source(ladok).check, lambda: source(ladok).hints("")):
        with pytest.raises(SourceRefused, match=rf"Ladok refuses us \({status}\): our certificate was withdrawn"):
            ask()


# --- Whatever stands there ------------------------------------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "\x00", "\ud800", "9999-12-31", "0001-01-01T00:00:00+14:00", "25:61"]),
    st.sampled_from(["1e9", "x" * 3000, 10**30]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


def places(told: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of an answer."""
    if way:
        yield way
    pairs = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for key, value in pairs:
        yield from places(value, (*way, key))


def put(told: Any, way: tuple[Any, ...], value: Any, *, is_dropped: bool) -> Any:
    """Return an answer with another value in one place, or without it."""
    if not way:
        return value
    changed = dict(told) if isinstance(told, dict) else list(told)
    key, *rest = way
    if is_dropped and not rest:
        del changed[key]
    else:
        changed[key] = put(changed[key], tuple(rest), value, is_dropped=is_dropped)
    return changed


UNREADABLE = "What Ladok sent has something under “field” that cannot be read. Nothing of it is taken."


REFUSED = object()
# What each reading makes of a value; several values that mean the same stand together.
VALUES: dict[str, list[tuple[list[Any], Any]]] = {
    "text": [
        ([" a\n b "], "a b"),
        ([7], "7"),
        ([None, ""], ""),
        (["é"], "é"),
        ([1.5, True, [], {}, "\x00", "\ud800", "x" * 2001], REFUSED),
    ],
    "number": [
        ([0, "0"], 0),
        ([1500, "1500", 1500.0], 1500),
        ([None, ""], None),
        ([-1, "1e3", True, 1.5, float("nan"), float("inf"), [], {}, "٣", 10**9, "9" * 5000], REFUSED),
    ],
    "flag": [(["true", 1, True], True), (["FALSE", 0, False], False), ([None], None), (["ja", 2, [], {}, ""], REFUSED)],
    "named": [
        (["A", {"sv": "A", "en": "B"}, {"en": "A"}, [{"Text": "A"}]], "A"),
        ([{"Benamning": [{"Sprakkod": "en", "Text": "B"}, {"Sprakkod": "sv", "Text": "A"}]}], "A"),
        ([None, {}, [], {"Benamning": []}], ""),
        ([1, ["A"]], REFUSED),
    ],
    "clock": [(["09:05", "9:05:00", "09:05:00.000+01:00"], time(9, 5)), (["25:00", "", "nine", None], None)],
    "day": [
        (["2026-12-14", "2026-12-14T00:00:00"], date(2026, 12, 14)),
        (["2026-02-30", "0001-01-01", "9999-12-31", "14/12/2026"], None),
    ],
    "instant": [
        (["2026-12-14T09:00:00"], datetime(2026, 12, 14, 8, tzinfo=UTC)),
        (["2026-07-14T09:00:00.123Z"], datetime(2026, 7, 14, 9, 0, 0, 123000, tzinfo=UTC)),
        (["0001-01-01T00:00:00+14:00", "soon"], None),
    ],
    "record": [([1, [], "x"], REFUSED)],
    "records": [([1, "x", [1]], REFUSED)],
}


@pytest.mark.parametrize("read_as", VALUES)
def test_a_value_of_any_type_is_understood_or_refused(read_as):
    for values, found in VALUES[read_as]:
        for value in values:
            told = Record({"field": value}, "Ladok")
            if found is REFUSED:
                with pytest.raises(SourceError, match=UNREADABLE):
                    getattr(told, read_as)("field")
            else:
                assert getattr(told, read_as)("field") == found, value


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """Return the right answers by path, with everything that we read in them."""
    ladok = made()
    exam = exam_of(ladok)
    asked = {"aktivitetstillfalleUID": exam.key, "page": "1", "limit": "400"}
    asked_for = (f"{EXAMS}/filtrera", f"{EXAMS}/{exam.key}", LINES, APPLICATIONS)
    return {path: ladok.content(Call(path, asked, ""))[1] for path in asked_for} | {"exam": exam.key}


@pytest.fixture(scope="module")
def answering() -> Iterator[dict[str, Any]]:
    """Answer questions from a table, without a network."""
    table: dict[str, Any] = {}

    def answer(_method: str, url: str, **_others: Any) -> Answer:
        path = url.removeprefix("http://127.0.0.1").partition("?")[0]
        return Answer(200, "application/json", json.dumps(table[path]).encode(), {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "fetch", answer)
        yield table


@given(data=st.data())
def test_only_sentences_come_out_whatever_an_answer_holds(recorded, answering, data):
    answering.update(recorded)
    path = data.draw(st.sampled_from([name for name in recorded if name != "exam"]))
    for _turn in range(data.draw(st.integers(1, 3))):
        way = data.draw(st.sampled_from([*places(answering[path])] or [()]))
        answering[path] = put(answering[path], way, data.draw(ODD), is_dropped=bool(way) and data.draw(st.booleans()))
    ladok = replace(Ladok(), address="http://127.0.0.1")
    with suppress(SourceError):
        source(ladok).check()
        source(ladok).exams(ExamSearch(first_day=date(2026, 12, 1)))
    with suppress(SourceError):
        found = source(ladok, support_url=f"http://127.0.0.1{APPLICATIONS}?x={{exam}}", page=400).snapshot(
            recorded["exam"]
        )
        assert len({one.key for one in found.enrolments}) == len(found.enrolments)
        assert all(isinstance(one.name, str) and one.name.isprintable() for one in found.enrolments)


def test_the_test_of_odd_answers_starts_from_one_that_is_right(recorded, answering):
    answering.update(recorded)
    ladok = replace(Ladok(), address="http://127.0.0.1")
    assert len(source(ladok, page=400).snapshot(recorded["exam"]).enrolments) == 5


def test_answers_of_the_tests_are_what_the_real_schemas_allow():
    wrong = ladok_answers.session(Session())
    wrong.append(wrong[0])
    with pytest.raises(ValueError, match="Unexpected child"):
        ladok_answers.as_json(wrong)

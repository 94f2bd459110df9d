"""Reading who takes a course from a learning platform: its own words, and whatever else may come."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from candidates.fetching import Answer as Fetched
from candidates.models import LtiCourse, LtiDeployment, LtiPlatform
from candidates.rosters.source import ExamSearch, SourceError, SourceRefused
from candidates.rosters.sources import READERS
from candidates.rosters.sources.lti import connection, members
from candidates.rosters.sources.lti.reader import LtiSource
from candidates.signin.lti import platforms
from candidates.signin.lti.keys import signing_keys
from tests.support.lti_platform import INSTRUCTOR, LEARNER, ROLE, LearningPlatform, lti_source, private_pem, types_of
from tests.support.lti_platform import member as one_member
from tests.support.scripted_server import Answer
from tests.support.scripted_tokens import loopback_tls

# what is read is alike on both databases
pytestmark = [pytest.mark.django_db, pytest.mark.pages]
PEOPLE = [
    one_member("sub-1", name="Anna  Berg", lis_person_sourcedid="590123", email="anna@uni.example", picture="x"),
    one_member("sub-2", f"{ROLE}/Learner#GuestLearner", given_name="Ola", family_name="Dahl"),
    one_member("sub-3", INSTRUCTOR, name="Tora Teacher"),
    one_member("sub-4", "Learner", name="Kari Lie", status="Inactive"),
    one_member("sub-5", LEARNER, f"{ROLE}/Instructor#TeachingAssistant", name="Both Ways"),
    one_member("sub-6", LEARNER, "http://purl.imsglobal.org/vocab/lti/system/person#TestUser", name="Test Student"),
    one_member("sub-7", LEARNER, name="Per Moe", status="Deleted"),
    one_member("sub-8", "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student", name="Not Here"),
]


@pytest.fixture(scope="module")
def _platform() -> Iterator[LearningPlatform]:
    with LearningPlatform() as running:
        yield running


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    path.write_text(private_pem("rsa-next"))
    return path


@pytest.fixture
def lms(_platform: LearningPlatform, key: Path, settings: Any, db: None) -> Iterator[LearningPlatform]:
    """A registered platform with a course of eight members, which sends them by two."""
    _platform.reset()
    source = lti_source(key=str(key))
    settings.ROSTER_SOURCES, settings.AUTHENTICATION_TYPES = [source], types_of(source)
    platforms.forget_platforms()
    _platform.tool_keys = [one.public for one in signing_keys(str(key))]
    _platform.members = copy.deepcopy(PEOPLE)
    course_of(_platform.registered(), _platform.members_url)
    yield _platform
    platforms.forget_platforms()
    _platform.reset()


def course_of(platform: LtiPlatform, url: str, **changed: Any) -> LtiCourse:
    values = {"deployment_id": LearningPlatform.deployment, "context_id": "law-101", "title": "Public law"}
    return LtiCourse.objects.create(platform=platform, members_url=url, code="LAW101", **(values | changed))


def source(settings: Any, **limits: Any) -> LtiSource:
    return LtiSource(settings.ROSTER_SOURCES[0], **limits)


def refusal(settings: Any, **limits: Any) -> str:
    """Return the sentence with which a look comes to nothing."""
    with pytest.raises(SourceError) as refused:
        source(settings, **limits).snapshot(LtiCourse.objects.get().public_id)
    said = str(refused.value)
    assert not [secret for secret in ("sub-1", "Anna", "eyJ", "?", "http") if secret in said.replace("https", "")]
    return said


def test_who_takes_the_course_is_read_over_every_page(lms: LearningPlatform, settings: Any) -> None:
    course = LtiCourse.objects.get()
    found = source(settings).snapshot(course.public_id)
    assert [(one.key, one.login, one.name, one.student_number, one.is_withdrawn) for one in found.enrolments] == [
        ("sub-1", "sub-1", "Anna Berg", "590123", False),
        ("sub-2", "sub-2", "Ola Dahl", "", False),
        ("sub-4", "sub-4", "Kari Lie", "", True),
        ("sub-7", "sub-7", "Per Moe", "", True),
    ]
    assert (found.exam.key, found.exam.title, found.exam.code) == (course.public_id, "Public law", "LAW101")
    assert not found.exam.is_anonymous
    assert found.notices == ("1 person both takes and teaches this course, and is no candidate.",)
    assert found.doubts == ()
    assert lms.calls.total() == 5  # a token and four pages; rel=differences is not followed


def test_the_token_is_asked_for_with_an_assertion_of_our_key(lms: LearningPlatform, settings: Any, key: Path) -> None:
    LtiPlatform.objects.update(token_audience="https://audience.example/token")
    source(settings).check()
    (call,) = lms.seen
    (ours,) = signing_keys(str(key))
    claims = jwt.decode(
        call.form["client_assertion"],
        ours.private.public_key(),
        algorithms=["RS256"],
        audience="https://audience.example/token",
    )
    assert (claims["iss"], claims["sub"], claims["exp"] - claims["iat"]) == ("tool-7", "tool-7", 300)
    assert jwt.get_unverified_header(call.form["client_assertion"])["kid"] == ours.kid
    assert call.form["scope"] == connection.SCOPE


def test_a_course_without_learners_waits_for_a_person(lms: LearningPlatform, settings: Any) -> None:
    lms.members = lms.members[2:3]
    found = source(settings).snapshot(LtiCourse.objects.get().public_id)
    assert (found.enrolments, found.doubts) == ((), ("Lms courses has nobody who takes this course.",))


def test_courses_are_found_by_words_the_latest_first(lms: LearningPlatform, settings: Any) -> None:
    row = LtiPlatform.objects.get()
    course_of(row, lms.members_url, context_id="chem", title="Chemistry", told_at=timezone.now())
    assert [exam.title for exam in source(settings).exams(ExamSearch())] == ["Chemistry", "Public law"]
    assert [exam.title for exam in source(settings).exams(ExamSearch("law PUBLIC"))] == ["Public law"]
    assert source(settings).hints("") is None


def test_the_connection_is_tested_by_a_token(lms: LearningPlatform, settings: Any) -> None:
    said = "Lms courses takes our key and lets us read names and roles. 1 course is known."
    assert (source(settings).check(), READERS["lti"]) == (said, LtiSource)
    lms.tool_keys = []
    with pytest.raises(SourceRefused, match=r"does not take our key \(400\)"):
        source(settings).check()


def test_what_is_not_set_up_is_said(lms: LearningPlatform, settings: Any, tmp_path: Path) -> None:
    LtiDeployment.objects.all().delete()
    assert "is not known any more" in refusal(settings)
    assert source(settings).exams(ExamSearch()) == []
    settings.ROSTER_SOURCES = [lti_source(key=str(tmp_path / "none.pem"))]
    with pytest.raises(SourceRefused, match="cannot be read"):
        source(settings).check()
    LtiPlatform.objects.all().delete()
    with pytest.raises(SourceError, match="is not registered yet"):
        source(settings).exams(ExamSearch())


# What comes wrong -----------------------------------------------------------------------------------------------------


def on_page(number: int, change: Callable[[dict[str, Any]], Any]) -> Callable[[int, dict[str, Any]], Any]:
    return lambda page, content: change(content) if page == number else content


def each(change: dict[str, Any]) -> Callable[[int, dict[str, Any]], Any]:
    return lambda _page, content: {**content, "members": [{**one, **change} for one in content["members"]]}


LACKS = "Lms courses sent a list in which “%s” is missing or cannot be read. Nothing is taken."
FAULTS: dict[str, tuple[Callable[[int, dict[str, Any]], Any], str]] = {
    "a page twice": (lambda _page, content: {**content, "members": [PEOPLE[0]]}, "named somebody twice"),
    "another course": (on_page(2, lambda told: {**told, "context": {"id": "law-102"}}), "answered with another course"),
    "no course": (on_page(2, lambda told: {**told, "context": None}), LACKS % "context"),
    "members renamed": (on_page(2, lambda told: {"context": told["context"], "people": []}), LACKS % "members"),
    "members as an object": (on_page(2, lambda told: {**told, "members": {}}), LACKS % "members"),
    "a member that is none": (on_page(2, lambda told: {**told, "members": [7]}), LACKS % "members"),
    "no id": (each({"user_id": None}), LACKS % "user_id"),
    "a number as id": (each({"user_id": 7}), LACKS % "user_id"),
    "an id that is too long": (each({"user_id": "x" * 256}), LACKS % "user_id"),
    "half a character": (each({"user_id": "\ud83d"}), LACKS % "user_id"),
    "no roles": (each({"roles": None}), LACKS % "roles"),
    "roles as text": (each({"roles": LEARNER}), LACKS % "roles"),
    "an unknown status": (each({"status": "Suspended"}), LACKS % "status"),
    "a list": (on_page(2, lambda told: [told]), "answered with something that cannot be read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_that_is_not_whole_or_not_right_changes_nothing(
    fault: str, lms: LearningPlatform, settings: Any
) -> None:
    lms.mangle, said = FAULTS[fault]
    assert said in refusal(settings)


ANSWERS: dict[str, tuple[Answer, str]] = {
    "silent": (Answer(manner="silent"), "did not answer in time"),
    "dripping": (Answer(manner="drip_body"), "did not answer in time"),
    "hung up": (Answer(manner="closed"), "could not be reached, or hung up"),
    "half": (Answer(body=b'{"members": [', content_type="application/json"), "something that cannot be read"),
    "a page for people": (Answer(body=b"<!doctype html><title>Log in</title>"), "something that cannot be read"),
    "too deep": (Answer(body=b"[" * 100_000), "something that cannot be read"),
    "too large": (Answer(body=b" " * 300_000), "more than can be read"),
    "500": (Answer(500, b"{}"), "answered with an error (500)"),
    "404": (Answer(404, b"{}"), "does not have this any more (404)"),
    "429": (Answer(429, b"{}"), "we ask too often (429)"),
    "elsewhere": (Answer(302, b"", headers=(("Location", "http://127.0.0.1/"),)), "points to another address (302)"),
}


@pytest.mark.parametrize("place", ["token", "members:1", "members:3"])
@pytest.mark.parametrize("fault", ANSWERS)
def test_an_answer_that_does_not_come_whole_changes_nothing(
    fault: str, place: str, lms: LearningPlatform, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_BYTES", 256 * 1024)
    lms.orders[place], said = ANSWERS[fault]
    assert said in refusal(settings, call=0.4 if "in time" in said else 10)


@pytest.mark.parametrize("status", [401, 403])
def test_who_refuses_our_key_is_not_asked_again_by_itself(status: int, lms: LearningPlatform, settings: Any) -> None:
    lms.orders["token"] = Answer(status, b"{}")
    with pytest.raises(SourceRefused):
        source(settings).snapshot(LtiCourse.objects.get().public_id)


@pytest.mark.parametrize(("place", "status"), [("members:1", 401), ("members:2", 403)])
def test_one_course_that_is_closed_to_us_stops_no_other(
    place: str, status: int, lms: LearningPlatform, settings: Any
) -> None:
    lms.orders[place] = Answer(status, b"{}")
    with pytest.raises(SourceError, match="does not let us read") as told:
        source(settings).snapshot(LtiCourse.objects.get().public_id)
    assert not isinstance(told.value, SourceRefused)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"token_type": "bearer"}, "answered without a token"),
        ({"access_token": ["x"]}, "answered without a token"),
        ({"access_token": "a\nb"}, "answered without a token"),
        ({"access_token": "x", "scope": "another"}, "does not let us read names and roles"),
        ({"access_token": "x", "scope": None}, "does not let us read names and roles"),
    ],
)
def test_a_token_that_is_none_stops_the_look(
    told: dict[str, Any], said: str, lms: LearningPlatform, settings: Any
) -> None:
    lms.orders["token"] = Answer(body=json.dumps(told).encode())
    assert said in refusal(settings)


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ('<{page}>; rel="next"', "sent the same page twice"),
        ('<https://other.example/members?page=2>; rel="next"', "points to a next page elsewhere"),
        ('<{page}&a=1>; rel="next", <{page}&b=1>; rel="next"', "points to a next page elsewhere"),
        ('<http://127.0.0.1:1/members>; rel="next"', "points to a next page elsewhere"),
        ('<http://[members>; rel="next"', LACKS % "Link"),
    ],
)
def test_pages_that_lead_in_a_circle_or_elsewhere_are_not_followed(
    link: str, said: str, lms: LearningPlatform, settings: Any
) -> None:
    lms.links = lambda page, own: link.replace("{page}", f"{lms.members_url}?limit=500") if page == 1 else own
    assert said in refusal(settings)


def test_an_address_with_capitals_and_other_relations_leads_on(lms: LearningPlatform, settings: Any) -> None:
    """PyLTI1p3 reads the header in lower case, and asks for another address than the platform named."""
    lms.links = lambda page, own: (
        f'<{lms.members_url}?since=X>; rel="differences", </members?page=2&limit=500&Key=AbC>; rel="Next last"'
        if page == 1
        else own
    )
    assert len(source(settings).snapshot(LtiCourse.objects.get().public_id).enrolments) == 4
    assert any("Key=AbC" in call.endpoint for call in lms.seen)


def test_pages_and_people_are_bounded(lms: LearningPlatform, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_PAGES", 3)
    assert "pages without end" in refusal(settings)
    monkeypatch.setattr(members, "MAX_ENROLMENTS", 3)
    assert "more than 3 people" in refusal(settings)


def test_all_calls_have_one_time_together(lms: LearningPlatform, settings: Any, monkeypatch: Any) -> None:
    turns = iter(range(0, 1000, 10))

    class Clock:
        monotonic = staticmethod(lambda: next(turns))

    monkeypatch.setattr(connection, "time", Clock)
    assert "so slow that it was not read to the end" in refusal(settings, whole=25, call=10)


def test_a_platform_whose_certificate_is_not_trusted_is_told_nothing(key: Path, settings: Any, tmp_path: Path) -> None:
    trusting = lti_source(key=str(key), ca=str(tmp_path / "cert.pem"))
    with LearningPlatform(loopback_tls(tmp_path)) as lms:
        lms.tool_keys = [one.public for one in signing_keys(str(key))]
        lms.registered()
        settings.ROSTER_SOURCES, settings.AUTHENTICATION_TYPES = [trusting], types_of(trusting)
        assert "takes our key" in source(settings).check()
        platform = platforms.platform_of("lms")
        assert platform is not None
        assert platform.try_connection() == 1
        settings.ROSTER_SOURCES = [lti_source(key=str(key))]
        with pytest.raises(SourceError, match="its certificate is not trusted"):
            source(settings).check()
        assert lms.calls == {"token": 1, "/keys": 1}
    platforms.forget_platforms()


def test_an_address_that_only_the_platform_names_leads_to_no_inner_network(
    lms: LearningPlatform, settings: Any
) -> None:
    port = lms.issuer.rsplit(":", 1)[1]
    LtiCourse.objects.update(members_url=f"http://localhost:{port}/members")
    assert "named an address that is not asked" in refusal(settings)
    assert set(lms.calls) == {"token"}


# Whatever an answer holds ---------------------------------------------------------------------------------------------

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.text(max_size=3), max_size=2),
)


def places(told: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    items = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in items:
        yield from places(value, (*way, name))


def put(told: Any, way: tuple[Any, ...], value: Any, *, is_dropped: bool) -> Any:
    if not way:
        return value
    changed = dict(told) if isinstance(told, dict) else list(told)
    if is_dropped and len(way) == 1:
        del changed[way[0]]
    else:
        changed[way[0]] = put(changed[way[0]], way[1:], value, is_dropped=is_dropped)
    return changed


@pytest.mark.django_db(transaction=False)
@hypothesis_settings(max_examples=40)  # each is a whole list, and most of it is drawing a place
@given(data=st.data())
def test_only_sentences_come_out_whatever_an_answer_holds(data: st.DataObject) -> None:
    right: dict[str, Any] = {
        "token": {"access_token": "x", "token_type": "bearer", "expires_in": 3600, "scope": connection.SCOPE},
        "members": {"id": "x", "context": {"id": "law-101"}, "members": copy.deepcopy(PEOPLE)},
    }
    name = data.draw(st.sampled_from(sorted(right)))
    way = data.draw(st.sampled_from([*places(right[name])]))
    right[name] = put(right[name], way, data.draw(ODD), is_dropped=bool(way) and data.draw(st.booleans()))
    course = LtiCourse(context_id="law-101", members_url="https://lms.example/members")

    class Talk(connection.Conversation):
        def __init__(self) -> None:
            self.named = {"source": "LMS"}
            self._registered = platforms.Registration("https://lms.example", "7", "", "", "", "", frozenset(), "")

        def _ask(self, method: str, url: str, **_others: Any) -> Fetched:
            body = right["token" if method == "POST" else "members"]
            return Fetched(200, "application/json", json.dumps(body).encode(), {})

    with suppress(SourceError), pytest.MonkeyPatch.context() as patch:
        patch.setattr(jwt, "encode", lambda *_parts, **_others: "signed")
        patch.setattr(Talk, "_key", _AnyKey(), raising=False)
        found = members.read_members(Talk(), course, 500)
        assert len({one.key for one in found}) == len(found)
        assert all(one.key.isprintable() and one.name.isprintable() for one in found)


class _AnyKey:
    private, kid = None, "k"

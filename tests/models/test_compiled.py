"""A query that is built once finds what the query itself finds, for whatever value and in whatever thread."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from candidates.credentials.standing_in import give_one_time_logins
from candidates.models import Candidate, Test, User
from candidates.models.compiled import A_NUMBER, A_TEXT, CompiledQuery
from candidates.pages.dashboard.rows import OF_PLACE, PLACES
from tests.factories import activated, add, add_sso, make_permanent, make_staff, make_test


def by_key() -> CompiledQuery[User]:
    return CompiledQuery(lambda key: User.objects.filter(pk=key), A_NUMBER)


def values_of(user: User) -> dict[str, object]:
    return {field.attname: getattr(user, field.attname) for field in User._meta.concrete_fields}


def test_each_value_finds_its_own_rows(db: None) -> None:
    accounts = [make_staff("planner", is_planner=True), make_permanent(username="kari").user]
    compiled = by_key()
    for account in [*accounts, *accounts]:
        (found,) = compiled(account.pk)
        assert values_of(found) == values_of(User.objects.get(pk=account.pk))
    assert compiled(0) == []


def test_texts_stay_texts_whatever_stands_in_them(db: None) -> None:
    named = CompiledQuery(lambda name: User.objects.filter(username=name), A_TEXT)
    make_staff("planner")
    for name in ("' OR 1=1 --", "%s", "%(name)s", '"', A_TEXT, ""):
        assert named(name) == []
    assert [user.username for user in named("planner")] == ["planner"]


def test_it_is_built_once_and_asked_each_time(db: None) -> None:
    built = []

    def build(key: int) -> QuerySet[User]:
        built.append(key)
        return User.objects.filter(pk=key)

    compiled = CompiledQuery(build, A_NUMBER)
    with CaptureQueriesContext(connections[DEFAULT_DB_ALIAS]) as captured:
        for key in (1, 2, 3):
            compiled(key)
    assert (built, len(captured)) == ([A_NUMBER], 3)


def test_a_value_too_few_or_too_many_is_an_error(db: None) -> None:
    for values in ((), (1, 2)):
        with pytest.raises(ValueError, match="argument"):
            by_key()(*values)


@pytest.mark.django_db(transaction=True)
def test_threads_use_connections_of_their_own() -> None:
    account, compiled = make_staff("planner"), by_key()
    used: list[tuple[object, object, list[User]]] = []

    def ask() -> None:
        found = compiled(account.pk)
        used.append((connections[DEFAULT_DB_ALIAS], compiled._connection, found))
        connections[DEFAULT_DB_ALIAS].close()

    ask()
    for _time in range(2):
        thread = Thread(target=ask)
        thread.start()
        thread.join()
    assert [own is kept for own, kept, _found in used] == [True] * 3
    assert len({id(own) for own, *_rest in used}) == 3
    assert [found for *_rest, found in used] == [[account]] * 3


@pytest.fixture
def logins(db: None) -> Callable[[], list[User]]:
    """Return a function that makes an account of each kind of candidate, and one that stands in for SSO."""

    def make() -> list[User]:
        planner = make_staff("planner", is_planner=True)
        exam, sso_exam, later = (make_test(planner=planner, name=name) for name in ("Exam", "SSO exam", "Later"))
        (one_time,) = add(exam, planner, "0001")
        (person,) = add_sso(sso_exam, planner, "0001")
        (waiting,) = add(later, planner, "0001")
        for test in (exam, sso_exam, later):
            activated(test, planner)
        give_one_time_logins(test=sso_exam, public_ids=[person.public_id], by=planner)
        Test.objects.filter(pk=later.pk).update(activated_at=None)
        places = [Candidate.objects.get(pk=one.pk) for one in (one_time, person, waiting)]
        return [account for place in places for account in (place.user, place.one_time_login) if account is not None]

    return make


def test_the_places_of_a_person_are_those_of_the_query_itself(logins: Callable[[], list[User]]) -> None:
    accounts = logins()
    found = {}
    for account in accounts:
        mine = Candidate.objects.of_person(account).select_related("test", "submission").only(*OF_PLACE)
        found[account.pk] = [place.pk for place in mine]
        assert [place.pk for place in PLACES[User.Kind(account.kind)](account.pk)] == found[account.pk]
    assert sorted(map(len, found.values())) == [0, 1, 1, 1]  # that of a test which is not activated opens nothing


def test_a_slip_opens_nothing_while_its_person_is_deactivated(logins: Callable[[], list[User]]) -> None:
    logins()
    place = Candidate.objects.exclude(one_time_login=None).get()
    assert place.one_time_login is not None
    assert place.user is not None
    assert [one.pk for one in PLACES[User.Kind.ONE_TIME](place.one_time_login.pk)] == [place.pk]
    User.objects.filter(pk=place.user.pk).update(is_active=False)
    assert PLACES[User.Kind.ONE_TIME](place.one_time_login.pk) == []

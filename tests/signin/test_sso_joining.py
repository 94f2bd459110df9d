"""People of an institution whom nobody has imported: they may log in where a test takes them by its code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from candidates.authentication_types import enabled_types
from candidates.intake.joining import join
from candidates.lifecycle.erasing import forget_strangers
from candidates.models import AuditEvent, Joining, SsoIdentity, Test, User
from candidates.models.accounts import no_password
from candidates.signin.sso.identities import name_of, pinned_person
from candidates.signin.sso.refusals import SsoRefused, Why
from tests.conftest import Clock
from tests.support.joining import open_to_joiners

pytestmark = pytest.mark.django_db
NEW = "aylin.demir@uni.example"


def logs_in(sso_user_id: str = NEW, slug: str = "campus", subject: str = "sub-1", name: str = "Aylin Demir") -> User:
    return pinned_person(enabled_types()[slug], sso_user_id=sso_user_id, subject=subject, name=name)


def refused(**login: str) -> Why:
    with pytest.raises(SsoRefused) as refusal:
        logs_in(**login)
    return refusal.value.why


def test_a_new_person_gets_an_account_pinned_at_once_and_joins(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner)
    user = logs_in()
    assert (user.kind, user.name, user.has_usable_password()) == ("sso", "Aylin Demir", False)
    identity = SsoIdentity.objects.get(user=user)
    assert (identity.sso_user_id, identity.subject) == (NEW, "sub-1")
    assert logs_in(NEW.upper()) == user
    assert refused(subject="sub-2") == Why.OTHER_ACCOUNT
    mine = join(code=code, by=user)
    assert mine.candidate is not None
    assert mine.candidate.user == user


def test_nobody_is_let_in_where_no_test_takes_such_people(exam: Test, planner: User) -> None:
    assert refused() == Why.UNKNOWN
    open_to_joiners(exam, planner)
    assert refused(slug="entra", sso_user_id="oid-1") == Why.UNKNOWN
    Joining.objects.update(works_until=timezone.now() - timedelta(minutes=1), works_from="2020-01-01T00:00Z")
    assert refused() == Why.UNKNOWN
    now = timezone.now()
    Joining.objects.update(works_from=now + timedelta(minutes=20), works_until=now + timedelta(hours=1))
    assert logs_in().kind == "sso"  # who comes early finds the way in
    Test.objects.update(activated_at=None)
    assert refused(sso_user_id="other@uni.example", subject="sub-9") == Why.UNKNOWN


def test_of_a_list_of_allowed_people_only_those_get_an_account(exam: Test, planner: User) -> None:
    open_to_joiners(exam, planner, allowed=(NEW.upper(),))
    assert refused(sso_user_id="other@uni.example", subject="sub-9") == Why.UNKNOWN
    assert logs_in().kind == "sso"
    assert User.objects.filter(kind="sso").count() == 1


def test_who_waits_for_a_test_comes_in_when_its_code_works_no_longer(exam: Test, planner: User) -> None:
    code = open_to_joiners(exam, planner, approves_each=True)
    user = logs_in()
    join(code=code, by=user)
    Joining.objects.update(works_until=timezone.now() - timedelta(minutes=1), works_from="2020-01-01T00:00Z")
    assert logs_in() == user


def test_an_identity_of_staff_opens_nothing_by_a_code(exam: Test, planner: User) -> None:
    open_to_joiners(exam, planner)
    SsoIdentity.objects.create(user=planner, authentication_type="campus", sso_user_id=NEW, sso_key=NEW)
    assert refused() == Why.UNKNOWN


def test_a_deactivated_person_stays_out(exam: Test, planner: User) -> None:
    open_to_joiners(exam, planner)
    user = User.objects.create(username="sso-x", kind="sso", password=no_password(), is_active=False)
    SsoIdentity.objects.create(user=user, authentication_type="campus", sso_user_id=NEW, sso_key=NEW)
    assert refused() == Why.INACTIVE


@pytest.mark.parametrize(
    ("claim", "name"), [("Aylin Demir", "Aylin Demir"), (None, ""), (["a"], ""), ("a\nb", ""), ("x" * 300, "x" * 200)]
)
def test_a_name_is_taken_where_the_provider_says_one(claim: object, name: str) -> None:
    assert name_of({"name": claim}) == name


def test_who_came_for_a_code_and_joined_nothing_is_forgotten_after_thirty_days(
    exam: Test, planner: User, clock: Clock
) -> None:
    code = open_to_joiners(exam, planner)
    stranger, joiner = logs_in(), logs_in("kaja@uni.example", subject="sub-2", name="Kaja")
    join(code=code, by=joiner)
    shut = logs_in("shut@uni.example", subject="sub-3")
    User.objects.filter(pk=shut.pk).update(is_active=False)
    late = logs_in("late@uni.example", subject="sub-4")
    clock.move(days=29)
    assert forget_strangers() == 0
    User.objects.filter(pk=late.pk).update(last_login=timezone.now())
    clock.move(days=1)
    assert forget_strangers() == 1
    assert not SsoIdentity.objects.filter(user=stranger.pk).exists()
    assert User.objects.filter(pk__in=[joiner.pk, shut.pk, late.pk]).count() == 3
    (act,) = AuditEvent.objects.filter(action="sso_person_deleted")
    assert (act.actor, act.detail) == (None, {"sso": "campus", "tests": 0})

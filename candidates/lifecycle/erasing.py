"""Erase people, so that nothing says any more who they were (C71, C73).

Permanent users, people of institutions, one-time users, and accounts of staff who have left.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.access import locked_permanent_user
from candidates.credentials.issuing import end_logins, new_usernames
from candidates.credentials.purging import is_past_showing, past_showing_from
from candidates.errors import Refused
from candidates.lifecycle.planners import planned_alone
from candidates.lifecycle.user_lists import hand_over_lists, new_list_owner
from candidates.models import (
    AttendanceMark,
    Candidate,
    Import,
    ImportedChange,
    ImportedRemoval,
    JoinRequest,
    ListShare,
    PermanentUser,
    PermanentUserList,
    PreparedPerson,
    RosterEnrolment,
    RosterIdentity,
    SealedPassword,
    SecondStep,
    SsoIdentity,
    Test,
    User,
)
from candidates.models.accounts import no_password
from candidates.signin.devices import end_sessions_of
from candidates.text import natural_key, when, zone
from candidates.timing import Stage, stage_of

ROLES = ("is_staff", "is_superuser", "is_planner", "is_invigilator", "is_grader", "is_administrator")
MAX_NAMED = 3
STRANGERS_KEPT = timedelta(days=30)  # after they were here last: people of institutions who are on no test
MOST_STRANGERS = 1000  # in one run; the rest is due the next night


def erase_one_time_user(*, account: User, by: User) -> None:
    """Erase a one-time user whose tests are over: Candidate ID, answer and mark stay, without a link to the slip.

    Raises Refused while a test is not over or its login details can still be shown, Http404 where it was done already.
    """
    with transaction.atomic():
        current = lock_account(account.pk)
        if current is None or not current.candidacies.exists():
            raise Http404
        tests = erase_locked_account(current, by)
        test = tests[0] if len(tests) == 1 else None
        audit.record(audit.Action.ONE_TIME_USER_ERASED, by=by, test=test, count=1, detail={"tests": len(tests)})


def why_staff_is_not_erased(account: User, by: User) -> str:
    """Return why an account of staff cannot be erased yet and what to do, or nothing."""
    if account.pk == by.pk:
        return _("This is your own account. Another administrator can erase it when you have left.")
    if account.is_active:
        return _("This account may still log in. Deactivate it when the person has left, then erase it.")
    left = _tests_without_another_planner(account)
    if left:
        names = ", ".join(left[:MAX_NAMED]) + (" …" if len(left) > MAX_NAMED else "")
        return _("Nobody else plans %(names)s. Give it another planner first.") % {"names": names}
    return ""


def erase_staff(*, account: User, by: User) -> None:
    """Erase an account of staff who have left; their lists pass to an administrator, and their acts stay.

    The audit, imports and marks then show a made-up name. Raises Refused, Http404.
    """
    if reason := why_staff_is_not_erased(account, by):
        raise Refused(reason)
    # Lists first, in a transaction of their own, because lists are locked before accounts of staff.
    heir = new_list_owner(account, by)
    if heir is not None:
        hand_over_lists(of=account, to=heir, by=by)
    with transaction.atomic():
        # Its imports first, as whoever confirms or works on one locks.
        imports = Import.objects.filter(owner=account).order_by("pk")
        list(imports.select_for_update(of=("self",)).values_list("pk", flat=True))
        # The account's strong lock: who makes it a contributor or lets it in again waits, or is seen here.
        current = User.objects.select_for_update().filter(pk=account.pk, kind=User.Kind.STAFF).first()
        if current is None:
            raise Http404
        if reason := why_staff_is_not_erased(current, by):
            raise Refused(reason)
        if PermanentUserList.objects.filter(owner=current).exists():
            raise Refused(_("This person keeps lists of permanent users. Hand them over first."))
        name = f"deleted-{secrets.token_hex(8)}"
        was = current.username
        User.objects.filter(pk=current.pk).update(
            username=name, name="", email="", password=no_password(), last_login=None, **dict.fromkeys(ROLES, False)
        )
        if second_step := SecondStep.objects.select_for_update(no_key=True).filter(user=current).first():
            second_step.delete()
        current.groups.clear()
        current.user_permissions.clear()
        audit.replace_names({current.pk}, name, by=by, was=was)
        ListShare.objects.filter(user=current).delete()
        imports.update(owner_name=name)
        # Django's own log of the back office names whose account was changed
        kind = ContentType.objects.get_for_model(User)
        LogEntry.objects.filter(content_type=kind, object_id=str(current.pk)).update(object_repr=name)
        audit.record(audit.Action.STAFF_ERASED, by=by, count=1, detail={"account": name})


def _tests_without_another_planner(account: User) -> list[str]:
    """Return the names of tests that are not over and that nobody else can plan."""
    rows = planned_alone(account).in_use().with_longest_extra().defer("questions", "information").order_by()
    return sorted((test.name for test in rows if stage_of(test) != Stage.FINISHED), key=natural_key)


def tests_of_person(user: User) -> list[Test]:
    """Return every test that a person is on, activated or not."""
    on = Candidate.objects.filter(user=user).order_by().values("test")
    return list(Test.objects.with_longest_extra().filter(pk__in=on).defer("questions", "information").order_by("pk"))


def why_not_deleted(tests: Sequence[Test]) -> str:
    """Return why somebody on these tests cannot be deleted yet and what to do, or nothing."""
    now = timezone.now()
    ahead = [test for test in tests if not is_past_showing(test, now=now)]
    if not ahead:
        return ""
    words = ngettext(
        "This user is on %(n)d test that is not over, or whose login details can still be shown. Take the user off it, "
        "or wait until %(moment)s (%(zone)s), and delete then. To keep the user out at once, deactivate.",
        "This user is on %(n)d tests that are not over, or whose login details can still be shown. Take the user off "
        "them, or wait until %(moment)s (%(zone)s), and delete then. To keep the user out at once, deactivate.",
        len(ahead),
    )
    # Only minutes are shown, and at the shown one it must be possible.
    last = max(past_showing_from(test) for test in ahead) + timedelta(seconds=59)
    return words % {"n": len(ahead), "moment": when(last), "zone": zone()}


def delete(*, person: PermanentUser, by: User) -> None:
    """Delete a permanent user. Keeps Candidate IDs and results of taken tests, without the person's name.

    The account of somebody who has taken tests is anonymised, and the person's acts in the audit get a made-up name.
    Raises Refused where the person is on a test that is not over or whose login details are still shown.
    """
    with transaction.atomic():
        lock_account(person.pk)
        current = locked_permanent_user(person)
        public_id = current.public_id
        tests = erase_locked_account(current.user, by)
        detail = {"user": public_id, "tests": len(tests)}
        audit.record(audit.Action.PERMANENT_USER_DELETED, by=by, count=1, detail=detail)


def delete_sso_person(*, identity: SsoIdentity, by: User) -> None:
    """Delete a person of an institution (SSO). Keeps Candidate IDs and results of taken tests.

    The same SSO user ID is unknown afterwards, and can be imported again. Raises Refused as above, Http404 where it was
    done already.
    """
    with transaction.atomic():
        account = lock_account(identity.user_id)
        if account is None or not SsoIdentity.objects.filter(pk=identity.pk).exists():
            raise Http404
        tests = erase_locked_account(account, by)
        detail = {"sso": identity.authentication_type, "tests": len(tests)}
        audit.record(audit.Action.SSO_PERSON_DELETED, by=by, count=1, detail=detail)


def forget_strangers(*, now: datetime | None = None) -> int:
    """Delete people of institutions who are on no test, wait for none, and were not here for long; return how many.

    Their accounts were made when they came for a test code and did not join, or they were taken off their tests. They
    are made anew when they come again; one that an administrator has deactivated stays, and so stays out.
    """
    moment = (now or timezone.now()) - STRANGERS_KEPT
    strangers = User.objects.filter(
        Q(last_login=None) | Q(last_login__lte=moment),
        kind=User.Kind.SSO,
        is_active=True,
        date_joined__lte=moment,
        candidacies=None,
        join_requests=None,
        roster_identities=None,  # whom a student system has told of
    )
    return sum(
        _forget(key, strangers) for key in strangers.order_by("pk").values_list("pk", flat=True)[:MOST_STRANGERS]
    )


def _forget(key: int, strangers: QuerySet[User]) -> int:
    with transaction.atomic():
        account = lock_account(key)
        # locked: who is put on a test at this moment waits for the account, or is seen here
        if account is None or not strangers.filter(pk=key).exists():
            return 0
        detail = {"sso": account.sso_identities.values_list("authentication_type", flat=True).first() or "", "tests": 0}
        erase_locked_account(account, None)
        audit.record(audit.Action.SSO_PERSON_DELETED, by=None, count=1, detail=detail)
    return 1


def lock_account(key: int) -> User | None:
    """Lock the tests of an account and the account, and return it; inside a transaction. Raises Refused."""
    tests = tests_of_person(User(pk=key))
    if reason := why_not_deleted(tests):
        raise Refused(reason)  # before waiting for locks
    # Lock the tests first, in order, as everywhere: whoever removes a candidate locks the test, then the account. Then
    # the account FOR UPDATE, for which also new rows that refer to it wait: adding the person to a test at this moment
    # waits, or is seen by the second check.
    rows = Test.objects.select_for_update(no_key=True).filter(pk__in=[test.pk for test in tests])
    list(rows.order_by("pk").values_list("pk", flat=True))
    return User.objects.select_for_update().filter(pk=key).first()


def erase_locked_account(user: User, by: User | None) -> list[Test]:
    """Delete or anonymise a locked account, and return the tests that the person was on. Raises Refused."""
    tests = tests_of_person(user)
    if reason := why_not_deleted(tests):
        raise Refused(reason)
    name = f"deleted-{secrets.token_hex(8)}"
    slips = Candidate.objects.filter(user=user).exclude(one_time_login=None).order_by()
    audit.replace_names({user.pk, *slips.values_list("one_time_login", flat=True)}, name, by=by)
    # also where the person never came, and before the identities go by which they are known
    PreparedPerson.objects.of_person(user).delete()
    JoinRequest.objects.filter(user=user).exclude(state=JoinRequest.State.JOINED).delete()
    # Who has left a test whose source brought them: the row stays, so that nobody is brought again, and names nobody.
    brought = RosterEnrolment.objects.filter(candidate=None)
    brought.filter(Q(removal__user=user) | Q(identity__user=user)).update(told={}, accommodations=[])
    if user.kind == User.Kind.ONE_TIME:
        _anonymise(user, new_usernames(1)[0])
        # The user name of the slip is reserved by an empty account, so that it is never given again (D8).
        User.objects.create(username=user.username, kind=user.kind, password=no_password(), is_active=False)
    elif tests:
        _anonymise(user, name)
    else:
        user.delete()
    return tests


def consequence_of_deletion(tests: Sequence[Test]) -> str:
    """Return what is kept of the person's tests, for the page that asks."""
    if not tests:
        return _("This user is on no test, so nothing is left of the account.")
    words = ngettext(
        "On %(n)d test that is over, Candidate ID, answer and mark stay, without a person.",
        "On %(n)d tests that are over, Candidate IDs, answers and marks stay, without a person.",
        len(tests),
    )
    return words % {"n": len(tests)}


def _anonymise(user: User, name: str) -> None:
    """Anonymise an account and its places on tests, which keep Candidate ID and results.

    Private references go too, since they name people, and so do one-time logins that stood in for SSO.
    """
    User.objects.filter(pk=user.pk).update(
        username=name, name="", email="", password=no_password(), is_active=False, last_login=None
    )
    end_sessions_of(user.pk)  # each may have the SSO user ID in it
    PermanentUser.objects.filter(user=user).delete()  # with the places on lists
    SealedPassword.objects.filter(user=user).delete()
    SsoIdentity.objects.filter(user=user).delete()
    places = Candidate.objects.filter(user=user)
    places.exclude(private_reference="", name="").update(private_reference="", name="")
    AttendanceMark.objects.filter(candidate__user=user).forget_who()
    ImportedChange.objects.filter(candidate__user=user).forget_who()
    ImportedRemoval.objects.filter(user=user).delete()
    RosterEnrolment.objects.filter(candidate__user=user).delete()
    RosterIdentity.objects.filter(user=user).delete()
    places.filter(kind=Candidate.Kind.SSO).update(sso_user_id=name, is_identity_pending=False)
    slips = list(places.exclude(one_time_login=None).order_by().values_list("one_time_login", flat=True))
    places.filter(one_time_login__in=slips).update(one_time_login=None)
    end_logins([slip for slip in slips if slip is not None])

"""Activate and deactivate a test (docs/domain.md §3, D7)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.credentials.issuing import issue_missing
from candidates.errors import Refused
from candidates.lifecycle.joining import joining_of, make_code, places_freed
from candidates.models import Candidate, Test, User


def reason_against(test: Test) -> str:
    """Return why the test cannot be activated as it is set up now, or nothing (docs/domain.md §3)."""
    if not test.is_demo and joining_of(test) is None and not test.candidates.all().people().exists():
        if test.candidate_count:
            return _("Only spare logins are on the test, which are nobody yet. Add candidates, then activate it.")
        return _("No candidate is on the test. Add candidates, then activate it.")
    if test.ends_at is not None and test.ends_at <= timezone.now():
        return _("The test has ended already. Move its end into the future, then activate it.")
    return ""


def activate(*, test: Test, by: User) -> int:
    """Activate the test and make login details for every one-time candidate without; return how many were made.

    One transaction: all or nothing. Raises Refused where the test is activated already, has ended, or is not set up.
    """
    with transaction.atomic():
        now = timezone.now()
        # The conditional update comes first and locks the row: of eight simultaneous clicks one changes the row, the
        # others find nothing to change (C52); an import that commits at this moment waits, or is waited for (C53).
        changed = Test.objects.filter(pk=test.pk, activated_at__isnull=True).update(activated_at=now, activated_by=by)
        test.refresh_from_db()
        if not changed:
            raise Refused(_("The test is activated already. Nothing was changed."))
        reason = reason_against(test)
        if reason:
            raise Refused(reason)
        # accounts of an earlier activation can log in again with the same details
        _set_accounts_active(test, allowed=True)
        made = issue_missing(test)
        make_code(test=test, by=by)
        audit.record(audit.Action.ACTIVATED, by=by, test=test, count=made)
        places_freed.send(sender=Test, test=test, by=by)
    return made


def deactivate(*, test: Test, by: User) -> None:
    """Deactivate the test; login details stay as they are, but nobody can log in with them.

    Raises Refused from the moment the first candidate has opened the test (docs/domain.md §3).
    """
    with transaction.atomic():
        # Conditional on nobody having opened it: the first start sets first_opened_at by a conditional update of the
        # same row, so that one of the two finds nothing to change.
        changed = Test.objects.filter(pk=test.pk, activated_at__isnull=False, first_opened_at__isnull=True).update(
            activated_at=None, activated_by=None
        )
        test.refresh_from_db()
        if not changed:
            if test.is_activated:
                raise Refused(_("A candidate has opened the test, so it stays activated."))
            raise Refused(_("The test is not activated. Nothing was changed."))
        # their sessions end with the next request too
        _set_accounts_active(test, allowed=False)
        audit.record(audit.Action.DEACTIVATED, by=by, test=test, count=test.candidates.all().people().count())


def _set_accounts_active(test: Test, *, allowed: bool) -> None:
    """Activate or deactivate accounts of this test alone: one-time users, and one-time logins of SSO candidates."""
    accounts = Candidate.objects.of_test(test).slip_accounts()
    User.objects.filter(kind=User.Kind.ONE_TIME, pk__in=accounts, is_active=not allowed).update(is_active=allowed)

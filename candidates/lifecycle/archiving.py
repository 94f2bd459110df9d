"""Delete a test that nobody has opened, archive one that is over, and restore it (docs/domain.md §3)."""

from dataclasses import dataclass

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.removal import take_off
from candidates.models import Candidate, Contributor, Import, Test, User
from candidates.timing import Stage, stage_of


@dataclass(frozen=True, slots=True)
class DeletedWithTest:
    """What is deleted together with a test."""

    candidates: int
    with_login: int
    contributors: int
    drafts: int
    imports: int


def deleted_with(test: Test) -> DeletedWithTest:
    places = Candidate.objects.of_test(test).people()
    return DeletedWithTest(
        candidates=places.count(),
        with_login=places.slip_accounts().exclude(kind=Candidate.Kind.PERMANENT).count(),
        contributors=Contributor.objects.filter(test=test).count(),
        drafts=Import.objects.waiting().filter(test=test).count(),
        imports=Import.objects.on_tests().filter(test=test).count(),
    )


def why_not_deleted(test: Test) -> str:
    """Return why a test cannot be deleted and what to do, or nothing."""
    if test.archived_at is not None:
        return _("The test is archived, and stays: candidates find it in their Archive.")
    if test.first_opened_at is not None:
        return _("A candidate has opened the test, so it stays. When it is over, archive it.")
    if test.is_activated and test.is_demo:
        return _("The test is activated. Deactivate it, then delete it.")
    if test.is_activated and stage_of(test) == Stage.FINISHED:
        return _("The test is over, so it stays: it shows who was absent. Archive it instead.")
    if test.is_activated:
        return _("The test is activated, and candidates see it. Deactivate it, then delete it.")
    return ""


def delete_test(*, test: Test, by: User | None) -> None:
    """Delete a test that is not activated and that nobody has opened, with its candidates, drafts and imports.

    One-time users, and one-time logins of SSO candidates, end and keep their row (D8); permanent users, people of
    institutions, lists and the rows of the audit stay. Raises Refused, Http404 where somebody else was faster.
    """
    with transaction.atomic():
        # Its imports are locked before the test, as whoever confirms or undoes one locks. Then the strong lock of the
        # test: who adds, activates, or writes a row that points to it waits, and finds it gone.
        list(Import.objects.filter(test=test).order_by("pk").select_for_update().values_list("pk", flat=True))
        current = Test.objects.select_for_update().filter(pk=test.pk).first()
        if current is None:
            raise Http404
        if reason := why_not_deleted(current):
            raise Refused(reason)
        erase_test(current, action=audit.Action.TEST_DELETED, by=by)


def erase_test(test: Test, *, action: audit.Action, by: User | None) -> int:
    """Delete a test whose row is locked FOR UPDATE, with all that belongs to it, and return its number of candidates.

    The rows of the audit stay, with its name.
    """
    places = list(Candidate.objects.of_test(test).select_for_update(of=("self",)).order_by("pk"))
    detail = {"test": test.public_id, "opens_at": test.opens_at.isoformat() if test.opens_at else None}
    audit.record(action, by=by, test=test, count=len(places), detail=detail)
    take_off(test, places)
    test.delete()
    return len(places)


def why_not_archived(test: Test) -> str:
    """Return why a test cannot be archived, or nothing."""
    if test.archived_at is not None:
        return _("The test is archived already. Nothing was changed.")
    if stage_of(test) != Stage.FINISHED:
        return _("Only a test that is Finished can be archived. Nothing was changed.")
    return ""


def archive_test(*, test: Test, by: User | None) -> None:
    """Archive a Finished test: it becomes read-only and leaves the lists of staff; candidates keep their Archive.

    Raises Refused.
    """
    with transaction.atomic():
        # Lock the test: moving the end or giving time at this moment waits, or is seen here.
        current = Test.objects.select_for_update(no_key=True).get(pk=test.pk)
        if reason := why_not_archived(current):
            raise Refused(reason)
        Test.objects.filter(pk=current.pk).update(archived_at=timezone.now())
        audit.record(audit.Action.TEST_ARCHIVED, by=by, test=current, count=current.candidates.all().people().count())


def restore_test(*, test: Test, by: User) -> None:
    """Restore an archived test. Raises Refused, also where its answers were deleted."""
    with transaction.atomic():
        kept = Test.objects.filter(pk=test.pk, archived_at__isnull=False, answers_deleted_at__isnull=True)
        if not kept.update(archived_at=None):
            current = Test.objects.get(pk=test.pk)
            if current.answers_deleted_at is not None:
                raise Refused(_("The answers of this test are no longer kept, so it stays archived."))
            raise Refused(_("The test is not archived. Nothing was changed."))
        audit.record(audit.Action.TEST_RESTORED, by=by, test=test)

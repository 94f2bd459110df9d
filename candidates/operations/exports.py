"""Files that other systems order: the results of a test, made by the worker, kept until they expire."""

import gzip
import json
import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from candidates import audit
from candidates.errors import Refused
from candidates.lifecycle.results import all_results
from candidates.models import AccessKey, Export, Test, User
from candidates.timing import Stage, stage_of

KEPT = timedelta(days=1)
MAX_KEPT = timedelta(days=7)
MAX_OF_A_SYSTEM = 20
MAX_BYTES = 32 * 1024 * 1024  # before it is compressed; 1500 candidates take about 1 MB
LEASE = timedelta(minutes=2)

State = Export.State

log = logging.getLogger(__name__)


def order(*, test: Test, by: User, with_names: bool, kept: timedelta = KEPT) -> Export:
    """Order the results of a test that is over; recorded, since the file leaves the house without a further question.

    Raises Refused before the end, and where the system has too many files that have not expired. Inside a transaction.
    """
    now = timezone.now()
    if stage_of(test, now=now) != Stage.FINISHED:
        raise Refused(_("Results are here once the last candidate’s time is over."))
    # The lock of the key's row: of two orders at the bound the second counts what the first has stored.
    key = AccessKey.objects.select_for_update(no_key=True).get(account=by)
    if Export.objects.filter(ordered_by__access_key__system=key.system, expires_at__gt=now).count() >= MAX_OF_A_SYSTEM:
        words = _("%(most)d files are kept for this system already. Wait until one expires.")
        raise Refused(words % {"most": MAX_OF_A_SYSTEM})
    made = Export(test=test, ordered_by=by, with_names=with_names, ordered_at=now, expires_at=now + min(kept, MAX_KEPT))
    detail = {"format": "json", "filtered": False, "export": made.public_id}
    audit.record(audit.Action.RESULTS_DOWNLOADED, by=by, test=test, count=test.candidate_count, detail=detail)
    made.save(force_insert=True)
    return made


def make_next() -> bool:
    """Make the file that has waited longest and that nobody makes, and say whether there was one."""
    now = timezone.now()
    free = Export.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), state=State.WAITING)
    key = free.order_by("ordered_at", "pk").values_list("pk", flat=True).first()
    lease = get_random_string(32)
    # Closes the race of two workers that see it waiting.
    if key is None or not free.filter(pk=key).update(lease=lease, leased_until=now + LEASE):
        return False
    made = Export.objects.select_related("test").get(pk=key)
    content = json.dumps(all_results(made.test, with_names=made.with_names, now=now), ensure_ascii=False).encode()
    done = {"state": State.DONE, "content": gzip.compress(content, mtime=0)}
    if len(content) > MAX_BYTES:
        log.error("An export is too large: %d bytes", len(content))
        done = {"state": State.FAILED}
    Export.objects.filter(pk=key, lease=lease).update(**done, lease="", leased_until=None)
    return True


def content_of(export: Export) -> bytes:
    """Return the file of an export that is done, as JSON."""
    return gzip.decompress(bytes(export.content))


def forget_expired() -> str:
    """Delete the files that have expired, and say how many."""
    with transaction.atomic():
        # in the order of their keys, so that two workers wait for each other in that order alone
        expired = Export.objects.filter(expires_at__lte=timezone.now()).order_by("pk")
        keys = list(expired.select_for_update(of=("self",)).values_list("pk", flat=True))
        gone, _per_model = Export.objects.filter(pk__in=keys).delete()
    return ngettext("%(count)d file deleted.", "%(count)d files deleted.", gone) % {"count": gone}

"""Files: the results of a test as one, ordered, made by the worker, and fetched."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from django.core.signing import BadSignature, TimestampSigner
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field

from candidates.access import reached_test
from candidates.api.auth import caller, needs
from candidates.api.idempotency import writes
from candidates.api.schemas import OURS, Answer, Body, Text
from candidates.models import AccessKey, Export, Scope
from candidates.operations import exports

SIGNED_FOR = timedelta(minutes=10)
HOURS = int(exports.KEPT.total_seconds() // 3600)
MAX_HOURS = int(exports.MAX_KEPT.total_seconds() // 3600)
Status = Literal["waiting", "success", "failed"]
STATUS: dict[Export.State, Status] = {
    Export.State.WAITING: "waiting",
    Export.State.DONE: "success",
    Export.State.FAILED: "failed",
}

router = Router(tags=["Files"], by_alias=True)
signer = TimestampSigner(salt="export")


class OrderParameters(Body):
    """Of what."""

    assessment_run_id: Text = Field(min_length=1, max_length=16)


class OrderBody(Body):
    """Which file."""

    resource_type: Literal["AllResults"]
    parameters: OrderParameters
    expiry_period: Annotated[
        int, Field(ge=1, le=MAX_HOURS, strict=True, description=f"Hours that the file is kept. {OURS}")
    ] = HOURS


class ExportInfo(Answer):
    """Where the file is."""

    signed_response_url: str = Field(
        description="Opens the file for ten minutes, without a key: fetch it at once, and keep it to yourself."
    )
    expires: datetime


class JobAnswer(Answer):
    """A file that was ordered."""

    job_id: str
    status: Status
    progress: int = Field(description="100 once the file is there.")
    export_info: ExportInfo | None


class ResultFile(Answer):
    """The results of a test."""

    assessment_run_id: str
    assessment_run_title: str
    assessment_run_start_time: datetime | None
    assessment_run_end_time: datetime | None
    candidates: list[dict[str, object]]


@router.post("/fileExport/order", response={201: JobAnswer}, **needs(Scope.RESULTS_READ))
@writes
def order_file(request: HttpRequest, body: OrderBody) -> JobAnswer:
    """Order the results of a test that is over; ask for the status until the file is there.

    With the scope names:read the file says who candidates are. Otherwise it has Candidate IDs alone.
    """
    who = caller(request)
    test = reached_test(who.key, body.parameters.assessment_run_id)
    kept = timedelta(hours=body.expiry_period)
    made = exports.order(test=test, by=who.account, with_names=who.may(Scope.NAMES_READ), kept=kept)
    answer = shown(request, made)
    answer.made()
    return answer


@router.get("/fileExport/status/{job_id}", response=JobAnswer, **needs(Scope.RESULTS_READ))
def read_job(request: HttpRequest, job_id: str) -> JobAnswer:
    """Read whether a file is there, and where; also with another key of the system, if it may read the same."""
    who = caller(request)
    jobs = _kept().filter(ordered_by__access_key__system=who.key.system, public_id=job_id)
    found = jobs.select_related("test").first()
    if found is None or (found.with_names and not who.may(Scope.NAMES_READ)):
        raise Http404
    reached_test(who.key, found.test.public_id)
    return shown(request, found)


@router.get("/fileExport/file/{job_id}", auth=None, response={200: ResultFile, 404: None})
def fetch_file(request: HttpRequest, job_id: str, signature: Annotated[str, Query(max_length=200)]) -> HttpResponse:
    """Fetch a file by the signed address of its status; clients of the original send no key with it."""
    try:
        signed = signer.unsign(signature, max_age=SIGNED_FOR)
    except BadSignature as error:
        raise Http404 from error
    found = _kept().filter(public_id=job_id, state=Export.State.DONE).first()
    if found is None or signed != job_id or not _works(found):
        raise Http404
    return HttpResponse(exports.content_of(found), content_type="application/json")


def shown(request: HttpRequest, one: Export) -> JobAnswer:
    """Return a job as it is answered."""
    done = one.state == Export.State.DONE
    address = reverse("api:fetch_file", args=[one.public_id])
    signed = request.build_absolute_uri(f"{address}?signature={signer.sign(one.public_id)}")
    return JobAnswer(
        job_id=one.public_id,
        status=STATUS[Export.State(one.state)],
        progress=100 if done else 0,
        export_info=ExportInfo(signed_response_url=signed, expires=one.expires_at.replace(microsecond=0))
        if done
        else None,
    )


def _kept() -> QuerySet[Export]:
    return Export.objects.filter(expires_at__gt=timezone.now())


def _works(one: Export) -> bool:
    """Say whether the key that ordered the file still works: a revoked one opens nothing."""
    return AccessKey.objects.filter(account=one.ordered_by, revoked_at=None, expires_at__gt=timezone.now()).exists()

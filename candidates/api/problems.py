"""What went wrong, as problem documents (RFC 9457): every error of the API has this shape."""

import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from candidates.errors import Refused
from candidates.site.logs import request_number

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 12_000  # of one document: 1500 candidates with a problem in each of their members


class Wrong(BaseModel):
    """One thing that is wrong with what was sent."""

    detail: str = Field(description="A sentence for people.")
    pointer: str | None = Field(
        default=None,
        description="JSON Pointer (RFC 6901) to the member of the body, such as `/candidates/17/extraTime`.",
    )
    parameter: str | None = Field(
        default=None, description="Name of the header, or of the part of the address, instead."
    )
    code: str | None = Field(default=None, description="A word that stays the same, for programs.")


class ProblemDocument(BaseModel):
    """An error (RFC 9457). The calls of the original have no such documents in the public record: this is ours."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", description="`about:blank`: the status says which kind of problem it is.")
    title: str
    status: int
    detail: str = Field(description="A sentence for people: what to do.")
    code: str = Field(description="A word that stays the same, for programs.")
    errors: list[Wrong] = Field(default=[], description="Everything that is wrong with what was sent, all at once.")
    request: str = Field(
        default="", description="Number of this request, to be named in questions; also in `X-Request-ID`."
    )


class Problem(Exception):
    """A call was refused, and nothing was changed."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = errors
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def words_of(status: int) -> tuple[str, str]:
    """Return the word and the sentence for a status about which nothing else is known."""
    known = {
        400: ("bad_request", _("The request cannot be read.")),
        401: ("unauthorized", _("Send a working key or token: Authorization: Bearer …")),
        403: ("forbidden", _("The key may not do this.")),
        404: ("not_found", _("There is nothing at this address that this key can reach.")),
        405: ("method_not_allowed", _("This address does not take this method.")),
        409: ("conflict", _("This does not fit what is there now. Nothing was changed.")),
        411: ("length_required", _("Send the body with its length (Content-Length), not in chunks.")),
        412: ("changed_meanwhile", _("It was changed meanwhile. Read it again.")),
        413: ("too_large", _("The body is too large.")),
        415: ("unsupported_media_type", _("Send the body as application/json.")),
        422: ("invalid", _("Something in the request is wrong. Nothing was changed.")),
        429: ("too_many_requests", _("Too many requests. Try again later.")),
        500: ("server_error", _("Something went wrong here. It is in our log under the number of this request.")),
        503: ("unavailable", _("This does not work right now. Try again later.")),
    }
    return known.get(status, ("error", HTTPStatus(status).phrase))


def problem_response(problem: Problem) -> HttpResponse:
    """Answer with the document of a problem."""
    code, _sentence = words_of(problem.status)
    errors = [one.model_dump(exclude_none=True) for one in problem.errors[:MAX_ERRORS]]
    document = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code or code,
        **({"errors": errors} if errors else {}),
        **({"request": request_number.get()} if request_number.get() else {}),
        **problem.members,
    }
    content = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")  # half a pair of what was sent
    headers = {"Cache-Control": "no-store", **problem.headers}
    return HttpResponse(content, status=problem.status, content_type=CONTENT_TYPE, headers=headers)


def plain_problem(status: int, **headers: str) -> HttpResponse:
    """Answer with the document for a status about which nothing else is known."""
    return problem_response(Problem(status, words_of(status)[1], headers=headers))


def refused(refusal: Refused, *, pointer: str = "", status: int = 409) -> Problem:
    """Return the problem that an act of the product was refused for."""
    errors = [Wrong(detail=refusal.sentence, pointer=pointer)] if pointer else []
    return Problem(status, refusal.sentence, errors=errors)


def invalid(errors: Iterable[Wrong]) -> Problem:
    """Return the problem with everything that is wrong in what was sent."""
    return Problem(422, words_of(422)[1], errors=list(errors))


def pointer_to(*parts: str | int) -> str:
    """Return a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def wrong_of(found: Iterable[Mapping[str, Any]]) -> list[Wrong]:
    """Return what pydantic found: its places are ("body", name of the argument, member, …)."""
    wrong = []
    for one in found:
        where, *place = one["loc"]
        sentence = str(one["msg"])
        sentence = sentence.removeprefix("Value error, ")
        if where == "body":
            wrong.append(Wrong(detail=sentence, pointer=pointer_to(*place[1:]), code=str(one["type"])))
        else:
            wrong.append(Wrong(detail=sentence, parameter=str(place[-1]) if place else where, code=str(one["type"])))
    return wrong


def is_problem(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith(CONTENT_TYPE)


def of_api(request: HttpRequest) -> bool:
    """Say whether a request is one to the API."""
    return request.path_info.startswith("/api/")

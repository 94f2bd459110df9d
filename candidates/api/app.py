"""The API itself: what belongs to it, how bodies are read, and how each refusal is answered."""

import json
from datetime import datetime
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder

from candidates.access import Archived
from candidates.api import tokens
from candidates.api.problems import Problem, invalid, plain_problem, problem_response, refused, wrong_of
from candidates.api.resources import (
    complete_lists,
    contributors,
    exports,
    hall,
    joining,
    rooms,
    subscriptions,
    tests,
    users,
)
from candidates.api.responses import complete
from candidates.audit import NotRecorded
from candidates.errors import Conflict, Refused
from candidates.lifecycle.tests import archived_sentence
from candidates.site.errors import RETRY_SECONDS

JSON = "application/json"
VERSION = "1.0.0"


class JsonParser(Parser):
    """Read bodies as JSON, and nothing else."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body. Raises Problem where it is of another kind, or cannot be read."""
        if request.content_type != JSON:
            raise Problem(415, _("Send the body as application/json."))
        try:
            return json.loads(request.body, object_pairs_hook=_each_once, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Problem(400, _("The body is not JSON, or nested too deep."), code="not_json") from None


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises Problem for a member that stands twice: which of both is meant, nobody can tell."""
    found = dict(members)
    if len(found) < len(members):
        twice = next(name for name in found if [one for one, _value in members].count(name) > 1)
        raise Problem(400, _("The member %(name)s stands twice in one object.") % {"name": twice}, code="member_twice")
    return found


def _no_number(word: str) -> Any:
    """Raise ValueError for NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(word)


class Exact(NinjaJSONEncoder):
    """Times to the microsecond, as they are stored and as single resources have them."""

    def default(self, o: Any) -> Any:
        return o.isoformat().replace("+00:00", "Z") if isinstance(o, datetime) else super().default(o)


class Renderer(JSONRenderer):
    """JSON with exact times."""

    encoder_class = Exact


class OpenApi(NinjaAPI):
    """ninja's API, whose schema tells the errors as well, and whose operations are named as their functions."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the OpenAPI 3.1 document."""
        document = super().get_openapi_schema(**options)
        complete(document)
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name that generated clients use."""
        return operation.view_func.__name__


api = OpenApi(
    title="Deliver",
    version=VERSION,
    description=(
        "Send tests and candidates to Deliver, and read what became of them. Names are those of the original's API "
        "where it is public; what says “ours” is not in the public record."
    ),
    docs_url=None,
    urls_namespace="api",
    parser=JsonParser(),
    renderer=Renderer(),
)
api.add_router("/authenticate", tokens.router)
# complete_lists answers at an address of the candidates, so it puts its operation into their router
for resource in (tests, complete_lists, contributors, hall, joining, rooms, users, subscriptions, exports):
    api.add_router("/v1", resource.router)


@api.exception_handler(Problem)
def say_problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem_response(problem)


@api.exception_handler(ValidationError)
def say_invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem_response(invalid(wrong_of(error.errors)))


@api.exception_handler(Refused)
def say_refused(_request: HttpRequest, refusal: Refused) -> HttpResponse:
    return problem_response(refused(refusal))


@api.exception_handler(Conflict)
def say_conflict(_request: HttpRequest, _error: Conflict) -> HttpResponse:
    """Say no more than that: the page's sentence has what is stored now, which may be a name."""
    sentence = _("Somebody else changed it at this moment. Nothing was changed: read it again.")
    return problem_response(Problem(409, sentence, code="changed_meanwhile"))


@api.exception_handler(Archived)
def say_archived(_request: HttpRequest, _error: Archived) -> HttpResponse:
    return problem_response(Problem(409, archived_sentence(), code="archived"))


@api.exception_handler(NotRecorded)
def say_not_recorded(_request: HttpRequest, _error: NotRecorded) -> HttpResponse:
    sentence = _("The audit cannot be written, so nothing was done. Try again later.")
    return problem_response(Problem(503, sentence, code="not_recorded", headers={"Retry-After": str(RETRY_SECONDS)}))


@api.exception_handler(HttpError)
def say_http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what ninja refuses by itself, and what it hides of our parser."""
    hidden = error.__context__
    return problem_response(hidden) if isinstance(hidden, Problem) else plain_problem(error.status_code)


@api.exception_handler(AuthenticationError)
def say_unauthorized(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return plain_problem(401, **{"WWW-Authenticate": 'Bearer realm="api"'})


@api.exception_handler(Http404)
def say_not_found(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return plain_problem(404)


@api.exception_handler(PermissionDenied)
def say_forbidden(_request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    return plain_problem(403)


@api.exception_handler(BadRequest)
def say_bad_request(_request: HttpRequest, _error: BadRequest) -> HttpResponse:
    return plain_problem(400)


@api.exception_handler(RequestDataTooBig)
def say_too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return plain_problem(413)


@api.exception_handler(Exception)
def let_others_answer(_request: HttpRequest, error: Exception) -> HttpResponse:
    """Let Django log it and answer, as for pages: an outage with 503, a fault with 500."""
    raise error

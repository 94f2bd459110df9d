"""Exchange a key for a token that works for an hour, the way the original does."""

from typing import Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel, Field

from candidates.api.auth import count
from candidates.api.problems import Problem, ProblemDocument
from candidates.api.responses import PARAMETERS_OF_EXCHANGE
from candidates.signin.access_keys import exchange, key_to_exchange

GRANT = "authorization_code"

router = Router(tags=["Keys and tokens"], by_alias=True)


class Token(BaseModel):
    """A bearer token."""

    access_token: str
    expires_in: int = Field(description="Seconds; 3600, or less where the key ends before.")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the name of a kind


@router.post(
    "/token/",
    auth=None,
    response={200: Token, 400: ProblemDocument, 401: ProblemDocument, 409: ProblemDocument},
    openapi_extra=PARAMETERS_OF_EXCHANGE,
)
def exchange_key(request: HttpRequest) -> Token:
    """Exchange a key (`code`) of `client_id` for a token.

    `code` may stand in a header, in the form or in the query. Prefer the header: what stands in a query is in the logs
    of whatever lies between (ours leave it out). 409: it stands in two places, with two values (ours).
    """
    if _sent(request, "grant_type") != {GRANT}:
        raise _oauth(400, "unsupported_grant_type", _("Send grant_type=authorization_code."))
    codes = _sent(request, "code") | ({request.headers.get("code", "").strip()} - {""})
    clients = _sent(request, "client_id")
    if len(codes) > 1 or len(clients) > 1:
        raise _oauth(409, "invalid_request", _("code or client_id stands in two places, with two values."))
    if not codes or not clients:
        raise _oauth(400, "invalid_request", _("Send client_id, and the key as code."))
    key = key_to_exchange(client_id=clients.pop(), code=codes.pop())
    if key is None:
        sentence = _("The key is unknown, has expired or was revoked, or belongs to another client_id.")
        raise _oauth(401, "invalid_grant", sentence)
    count(request, key)
    token, seconds = exchange(key)
    return Token(access_token=token, expires_in=seconds)


def _sent(request: HttpRequest, name: str) -> set[str]:
    """Return the values of a parameter, from query and form."""
    sent = (value.strip() for value in (*request.GET.getlist(name), *request.POST.getlist(name)))
    return {value for value in sent if value and "\0" not in value}


def _oauth(status: int, error: str, sentence: str) -> Problem:
    """Return a problem that says the same in OAuth's own members."""
    headers = {"WWW-Authenticate": 'Bearer realm="api"'} if status == 401 else {}
    return Problem(
        status, sentence, code=error, headers=headers, members={"error": error, "error_description": sentence}
    )

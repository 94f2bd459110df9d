"""What the schema says of every operation: the errors that each may answer, and the headers that all share."""

from typing import Any

from candidates.api.problems import CONTENT_TYPE, ProblemDocument

PROBLEM = "#/components/schemas/ProblemDocument"
ERRORS = {
    "400": "The request cannot be read",
    "401": "No key or token that works",
    "403": "The key may not do this",
    "404": "Nothing here that this key can reach",
    "409": "It does not fit what is there now; nothing was changed",
    "412": "Changed meanwhile (If-Match)",
    "413": "The body is too large",
    "415": "The body is not application/json",
    "422": "Everything that is wrong, at once; nothing was changed",
    "429": "Too many requests of this key",
    "500": "A fault of this server",
    "503": "Busy, or the database does not answer; try again",
}
OF_THE_SERVER = {
    "411": "The body came in chunks, without its length",
    "414": "The address is too long",
    "431": "The headers are too large",
}
RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
ALWAYS = ("400", "413", "429", "500", "503")
WITH_KEY = ("401", "403", "404")
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"},
    "description": "Any text, a new one for each call: sent again within 24 hours, the call counts once and is "
    "answered as it was. The same text with another body is refused with 422.",
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "`ETag` of an earlier answer: 304 where nothing has changed.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "`ETag` of what was read: 412 where it was changed meanwhile.",
}
TAGGED = {"ETag": {"description": "Version of this resource.", "schema": {"type": "string"}}}
PARAMETERS_OF_EXCHANGE: dict[str, Any] = {
    "parameters": [
        {
            "in": "query",
            "name": "grant_type",
            "required": False,
            "schema": {"type": "string", "enum": ["authorization_code"]},
        },
        {"in": "query", "name": "client_id", "required": False, "schema": {"type": "string"}},
        {"in": "query", "name": "code", "required": False, "schema": {"type": "string"}, "deprecated": True},
        {"in": "header", "name": "code", "required": False, "schema": {"type": "string"}},
    ],
    "requestBody": {
        "required": False,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "grant_type": {"type": "string"},
                        "client_id": {"type": "string"},
                        "code": {"type": "string"},
                    },
                }
            }
        },
    },
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to a schema what each operation answers beside its result; an error is a problem document."""
    components = document["components"]["schemas"]
    made = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components.update(made.pop("$defs", {}))
    components["ProblemDocument"] = made
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return document


def _complete(method: str, operation: dict[str, Any]) -> None:
    if "(ours)" in operation.get("description", ""):
        operation["x-ours"] = True  # the public record of the original does not have it
    responses = {str(status): answer for status, answer in operation["responses"].items()}
    wanted = {status for status in responses if int(status) >= 400} | set(ALWAYS)
    if "security" in operation:
        wanted |= set(WITH_KEY)
    parameters, kept = operation.setdefault("parameters", []), operation.pop("x-kept", True)
    if method == "get" or any(one["in"] in ("query", "path") for one in parameters):
        wanted.add("422")
    if method != "get" and "security" in operation:
        wanted |= {"409", "422"}
        parameters += [IDEMPOTENCY_KEY] if kept else []
        if "requestBody" in operation:
            wanted.add("415")
    if operation.pop("x-tagged", False):
        if method == "get":
            parameters.append(IF_NONE_MATCH)
            responses["200"]["headers"] = TAGGED
            responses["304"] = {"description": "Nothing has changed", "headers": TAGGED}
        else:
            parameters.append(IF_MATCH)
            wanted.add("412")
    for status in wanted:
        answer: dict[str, Any] = {
            "description": ERRORS[status],
            "content": {CONTENT_TYPE: {"schema": {"$ref": PROBLEM}}},
        }
        if status in ("429", "503"):
            answer["headers"] = RETRY
        responses[status] = answer
    # of the web server, before it is known what was asked for
    responses |= {status: {"description": words} for status, words in OF_THE_SERVER.items()}
    operation["responses"] = dict(sorted(responses.items()))

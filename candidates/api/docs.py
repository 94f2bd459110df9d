"""The page for people: every operation of the API, made from the schema, so that it is never untrue."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from candidates.api.app import api


class Member(NamedTuple):
    """A parameter of an operation, or a member of a body."""

    name: str
    kind: str
    required: bool
    words: str


class Described(NamedTuple):
    """One operation."""

    anchor: str
    method: str
    path: str
    summary: str
    words: str
    scopes: str
    parameters: list[Member]
    body: list[Member]
    answers: list[tuple[str, str]]


@require_safe
def show_docs(request: HttpRequest) -> HttpResponse:
    """Show every operation; nobody has to log in to read it."""
    return render(request, "api/docs.html", {"groups": described(), "schema_url": "/api/openapi.json"})


@cache
def described() -> dict[str, list[Described]]:
    """Return the operations by resource, in the order of their addresses."""
    document: Mapping[str, Any] = api.get_openapi_schema(path_prefix="/api/")
    schemas = document["components"]["schemas"]
    groups: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(_described(path, method, operation, schemas))
    return groups


def _described(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Described:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return Described(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        words=operation.get("description", "").replace("`", ""),
        scopes=", ".join(operation.get("x-scopes", [])),
        parameters=[
            Member(one["name"], _kind(one["schema"], schemas), one.get("required", False), _words(one))
            for one in operation.get("parameters", [])
        ],
        body=list(_members(body, schemas)),
        answers=[(status, answer["description"]) for status, answer in operation["responses"].items()],
    )


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any], prefix: str = "") -> Iterator[Member]:
    """Yield the members of a body, those of its rows too."""
    found = _resolved(schema, schemas)
    required = found.get("required", [])
    for name, member in found.get("properties", {}).items():
        kind = _kind(member, schemas)
        yield Member(f"{prefix}{name}", kind, name in required, _words(member))
        rows = _resolved(member, schemas).get("items")
        if rows is not None:
            yield from _members(rows, schemas, f"{prefix}{name}[].")


def _words(one: Mapping[str, Any]) -> str:
    return str(one.get("description", "")).replace("`", "")


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return what a value is, in a few words."""
    found = _resolved(schema, schemas)
    if "anyOf" in found:
        return " or ".join(dict.fromkeys(_kind(one, schemas) for one in found["anyOf"]))
    if "enum" in found:
        return ", ".join(map(str, found["enum"]))
    kind = str(found.get("format") or found.get("type") or "")
    return f"list of {_kind(found['items'], schemas)}" if kind == "array" and "items" in found else kind

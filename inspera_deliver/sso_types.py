"""The SSO setups of an installation, from .env and the environment; an invalid one is switched off."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TypedDict
from urllib.parse import urlsplit

from inspera_deliver import environment

ALGORITHMS = frozenset(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
PROMPTS = frozenset({"", "login", "select_account"})
# At Microsoft anybody may choose these, and they are given to others later (docs/fault-cases.md "Rules of SSO", 8).
CHANGEABLE_AT_MICROSOFT = frozenset({"email", "preferred_username", "upn"})
SHARED_TENANTS = ("/common", "/organizations", "/consumers")


class SsoType(TypedDict):
    """One SSO setup as it stands in settings.AUTHENTICATION_TYPES."""

    slug: str
    label: str
    comparison: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    claim: str
    claim_prefix: str
    pattern: str
    algorithm: str
    prompt: str
    # people come by links of a learning platform (LTI), and never by the login page
    by_launch: bool
    # why nobody can log in through it; without an issuer this is intended
    problems: list[str]
    # what works, but should be checked
    advice: list[str]


def read_sso_types(*, plain_http: bool) -> tuple[list[SsoType], list[str]]:
    """Return the setups of SSO_TYPES in their order, and why others that it names are left out altogether.

    One with an invalid or repeated name, or an unknown comparison, is left out, since candidates could be mistaken for
    each other. Nothing raises: a broken setup stops neither the others nor local login; `manage.py check` reports it.
    """
    found: list[SsoType] = []
    left_out: list[str] = []
    for slug in environment.listed("SSO_TYPES"):
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,49}", slug):
            left_out.append(f"SSO_TYPES: “{slug}” cannot stand in an address: a-z first, then a-z, 0-9 and hyphens.")
        elif any(slug == one["slug"] for one in found):
            left_out.append(f"SSO_TYPES names “{slug}” twice; the first one counts.")
        elif (comparison := _value(slug, "COMPARE", "fold")) not in {"fold", "exact"}:
            left_out.append(f"{_name(slug, 'COMPARE')} is “{comparison}”; it can be fold or exact.")
        else:
            one = _read(slug, comparison)
            one["problems"] = list(_problems(one, plain_http=plain_http))
            one["advice"] = [] if one["problems"] else list(_advice(one))
            one["advice"] += _drop_broken_pattern(one)
            found.append(one)
    return found, left_out


def _read(slug: str, comparison: str) -> SsoType:
    return {
        "slug": slug,
        "label": _value(slug, "LABEL") or slug,
        "comparison": comparison,
        "issuer": _value(slug, "ISSUER"),
        "client_id": _value(slug, "CLIENT_ID"),
        "client_secret": _value(slug, "CLIENT_SECRET"),
        "scopes": _value(slug, "SCOPES", "openid profile"),
        "claim": _value(slug, "CLAIM", "sub"),
        "claim_prefix": _value(slug, "CLAIM_PREFIX"),
        "pattern": _value(slug, "PATTERN"),
        "algorithm": _value(slug, "ALGORITHM", "RS256"),
        "prompt": _value(slug, "PROMPT"),
        "by_launch": False,
        "problems": [],
        "advice": [],
    }


def _name(slug: str, part: str) -> str:
    return f"SSO_{slug.upper().replace('-', '_')}_{part}"


def _value(slug: str, part: str, default: str = "") -> str:
    return str(environment.config(_name(slug, part), default=default)).strip() or default


def _problems(one: SsoType, *, plain_http: bool) -> Iterator[str]:
    """Yield why nobody can log in through a setup, naming the setting."""
    slug = one["slug"]
    if not one["issuer"]:
        if one["client_id"] or one["client_secret"]:
            yield f"{_name(slug, 'ISSUER')} is not set."
        return
    if wrong := _wrong_issuer(one["issuer"], plain_http=plain_http):
        yield f"{_name(slug, 'ISSUER')} is {one['issuer']}, {wrong}."
    for part, value in (("CLIENT_ID", one["client_id"]), ("CLIENT_SECRET", one["client_secret"])):
        if not value:
            yield f"{_name(slug, part)} is not set."
    if "openid" not in one["scopes"].split():
        yield f"{_name(slug, 'SCOPES')} lacks openid."
    if one["algorithm"] not in ALGORITHMS:
        yield f"{_name(slug, 'ALGORITHM')} is “{one['algorithm']}”; it can be {', '.join(sorted(ALGORITHMS))}."
    if one["prompt"] not in PROMPTS:
        yield f"{_name(slug, 'PROMPT')} is “{one['prompt']}”; it can be empty, login or select_account."


def _drop_broken_pattern(one: SsoType) -> list[str]:
    """Take out a pattern that is no regular expression, and return what to say about it: every list would fail."""
    try:
        re.compile(one["pattern"])
    except re.error as error:
        name, pattern = _name(one["slug"], "PATTERN"), one["pattern"]
        one["pattern"] = ""
        return [f"{name} is “{pattern}”, no regular expression ({error}): SSO user IDs are not compared with it."]
    return []


def _wrong_issuer(issuer: str, *, plain_http: bool) -> str:
    """Return what is wrong with the address of an issuer, as the end of a sentence, or nothing."""
    try:
        parts = urlsplit(issuer)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "which is no address"
    if not host or not issuer.isascii() or parts.username or parts.query or parts.fragment:
        return "which is no address of an issuer: https, a host, a path at most"
    if parts.scheme != "https" and not (parts.scheme == "http" and plain_http and _is_loopback(host)):
        return "which is no https address"
    if host == "login.microsoftonline.com" and any(parts.path.startswith(tenant) for tenant in SHARED_TENANTS):
        return "which is no single tenant: put the tenant's id there, or people of every tenant could log in"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _advice(one: SsoType) -> Iterator[str]:
    """Yield settings that work, but may confuse people with each other some day."""
    if one["claim"] in CHANGEABLE_AT_MICROSOFT and "microsoft" in one["issuer"]:
        yield f"{_name(one['slug'], 'CLAIM')} is {one['claim']}, which people can change at Microsoft: use oid."
    if one["claim"] in {"sub", "oid"} and one["issuer"] and one["comparison"] == "fold":
        yield f"{_name(one['slug'], 'COMPARE')} is fold; {one['claim']} is compared to the letter: use exact."

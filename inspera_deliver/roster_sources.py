"""The student systems of an installation, from .env and the environment; an invalid one is switched off."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from inspera_deliver import environment
from inspera_deliver.sso_types import SsoType

KINDS = ("ladok", "fs", "lti", "oneroster", "folder")
# What each kind cannot do without.
NEEDED = {
    "ladok": ("URL", "CERTIFICATE", "KEY"),
    "fs": ("URL", "ORGANISATION"),
    "lti": ("KEY",),  # its platform is registered on a page
    "oneroster": ("FOLDER",),
    "folder": ("FOLDER",),
}
# What OneRoster's CSV files know people by; the last two go on with a kind of id, like userIds:LDAP.
LOGIN_COLUMN = re.compile(r"username|email|identifier|sourcedId|(?:userIds|userProfiles):[^{}:=]{1,60}", re.I)
# Claims by which nobody may be known at the first login.
CHOSEN_BY_PEOPLE = {"email", "name", "given_name", "family_name", "nickname"}
MEASURE = re.compile(r"(?P<name>[^:;]+):\s*(?P<amount>\d{1,4}(?:[.,]\d{1,2})?)\s*(?P<percent>%?)")


class SourceSettings(TypedDict):
    """One student system as it stands in settings.ROSTER_SOURCES; secrets stand here alone, never in the database."""

    slug: str
    kind: str
    label: str
    url: str
    certificate: str
    key: str
    ca: str
    user: str
    password: str
    api_key: str
    organisation: str
    folder: str
    # Ladok: where support measures stand, {exam} in the place of the exam's id; "" reads none
    support_url: str
    # Ladok: "personnummer" where the institution wants it as the student number; "" takes none
    student_number: str
    authentication_type: str
    # the claim by which the person is found at the login; "" is the SSO setup's own
    claim: str
    # OneRoster: the column that holds what that claim says
    login_column: str
    # minutes between two looks by itself
    every_minutes: int
    # the institution's table of support measures: folded name -> minutes ("30") or percent ("25%")
    support: dict[str, str]
    # why it is switched off
    problems: list[str]


def read_roster_sources(sso_types: list[str]) -> tuple[list[SourceSettings], list[str]]:
    """Return the sources of ROSTER_SOURCES in their order, and why others that it names are left out altogether.

    `sso_types` are the slugs of the SSO setups. Nothing raises: a broken source stops neither the others nor anything
    else; the administrators' page and `manage.py check` say what is wrong.
    """
    found: list[SourceSettings] = []
    left_out: list[str] = []
    for slug in environment.listed("ROSTER_SOURCES"):
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,49}", slug):
            left_out.append(
                f"ROSTER_SOURCES: “{slug}” cannot stand in an address: a-z first, then a-z, 0-9 and hyphens."
            )
        elif any(slug == one["slug"] for one in found):
            left_out.append(f"ROSTER_SOURCES names “{slug}” twice; the first one counts.")
        elif (kind := _value(slug, "KIND")) not in KINDS:
            left_out.append(f"{_name(slug, 'KIND')} is “{kind}”; it can be {', '.join(KINDS)}.")
        else:
            one = _read(slug, kind)
            one["problems"] = list(_problems(one, sso_types))
            found.append(one)
    return found, left_out


def _read(slug: str, kind: str) -> SourceSettings:
    minutes = _value(slug, "EVERY_MINUTES", "60")
    claim, column = _value(slug, "CLAIM"), ""
    if kind == "oneroster":
        claim, _sign, column = claim.rpartition("=")
    return {
        "slug": slug,
        "kind": kind,
        "label": _value(slug, "LABEL") or slug,
        "url": _value(slug, "URL"),
        "certificate": _value(slug, "CERTIFICATE"),
        "key": _value(slug, "KEY"),
        "ca": _value(slug, "CA"),
        "user": _value(slug, "USER"),
        "password": _value(slug, "PASSWORD"),
        "api_key": _value(slug, "API_KEY"),
        "organisation": _value(slug, "ORGANISATION"),
        "folder": _value(slug, "FOLDER"),
        "support_url": _value(slug, "SUPPORT_URL"),
        "student_number": _value(slug, "STUDENT_NUMBER"),
        # who comes from a learning platform is known by its own ids, and by nothing else
        "authentication_type": _value(slug, "AUTHENTICATION_TYPE") or (slug if kind == "lti" else ""),
        "claim": claim.strip(),
        "login_column": (column.strip() or "username") if kind == "oneroster" else "",
        "every_minutes": int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 6 else 0,
        "support": _support(_value(slug, "SUPPORT")),
        "problems": [],
    }


def name_of_setting(slug: str, part: str) -> str:
    """Return the name of one setting of a source, such as ROSTER_UNI_URL."""
    return f"ROSTER_{slug.upper().replace('-', '_')}_{part}"


_name = name_of_setting  # for the sentences below


def _value(slug: str, part: str, default: str = "") -> str:
    return str(environment.config(_name(slug, part), default=default)).strip() or default


def _support(text: str) -> dict[str, str]:
    """Return the table of support measures; entries that cannot be read are reported by `_problems`."""
    found = (MEASURE.fullmatch(part.strip()) for part in text.split(";"))
    return {one["name"].strip().casefold(): one["amount"].replace(",", ".") + one["percent"] for one in found if one}


def _problems(one: SourceSettings, sso_types: list[str]) -> Iterator[str]:
    """Yield why nothing can be read from a source, naming the setting."""
    slug = one["slug"]
    values = {part.upper(): str(value) for part, value in one.items()}
    for part in NEEDED[one["kind"]]:
        # without TLS, which is for a source on the same machine alone, nobody shows a certificate
        if not values[part] and not (one["kind"] == "ladok" and part != "URL" and one["url"].startswith("http:")):
            yield f"{_name(slug, part)} is not set."
    if one["kind"] == "fs" and not (one["api_key"] or (one["user"] and one["password"])):
        yield f"{_name(slug, 'API_KEY')}, or {_name(slug, 'USER')} and {_name(slug, 'PASSWORD')}, is not set."
    if one["url"] and (wrong := wrong_address(one["url"])):
        yield f"{_name(slug, 'URL')} is {wrong}."
    if one["support_url"] and (wrong := wrong_address(one["support_url"])):
        yield f"{_name(slug, 'SUPPORT_URL')} is {wrong}."
    if one["student_number"].casefold() not in ("", "personnummer"):
        yield f"{_name(slug, 'STUDENT_NUMBER')} is “{one['student_number']}”; it can be personnummer, or stay empty."
    for part, path in (("CERTIFICATE", one["certificate"]), ("KEY", one["key"]), ("CA", one["ca"])):
        if path and not os.access(path, os.R_OK):
            yield f"{_name(slug, part)} names {path}, which cannot be read."
    if one["folder"] and not Path(one["folder"]).is_dir():
        yield f"{_name(slug, 'FOLDER')} names {one['folder']}, which is no folder."
    if one["kind"] == "lti":
        yield from _problems_of_platform(one, sso_types)
    elif not one["authentication_type"]:
        yield f"{_name(slug, 'AUTHENTICATION_TYPE')} is not set: it names the SSO setup that its people log in by."
    elif one["authentication_type"] not in sso_types:
        yield f"{_name(slug, 'AUTHENTICATION_TYPE')} is “{one['authentication_type']}”, which SSO_TYPES does not name."
    if one["claim"] in CHOSEN_BY_PEOPLE:
        yield f"{_name(slug, 'CLAIM')} is “{one['claim']}”, which a person can choose or share: nobody is known by it."
    if not one["every_minutes"]:
        yield f"{_name(slug, 'EVERY_MINUTES')} is no whole number of minutes from 1 to 99999."
    if one["login_column"] and not LOGIN_COLUMN.fullmatch(one["login_column"]):
        yield (
            f"{_name(slug, 'CLAIM')} is “{_value(slug, 'CLAIM')}”; it can be username, identifier, sourcedId, email, "
            "userIds:KIND or userProfiles:KIND, with the SSO claim and “=” in front where that is not the setup's own."
        )
    for part in filter(None, map(str.strip, _value(slug, "SUPPORT").split(";"))):
        if not MEASURE.fullmatch(part):
            yield f"{_name(slug, 'SUPPORT')}: “{part}” is not written like “Name:25%” or “Name:30”."


def _problems_of_platform(one: SourceSettings, sso_types: list[str]) -> Iterator[str]:
    slug = one["slug"]
    if one["authentication_type"] != slug:
        yield f"{_name(slug, 'AUTHENTICATION_TYPE')} cannot be set: people of a learning platform log in by its links."
    if one["claim"]:
        yield f"{_name(slug, 'CLAIM')} cannot be set: people of a learning platform are known by its own ids."
    if slug in sso_types:
        yield f"ROSTER_SOURCES and SSO_TYPES both have “{slug}”; people of the two could be mistaken for each other."


def types_of_platforms(sources: list[SourceSettings], sso_types: list[str]) -> list[SsoType]:
    """Return an authentication type for each learning platform: its people, who log in by its links alone.

    They are compared to the letter, and there is one whatever else is wrong with the source: logging in needs no key.
    """
    return [
        {
            "slug": one["slug"],
            "label": one["label"],
            "comparison": "exact",
            "issuer": "",
            "client_id": "",
            "client_secret": "",
            "scopes": "",
            "claim": "",
            "claim_prefix": "",
            "pattern": "",
            "algorithm": "",
            "prompt": "",
            "by_launch": True,
            "problems": [],
            "advice": [],
        }
        for one in sources
        if one["kind"] == "lti" and one["slug"] not in sso_types
    ]


def wrong_address(url: str) -> str:
    """Return what is wrong with an address, as the end of a sentence, or nothing. Passwords never stand in it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "no address"
    if not host or parts.username or parts.password:
        return "no address like https://host/path, without a name or password in it"
    # a source on the same machine, as in a demonstration, has no network to listen in on
    if parts.scheme != "https" and not (parts.scheme == "http" and host in {"localhost", "127.0.0.1", "::1"}):
        return f"{parts.scheme}://{host}/…, which is no https address"
    return ""

"""The members of a course, over every page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from candidates.models import LtiCourse
from candidates.models.accounts import MAX_FULL_NAME_LENGTH, MAX_SSO_LENGTH
from candidates.models.rosters import MAX_ENROLMENTS
from candidates.rosters.source import SourceError
from candidates.rosters.sources.lti.connection import Conversation

MAX_PAGES = 500
MAX_STUDENT_NUMBER = 100
GONE = frozenset({"Inactive", "Deleted"})


def _with_limit(url: str, page: int) -> str:
    """Return an address that asks for large pages, unless it names a size itself."""
    parts = urlsplit(url)
    if "limit=" in parts.query:
        return url
    query = f"{parts.query}&{urlencode({'limit': page})}" if parts.query else urlencode({"limit": page})
    return urlunsplit(parts._replace(query=query))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a course as the platform tells of one."""

    key: str
    name: str
    student_number: str
    status: str
    roles: tuple[str, ...]


def read_members(talk: Conversation, course: LtiCourse, page: int) -> list[Member]:
    """Return the members of every page, each once."""
    token, url = talk.token(), _with_limit(course.members_url, page)
    found: dict[str, Member] = {}
    seen: set[str] = set()
    while url:
        if url in seen or len(seen) == MAX_PAGES:
            words = _("%(source)s sent the same page twice, or pages without end. Nothing is taken; look again.")
            raise SourceError(words % talk.named)
        seen.add(url)
        told, url = talk.page(url, token)
        for one in _members_of(talk, course, told):
            if one.key in found:
                words = _("%(source)s named somebody twice, so its list is not whole. Nothing is taken; look again.")
                raise SourceError(words % talk.named)
            found[one.key] = one
        if len(found) > MAX_ENROLMENTS:
            words = _("%(source)s has more than %(most)d people in this course, which are not read.")
            raise SourceError(words % {**talk.named, "most": MAX_ENROLMENTS})
    return list(found.values())


def _members_of(talk: Conversation, course: LtiCourse, told: Mapping[str, Any]) -> Iterator[Member]:
    context, listed = told.get("context"), told.get("members")
    if not isinstance(context, dict) or not isinstance(context.get("id"), str):
        raise talk.unreadable("context")
    if context["id"] != course.context_id:
        raise SourceError(_("%(source)s answered with another course. Nothing is taken.") % talk.named)
    if not isinstance(listed, list):
        raise talk.unreadable("members")
    for one in listed:
        yield _member(talk, one)


def _member(talk: Conversation, told: object) -> Member:
    if not isinstance(told, dict):
        raise talk.unreadable("members")
    key, roles, status = told.get("user_id"), told.get("roles"), told.get("status") or "Active"
    # A number as text could be another person's id.
    if not isinstance(key, str) or not key.strip() or not key.isprintable() or len(key) > MAX_SSO_LENGTH:
        raise talk.unreadable("user_id")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise talk.unreadable("roles")
    if status != "Active" and (not isinstance(status, str) or status not in GONE):
        raise talk.unreadable("status")
    parts = " ".join(_words(told.get(part)) for part in ("given_name", "family_name"))
    return Member(
        key=key,
        name=(_words(told.get("name")) or parts.strip())[:MAX_FULL_NAME_LENGTH].strip(),
        student_number=_words(told.get("lis_person_sourcedid"))[:MAX_STUDENT_NUMBER],
        status=status,
        roles=tuple(roles),
    )


def _words(value: object) -> str:
    """Return a text in one line; "" where there is none, since nobody is found by a name."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if text.isprintable() else ""

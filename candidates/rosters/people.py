"""Who the people of a student system are here: by SSO user ID, or pending until their first login tells it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from candidates.authentication_types import AuthenticationType, enabled_types
from candidates.models import RosterIdentity, SsoIdentity, User
from candidates.models.accounts import no_password
from candidates.rosters.source import Enrolment
from candidates.rosters.stored import tick_of
from candidates.signin.sso.binding import login_key

if TYPE_CHECKING:
    from inspera_deliver.roster_sources import SourceSettings

MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class Login:
    """By what the people of a source are known when they log in; `claim` is "" where that is their SSO user ID."""

    kind: AuthenticationType
    claim: str
    source: str

    @property
    def own_claim(self) -> str:
        """Return the claim under which people wait for their first login."""
        return self.claim or (self.kind.client.claim if self.kind.client else "sub")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a source; `account` is None where there is none yet, `sso_user_id` "" while the identity waits."""

    login: str
    key: str  # folded
    account: int | None
    sso_user_id: str
    identity: int | None = None
    claim: str = ""

    @property
    def is_pending(self) -> bool:
        return not self.sso_user_id


def login_of(setup: SourceSettings) -> Login | None:
    """Return how the people of a source log in, None where the settings no longer have that SSO setup."""
    kind = enabled_types().get(setup["authentication_type"])
    if kind is None:
        return None
    own = kind.client.claim if kind.client else ""
    return Login(kind, "" if setup["claim"] in ("", own) else setup["claim"], setup["slug"])


def people_by_tick(login: Login, enrolments: Sequence[Enrolment]) -> dict[str, Person]:
    """Return who everybody of a list is here, by tick: three queries at most."""
    waiting: dict[str, Enrolment] = {}
    direct: dict[str, Enrolment] = {}
    for one in enrolments:
        (direct if one.login and not login.claim else waiting)[tick_of(one.key)] = one
    found: dict[str, Person] = {}
    keys = {tick: login.kind.key(one.login) for tick, one in direct.items()}
    accounts = dict(
        SsoIdentity.objects.filter(authentication_type=login.kind.slug, sso_key__in=set(keys.values())).values_list(
            "sso_key", "user"
        )
    )
    for tick, one in direct.items():
        found[tick] = Person(one.login, keys[tick], accounts.get(keys[tick]), one.login)
    if waiting:
        found |= _waiting(login, waiting)
    return found


def _waiting(login: Login, waiting: Mapping[str, Enrolment]) -> dict[str, Person]:
    logins = {tick: one.login or one.key for tick, one in waiting.items()}
    keys = {
        tick: login_key(login.own_claim, one.login) if one.login else _of_nobody_yet(login, one)
        for tick, one in waiting.items()
    }
    rows = RosterIdentity.objects.filter(
        authentication_type=login.kind.slug, claim=login.own_claim, login_key__in=set(keys.values())
    )
    known = {key: (pk, user, bound) for key, pk, user, bound in rows.values_list("login_key", "pk", "user", "bound_at")}
    bound = [user for _pk, user, at in known.values() if at is not None]
    theirs = SsoIdentity.objects.filter(authentication_type=login.kind.slug, user__in=bound)
    ids = dict(theirs.values_list("user", "sso_user_id")) if bound else {}
    found = {}
    for tick, key in keys.items():
        pk, user, _at = known.get(key, (None, None, None))
        found[tick] = Person(logins[tick], key, user, ids.get(user, "") if user else "", pk, login.own_claim)
    return found


def _of_nobody_yet(login: Login, one: Enrolment) -> str:
    """Return a key that no claim can have: the source's own id of a person may be somebody else's login name."""
    return f"\x1f{login.source} {tick_of(one.key)}"


def store_waiting(login: Login, people: Iterable[Person]) -> dict[str, RosterIdentity]:
    """Return the rows of people whose identity waits, by folded login, made where there are none; in a transaction.

    They stay as they are until its end: who logs in at this moment is bound before, or waits.
    """
    wanted = {one.key: one.login for one in people}
    rows = RosterIdentity.objects.filter(
        authentication_type=login.kind.slug, claim=login.own_claim, login_key__in=wanted
    ).order_by("pk")
    for _try in range(MAX_TRIES):
        found = {one.login_key: one for one in rows.select_for_update(of=("self",), no_key=True)}
        missing = sorted(wanted.keys() - found.keys())
        if not missing:
            return found
        try:
            with transaction.atomic():
                _make(login, missing, wanted)
        except IntegrityError:
            # Closes the race of two tests that name the same new person: the second finds the first one's row.
            continue
    raise IntegrityError(f"identities of {len(wanted)} people could not be stored")


def _make(login: Login, missing: Sequence[str], wanted: Mapping[str, str]) -> None:
    # the name is nothing that anybody types, and nobody can log in with a password there
    users = User.objects.bulk_create(
        User(username=f"sso-{secrets.token_hex(12)}", kind=User.Kind.SSO, password=no_password()) for _key in missing
    )
    RosterIdentity.objects.bulk_create(
        RosterIdentity(
            user=user, authentication_type=login.kind.slug, claim=login.own_claim, login=wanted[key], login_key=key
        )
        for key, user in zip(missing, users, strict=True)
    )


def unfit_login(login: Login, one: Enrolment) -> str:
    """Return why nobody can log in by what the source says, "" where nothing stands against it."""
    if login.claim or not one.login:
        return ""
    if not login.kind.fits(one.login):
        words = _("Its login name does not look like an SSO user ID of %(label)s.")
        return words % {"label": login.kind.label}
    return ""

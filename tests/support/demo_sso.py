"""Run a command beside two OpenID providers that its environment names: python -m tests.support.demo_sso -- COMMAND...

`make demo-sso` runs `make run` in this way. It lives here, beside the providers of the tests, because nothing of it
belongs on a real installation: the providers let everybody in by name alone. The command is a child in the same process
group, so that Ctrl-C reaches it too; whichever part ends first, the others end with it.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from candidates.management.demo_people import SSO_PEOPLE
from tests.support.openid import Description, Person, Provider, ProviderProblem, end, start

SECONDS_BETWEEN_LOOKS = 0.2
# Somebody at each institution whom no planner has imported, to see what such a person is told.
STRANGERS = (("Ulrik Fremmed", "ulrik.fremmed@havnes.example"), ("Vigdis Fremmed", "0pQx9-5555"))


@dataclass(frozen=True, slots=True)
class Setup:
    """An SSO setup of the demonstration: its settings, and where its provider tells the SSO user ID."""

    slug: str
    label: str
    comparison: str
    claim: str
    in_id_token: bool
    prompt: str


# In the order of candidates/management/demo_people.py; the first is in the demonstration’s .env, for import only.
SETUPS = (
    Setup("campus", "Havnes Campus", "fold", "https://n.feide.no/claims/eduPersonPrincipalName", False, ""),
    Setup("fjordane", "Fjordane College", "exact", "oid", True, "login"),
)


def descriptions(port: int) -> list[Description]:
    """Return the two providers of a demonstration on that port: they listen on the next two ports."""
    hosts = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")]
    return [
        Description(
            name=setup.label,
            client_id="inspera-deliver",
            client_secret=secrets.token_urlsafe(32),
            redirect_uris=[f"{host}/sso/{setup.slug}/callback/" for host in hosts],
            post_logout_redirect_uris=[f"{host}/login/" for host in hosts],
            claim=setup.claim,
            claim_in="id_token" if setup.in_id_token else "userinfo",
            people=[
                Person(_account(name), name, sso_user_id, lin_of(name))
                for name, sso_user_id in (*people.items(), stranger)
            ],
            port=port + place,
        )
        for place, (setup, people, stranger) in enumerate(zip(SETUPS, SSO_PEOPLE, STRANGERS, strict=True), 1)
    ]


def _account(name: str) -> str:
    return name.lower().replace(" ", ".")


def lin_of(name: str) -> str:
    """Return the id by which Ladok knows somebody; the provider tells it as norEduPersonLIN."""
    return str(uuid5(NAMESPACE_URL, name))


def environment(providers: Sequence[Provider]) -> dict[str, str]:
    """Return the settings that let people log in through the providers; the environment goes before a .env."""
    values = {"SSO_TYPES": ",".join(setup.slug for setup in SETUPS)}
    for setup, provider in zip(SETUPS, providers, strict=True):
        described = provider.description
        for name, value in (
            ("LABEL", setup.label),
            ("COMPARE", setup.comparison),
            ("ISSUER", provider.issuer),
            ("CLIENT_ID", described.client_id),
            ("CLIENT_SECRET", described.client_secret),
            ("CLAIM", setup.claim),
            ("PROMPT", setup.prompt),
        ):
            values[f"SSO_{setup.slug.upper()}_{name}"] = value
    return values


def say_who(providers: Sequence[Provider]) -> None:
    """Print who can be chosen at each provider."""
    for provider in providers:
        *imported, stranger = provider.description.people
        print(f"\n  Log in with {provider.description.name} as one of")
        for person in imported:
            print(f"    {person.name:<17} {person.sso_user_id}")
        print(f"    {stranger.name:<17} {stranger.sso_user_id} (on no test: is told so)")
    print(flush=True)


def run_beside(command: Sequence[str], providers: Sequence[Provider]) -> int:
    """Run the command until it, a provider or a signal ends it; return its exit code (128 + n for signal n)."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: told.append(number))
    child = subprocess.Popen(command, env={**os.environ, **environment(providers)})
    while child.poll() is None and not told:
        gone = [provider for provider in providers if provider.process.poll() is not None]
        if gone:
            names = ", ".join(provider.description.name for provider in gone)
            print(f"The OpenID provider {names} has ended, and the demonstration with it.", file=sys.stderr, flush=True)
            end(child)
            return 1
        time.sleep(SECONDS_BETWEEN_LOOKS)
    if told:
        end(child)
        return 128 + told[0]
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main(arguments: Sequence[str]) -> int:
    """Start the providers on the two ports after PORT, run the command, and stop them; return its exit code."""
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not command:
        print("Usage: python -m tests.support.demo_sso -- COMMAND...", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        try:
            providers = [stack.enter_context(start(one)) for one in descriptions(int(os.environ.get("PORT") or 8000))]
        except ProviderProblem as problem:
            print(problem, file=sys.stderr)
            return 1
        say_who(providers)
        return run_beside(command, providers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

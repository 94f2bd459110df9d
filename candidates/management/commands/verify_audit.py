"""Verify that the rows of the audit are as the worker sealed them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from candidates.operations.audit_seals import Verdict, verify


class Command(BaseCommand):
    help = (
        "Look whether the rows of the audit are as the worker sealed them, and name the first one that is not. "
        "Keep the hash it prints in another place, and give it back with --expect: without it nobody can tell that the "
        "newest seals were deleted, or all of them made anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--expect", default="", metavar="HASH", help="a hash that an earlier run printed")

    def handle(self, *args: Any, expect: str, **options: Any) -> None:
        """Verify, and say what was found. Raises CommandError, so that the command ends with 1."""
        found = verify()
        self.stdout.write(f"{found.rows} rows in {found.seals} seals are as they were sealed.")
        if found.last is not None:
            self.stdout.write(f"Last hash: {found.last.hash} (seal {found.last.number}, {_utc(found.last.sealed_at)})")
        if found.waiting:
            self.stdout.write(f"Not sealed yet: {found.waiting} rows, the oldest of {_utc(found.oldest)}.")
        problems = [*found.problems, *_missing(found, expect.strip().lower())]
        if problems:
            raise CommandError(" ".join(problems))
        if expect:
            number = found.hashes[expect.strip().lower()]
            self.stdout.write(f"The expected hash is that of seal {number}: all up to it is as it was then.")


def _missing(found: Verdict, expect: str) -> list[str]:
    if not expect or expect in found.hashes:
        return []
    return ["The expected hash is in no seal before that: seals were deleted or made anew since it was printed."]


def _utc(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

"""What is killed: each function is one act of a person or of a command, in a process of its own."""

from datetime import datetime

from django.conf import settings

from candidates.credentials.purging import purge_due, rotate_keys
from candidates.intake.importing import confirm
from candidates.models import Import, User


def confirm_list(draft: int, by: int, seen: str) -> int:
    """Press "Add n candidates"; return how many were added."""
    found = Import.objects.select_related("test").get(pk=draft)
    return confirm(found, by=User.objects.get(pk=by), seen=seen).added


def rotate(seal: str, verify: str) -> int:
    """Run rotate_credential_keys with a new key first in both lists; return how many login details changed."""
    settings.CREDENTIAL_KEYS = [seal, *settings.CREDENTIAL_KEYS]
    settings.VERIFIER_KEYS = [verify, *settings.VERIFIER_KEYS]
    return rotate_keys().changed


def purge(now: str) -> int:
    """Run purge_login_details at a time; return how many copies went."""
    return purge_due(now=datetime.fromisoformat(now))

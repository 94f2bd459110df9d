"""Derive the keys under which a candidate's browser seals text that the server does not have yet.

Nothing is stored: whoever may open the page of the test gets the same key again, after a new login too. The page holds
it, and no browser keeps it, so that what lies on a hall's machine is of no use to the next person there.
"""

import base64

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from candidates.models import Candidate

KEY_BYTES = 32  # AES-256
LABEL = b"inspera_deliver draft key v1"


def draft_keys(candidate: Candidate) -> str:
    """Return the keys of one candidate on one test in base64, with spaces between them; the first one seals.

    The others belong to former SECRET_KEYs: a draft outlives a rotation in mid-exam.
    """
    about = [candidate.test.public_id, candidate.public_id]
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return " ".join(base64.b64encode(_derived(secret, about)).decode() for secret in secrets)


def _derived(secret: str, about: list[str]) -> bytes:
    info = b"\x00".join([LABEL, *(part.encode() for part in about)])
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret.encode())

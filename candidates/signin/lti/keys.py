"""The keys that sign what goes to a learning platform: PEM files of the settings and of nothing else."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils.translation import gettext as _
from jwt.algorithms import RSAAlgorithm

PEM = re.compile(rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL)
MIN_BITS = 2048  # RFC 7518, section 3.3
MAX_FILE_BYTES = 64 * 1024


class KeysUnusable(Exception):
    """The file of keys cannot be used; the text is a sentence for administrators."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key and the id under which the platform finds its public half."""

    kid: str
    private: RSAPrivateKey = field(repr=False)
    public: dict[str, Any]


def signing_keys(path: str) -> list[SigningKey]:
    """Return the keys of a file: the first one signs, and all are published, so that one can follow another.

    Raises KeysUnusable.
    """
    try:
        with Path(path).open("rb") as file:
            found = [one.group() for one in PEM.finditer(file.read(MAX_FILE_BYTES))]
    except OSError as error:
        raise KeysUnusable(_("The file of the key cannot be read.")) from error
    if not found:
        raise KeysUnusable(_("The file of the key holds no private key in PEM."))
    return [_key(one) for one in found]


def _key(pem: bytes) -> SigningKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeysUnusable(_("A key of the file cannot be read, or has a password.")) from error
    if not isinstance(private, RSAPrivateKey) or private.key_size < MIN_BITS:
        raise KeysUnusable(_("A key of the file is no RSA key of at least %(bits)d bits.") % {"bits": MIN_BITS})
    numbers = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    shown = {"kty": "RSA", "n": numbers["n"], "e": numbers["e"]}
    # the id follows from the key (RFC 7638), so that each process has the same
    digest = hashlib.sha256(json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return SigningKey(kid, private, {**shown, "kid": kid, "alg": "RS256", "use": "sig"})

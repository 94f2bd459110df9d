"""Keys and tokens of a scripted OpenID provider: signed by hand, since PyJWT refuses to make most of the wrong ones."""

import base64
import hashlib
import hmac
import json
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

KeyName = Literal["rsa", "rsa-next", "rsa-forged", "rsa-weak", "ec", "ec-forged"]


class LeftOut:
    """Stand for a member that is not sent at all, where None would be sent as null."""

    def __repr__(self) -> str:
        return "left out"


LEFT_OUT = LeftOut()


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs a token, and how: `material` signs in the place of a key, as a secret of HS256."""

    key: KeyName = "rsa"
    algorithm: str = "RS256"
    material: bytes | None = None


@cache
def private_key(name: KeyName) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Return the key of that name; made once in a run."""
    if name.startswith("ec"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 1024 if name == "rsa-weak" else 2048)


def public_pem(name: KeyName) -> bytes:
    """Return the public half as a PEM text, which a confused client takes for a secret (RFC 8725, 2.1)."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private_key(name).public_key().public_bytes(serialization.Encoding.PEM, form)


def public_jwk(name: KeyName, **members: Any) -> dict[str, Any]:
    """Return the public half as a JWKS has it, with members changed or added; LEFT_OUT drops one."""
    key = private_key(name)
    made: dict[str, Any] = dict(
        jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        if isinstance(key, rsa.RSAPrivateKey)
        else jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    )
    return overlaid({**made, "kid": name, "use": "sig"}, members)


def overlaid(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return the values with the changes over them, without what the changes leave out."""
    return {name: value for name, value in {**values, **changes}.items() if value is not LEFT_OUT}


def signed(payload: Any, signer: Signer, header: dict[str, Any]) -> str:
    """Return a token in the compact form; header members can be changed and left out."""
    head = overlaid({"alg": signer.algorithm, "typ": "JWT", "kid": signer.key}, header)
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    message = f"{base64url(json.dumps(head).encode())}.{base64url(body)}"
    return f"{message}.{base64url(_signature(message.encode(), signer))}"


def _signature(message: bytes, signer: Signer) -> bytes:
    if signer.algorithm.lower() == "none":
        return b""
    if signer.algorithm.startswith("HS"):
        assert signer.material is not None
        return hmac.digest(signer.material, message, f"sha{signer.algorithm[2:]}")
    made: bytes = jwt.get_algorithm_by_name(signer.algorithm).sign(message, private_key(signer.key))
    return made


def base64url(raw: bytes) -> str:
    """Return bytes as tokens and PKCE spell them: URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """Return what a PKCE verifier is announced by (RFC 7636, S256)."""
    return base64url(hashlib.sha256(verifier.encode()).digest())


def loopback_tls(folder: Path) -> ssl.SSLContext:
    """Return the TLS of a server on 127.0.0.1 whose certificate nobody knows but who reads `folder`/cert.pem."""
    key, now = private_key("rsa"), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "cert.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context

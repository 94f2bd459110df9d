"""The body of a webhook, and the headers by which its receiver knows where it comes from."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

VALIDATION = "validation"
"""The event of the request that a receiver has to answer before anything else is sent."""


def body_of(*, context: str, event: str, at: datetime) -> bytes:
    """Return the payload: what it is about, what happened, and when (UTC)."""
    timestamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"contextObjectId": context, "event": event, "timestamp": timestamp}).encode()


def headers_of(body: bytes, *, secret: str, delivery: str, now: datetime) -> dict[str, str]:
    """Return the headers: our signature over "seconds.body", and the original's over the body alone."""
    seconds, key = str(int(now.timestamp())), secret.encode()
    signed = hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "inspera_deliver",
        "X-Deliver-Delivery": delivery,
        "X-Deliver-Timestamp": seconds,
        "X-Deliver-Signature": f"sha256={signed}",
        "X-Inspera-Signature": hmac.new(key, body, hashlib.sha1).hexdigest(),
    }

"""Standard Webhooks: sign what we send, prove who sent what comes in (TK4).

The signature is HMAC-SHA256 over "id.timestamp.body". It covers neither method nor address, so a
secret serves one connection and one direction only.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from scheduling.video.contract import BadSignature, Misconfigured, Verified

PREFIX = "whsec_"
TOLERANCE = 300  # seconds, before and after
SHORTEST, LONGEST = 24, 64  # bytes of a key

# No full stop in an id: else "id.timestamp.body" could be cut in two ways.
_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_MOST_CHARACTERS = 2048  # of the signature header: some twenty signatures


def new_secret() -> str:
    """A fresh secret as it is shown to an integrator, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def keys(text: str) -> tuple[bytes, ...]:
    """The keys in a connection's "whsec_... whsec_...", the newest first; raises Misconfigured."""
    return tuple(_key(secret) for secret in text.split())


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise Misconfigured("bad_secret") from None
    if not secret.startswith(PREFIX) or not SHORTEST <= len(key) <= LONGEST:
        raise Misconfigured("bad_secret")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = b"%b.%d.%b" % (message_id.encode("ascii"), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def sign(keys: Sequence[bytes], message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a message; one signature per key, so that a receiver may rotate at leisure."""
    if not keys or not _ID.fullmatch(message_id):
        raise Misconfigured("cannot_sign")
    timestamp = int(now.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(k, message_id, timestamp, body) for k in keys),
    }


def verify(
    keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime
) -> Verified:
    """Prove that the holder of one of `keys` sent these bytes within 300 s of `now`.

    `headers` has lower-case names. Whatever is in them, the only error is BadSignature, and it
    never says what was wrong. A key that is too short proves nothing.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
        raise BadSignature
    if len(given) > _MOST_CHARACTERS or abs(now.timestamp() - int(timestamp)) > TOLERANCE:
        raise BadSignature
    offered = [one.encode("utf-8", "replace") for one in given.split(" ")]
    expected = [
        signature(key, message_id, int(timestamp), body).encode()
        for key in keys
        if len(key) >= SHORTEST
    ]
    if not any(hmac.compare_digest(a, b) for a in offered for b in expected):
        raise BadSignature
    return Verified(message_id, datetime.fromtimestamp(int(timestamp), UTC), body)

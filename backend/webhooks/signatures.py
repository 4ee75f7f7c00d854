"""Signs messages by Standard Webhooks, version 1 with a shared secret. Pure functions of their arguments.

The specification: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
What is signed is `id.timestamp.body`, by HMAC-SHA256, with the 24 to 64 bytes that follow `whsec_` in
base64. During a rotation there are two signatures with a space between; one that verifies is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a fresh secret of 256 random bits, as the receiver is to keep it."""
    return PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers_of(
    message_id: str, timestamp: int, body: bytes, signing_secrets: Sequence[str]
) -> dict[str, str]:
    """Return the three headers of a message sent at `timestamp`, seconds since 1970."""
    signatures = [sign(each, message_id, timestamp, body) for each in signing_secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature, `v1,` and base64."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256).digest()
    return f"v1,{b64encode(digest).decode()}"

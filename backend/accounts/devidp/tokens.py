"""The development provider's signature: an RS256 key made at each start, and the tokens it signs."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from backend.accounts.devidp.grants import TOKEN_LIFE, Grant
from backend.kit import clock

ALGORITHM = "RS256"


class Signer:
    """A key and what is signed with it."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id

    @cached_property
    def _key(self) -> RSAKey:
        """The key, made when first asked for: a start need not wait for it."""
        return RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)

    def public_keys(self) -> dict[str, object]:
        """Return the key set that others check signatures with."""
        return dict(KeySet([self._key]).as_dict(private=False))

    def id_token(self, grant: Grant, access_token: str) -> str:
        """Return the signed statement of who signed in."""
        now = int(clock.utc_now().timestamp())
        claims = {
            **grant.person.claims(),
            "iss": self._issuer,
            "aud": self._client_id,
            "iat": now,
            "exp": now + int(TOKEN_LIFE.total_seconds()),
            "auth_time": now,
            "nonce": grant.nonce,
            "at_hash": _half_hash(access_token),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": self._key.kid}, claims, self._key)


def _half_hash(token: str) -> str:
    """OpenID Connect Core §3.1.3.6: the left half of the SHA-256, base64url."""
    half = hashlib.sha256(token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()

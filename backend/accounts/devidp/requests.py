"""What may be asked of the development provider, checked before anything is answered.

An unknown client or redirect address is told to the person and never redirected to (RFC 6749 §4.1.2.1).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

FORWARDED = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method",
)  # fmt: skip


@dataclass(frozen=True)
class Client:
    """The one client: the studio."""

    id: str
    secret: str
    redirect_uri: str
    post_logout_redirect_uri: str

    def is_proved_by(self, client_id: str, secret: str) -> bool:
        """Return whether `client_id` and `secret` are this client's."""
        return client_id == self.id and hmac.compare_digest(secret.encode(), self.secret.encode())


class BadRequest(Exception):
    """Something the person at the browser must be told, in words."""


class AuthorizeRequest(BaseModel):
    """A sign-in that the studio asks for."""

    model_config = ConfigDict(frozen=True)

    redirect_uri: str
    scope: str
    state: str = Field(max_length=512)
    nonce: str = Field(max_length=512)
    code_challenge: str


def read_authorize_request(given: Mapping[str, str], client: Client) -> AuthorizeRequest:
    """Return the checked request.

    Raises:
        BadRequest: It is not a code flow with PKCE S256 from the studio to the studio.
    """
    if given.get("client_id") != client.id:
        raise BadRequest("An application this provider does not know asked you to sign in.")
    if given.get("redirect_uri") != client.redirect_uri:
        raise BadRequest("The application asked to return to an address that is not registered.")
    if given.get("response_type") != "code":
        raise BadRequest("Only the authorization code flow is offered here.")
    if given.get("code_challenge_method") != "S256" or not given.get("code_challenge"):
        raise BadRequest("PKCE with S256 is required here.")
    if "openid" not in given.get("scope", "").split():
        raise BadRequest("The scope must include openid.")
    read = {name: given.get(name, "") for name in AuthorizeRequest.model_fields}
    if any(len(value) > 512 for value in read.values()):  # noqa: PLR2004
        raise BadRequest("The request is longer than any that the studio makes.")
    return AuthorizeRequest(**read)


def client_credentials(authorization: str, form: Mapping[str, str]) -> tuple[str, str]:
    """Return client id and secret, from the Basic header (RFC 6749 §2.3.1) or from the form."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, secret = decoded.partition(":")
    return unquote(client_id), unquote(secret)

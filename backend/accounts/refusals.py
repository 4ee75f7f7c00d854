"""What a browser is shown when somebody cannot come in: our words alone; the log keeps what was said to us."""

from __future__ import annotations

import logging
import re
from typing import Final

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuthError
from fastapi import Request
from joserfc.errors import JoseError
from starlette.responses import RedirectResponse, Response

from backend.accounts import pages
from backend.accounts.dependencies import resolve_actor
from backend.accounts.providers import Provider, UntrustedAnswerError
from backend.kit.context import Context
from backend.kit.database import run_writing
from backend.kit.errors import Forbidden
from backend.kit.refusals import say_why

_log = logging.getLogger(__name__)
_LONGEST: Final = 300
_A_WORD: Final = re.compile(
    r"[a-z_]{1,40}"
)  # anybody may write anything into the address that comes back
# What a provider that does not keep to the rules makes Authlib raise, beside the errors it names.
UNTRUSTED: Final = (
    UntrustedAnswerError,
    AuthlibBaseError,
    JoseError,
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)


async def refused(
    error: OAuthError, request: Request, context: Context, provider: Provider
) -> Response:
    """Answer a refusal; a stale tab of somebody who is signed in by now simply goes home."""
    stale = error.error == "mismatching_state"
    if stale and await run_writing(resolve_actor, context, request.headers):
        return RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
    reason = str(error.error) if _A_WORD.fullmatch(str(error.error)) else "another error"
    say_why(request.scope, "sign_in_refused", reason=reason, provider=provider.name)
    if stale:
        return pages.failure(
            "This sign-in has expired",
            "It was left open for too long, used before, or started in another browser.",
            status=400,
        )
    if error.error == "access_denied":
        return pages.failure(
            "Sign-in was cancelled", "The provider says that access was not given.", status=403
        )
    return pages.failure(
        "Sign-in did not work", "The provider refused to sign you in. Please try again.", status=400
    )


def untrusted(error: Exception, request: Request, provider: Provider) -> Response:
    """Say that an answer contradicted what was asked for."""
    say_why(
        request.scope, "sign_in_untrusted", reason=repr(error)[:_LONGEST], provider=provider.name
    )
    return pages.failure(
        "Sign-in did not work",
        "The provider’s answer could not be trusted, so nobody was signed in. Please try again.",
        status=400,
    )


def unreachable(error: Exception, provider: Provider, next_path: str) -> Response:
    """Say that the provider is away."""
    _log.error("the identity provider %s cannot be used: %r", provider.name, error)
    return pages.failure(
        "The sign-in service is away",
        "The studio could not reach its identity provider. Please try again in a moment.",
        status=503,
        next_path=next_path,
    )


def closed(error: Forbidden, request: Request, provider: Provider) -> Response:
    """Say why somebody whom the provider knows may not come in."""
    say_why(request.scope, "sign_in_not_let_in", reason=error.message, provider=provider.name)
    message = f"{error.message[:1].upper()}{error.message[1:]}."
    return pages.failure("You cannot come in", message, status=403)


def waits(request: Request, provider: Provider, next_path: str) -> Response:
    """Say that an administrator has to approve first."""
    say_why(request.scope, "sign_in_waits", provider=provider.name)
    return pages.waiting(next_path)


def invite_ended(request: Request) -> Response:
    """Say that an invite lets nobody in any more, or never did."""
    say_why(request.scope, "invite_ended")
    return pages.failure(
        "This invite has ended",
        "It was used, withdrawn or has expired. Ask whoever sent it to you for another one; "
        "if you have an account already, sign in as always.",
        status=410,
        again="Sign in",
    )


def unknown_provider() -> Response:
    """Say that nobody of that name is asked who people are."""
    return pages.failure("No such sign-in", "There is no provider of that name.", status=404)

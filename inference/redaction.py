"""Takes secrets out of text that is about to be logged, and shows control characters instead of obeying them.

Knows shapes and not values: keys, cookies, tokens, codes, passwords in addresses, prompts. It is the last line; the first
is not to log such things at all. It stands in the lowest package, so that every process of the studio can use it.
"""

from __future__ import annotations

import re
from typing import Final

GONE: Final = "[redacted]"

# Never the name of anything else, so they count wherever they stand before = or :.
_SECRETS: Final = (
    "id_token_hint|id_token|access_token|refresh_token|client_secret|code_verifier|code_challenge|"
    "client_assertion|api_?key|secret_?key|signing_secret|webhook_secret|password|passwd|"
    "authorization|proxy-authorization|set-cookie|cookie|atelier-webhook-secret|"
    "negative_prompt|prompt|__Host-atelier|__Secure-atelier_login|atelier_session|atelier_login|atelier_guest"
)
# Words of every day, so they count as the name of a parameter or of a member only.
_PARAMETERS: Final = f"{_SECRETS}|code|state|nonce|token|invite|secret|key|search|q|session_hash"
# A member of an object, or a pair in a list of headers: "code": "…", b'cookie', b'…'. The value ends with the quote
# that it began with, unless that is escaped; however often the whole was quoted before.
_MEMBER: Final = (
    rf"""(?P<n>(?P<q>\\*["'])(?:{_PARAMETERS})(?P=q))(?P<m>\s*[:,]\s*b?)"""
    r"""(?:(?P<o>\\*["'])(?:(?!(?<!\\)(?P=o))(?s:.))*(?P=o)?|[^\s,)\]}"'\\]+)"""
)

_RULES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), put)
    for pattern, put in (
        (r"\batl_([0-9a-z]{26}_)?[\w-]{4,}", rf"atl_\g<1>{GONE}"),
        (r"\bwhsec_[A-Za-z0-9+/=_-]+", f"whsec_{GONE}"),
        (r"\beyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*){0,3}", GONE),  # a JSON Web Token
        (r"\bgAAAA[\w=-]{40,}", GONE),  # what the studio has sealed
        (r"/s/[\w-]{20,}", f"/s/{GONE}"),  # the address of a share link
        (r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}", rf"\1 {GONE}"),
        (r"(DETAIL:\s*)[^\r\n]+", rf"\1{GONE}"),  # PostgreSQL prints the whole row that it refuses
        (r"(input_value=).*?(, input_type=|\]|$)", rf"\1{GONE}\2"),  # and pydantic what it was given
        (r"(://[^\s/@:]*):[^\s/@]+@", rf"\1:{GONE}@"),
        (_MEMBER, rf'\g<n>\g<m>"{GONE}"'),
        (rf"(?P<b>[?&;]\s*)(?P<n>{_PARAMETERS})=[^&;\s\"'<>)]*", rf"\g<b>\g<n>={GONE}"),
        # Of a header, all that follows on its line.
        (rf"\b(authorization|set-cookie|cookie)(\s*[:=]\s*)(?!{re.escape(GONE)})[^\r\n]+", rf"\1\2{GONE}"),
        (rf"(?P<n>{_SECRETS})=(?:\"[^\"]*\"?|'[^']*'?|[^\s,;&)\"']+)", rf"\g<n>={GONE}"),
    )
)  # fmt: skip
# C0, DEL and C1, and what starts a new line or turns the direction of writing round.
_CONTROLS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)


def redacted(text: str) -> str:
    """Return `text` with `[redacted]` where something secret stood."""
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return text


def shown(text: str) -> str:
    """Return `text` on one line, its control characters written out."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def shown_in_json(document: str) -> str:
    """Return a JSON document with the control characters that JSON allows in strings written out."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", document)

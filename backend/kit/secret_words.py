"""Tells a secret that somebody made from one that somebody copied: samples, repetitions, short ones.

Knows no settings; `settings` asks it before anything else is opened. Nothing it says repeats the secret.
"""

from __future__ import annotations

import re
from typing import Final

SHORTEST: Final = 32
_FEWEST_DIFFERENT: Final = 8  # of 32 random hexadecimal digits, fewer are never seen
_LEAST_BESIDE_SAMPLES: Final = 16
# Written in manuals and in other people's examples; the longest first, so that all of a word goes.
_SAMPLES: Final = (
    "replacethis", "changethis", "yoursecret", "supersecret", "notsosecret", "keyboardcat", "mysecret", "secretkey",
    "changeme", "password", "passwort", "insecure", "sessionkey", "apikey", "client", "default", "example", "development",
    "production", "atelier", "replace", "secret", "change", "sample", "testing", "please", "qwerty", "letmein",
    "0123456789", "1234567890", "123456789", "12345678", "abcdefghijklmnopqrstuvwxyz", "abcdef", "deadbeef", "foobar", "todo",
    "admin", "dummy", "string", "value", "this", "your", "test", "key",
)  # fmt: skip
# Random ones, and printed in our own documents: everybody has read them.
PRINTED: Final = frozenset({"Vb3o0mJqkq1TzXn4yRr8sWc6uGf2hPd9eLaK5iNwBxE7tYvQ"})


def split(text: str) -> tuple[str, ...]:
    """Return the secrets in `text`, which has white space or commas between them."""
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def weakness(secret: str) -> str | None:
    """Return what is wrong with `secret` for signing and sealing, or None."""
    if is_sample(secret):
        return "is a sample that everybody can read"
    if len(secret) < SHORTEST:
        return f"has {len(secret)} characters and needs at least {SHORTEST}"
    if len(set(secret)) < _FEWEST_DIFFERENT:
        return f"has {len(set(secret))} different characters and needs at least {_FEWEST_DIFFERENT}"
    if _repeats(secret):
        return "repeats a few characters again and again"
    if len(_beside_samples(secret)) < _LEAST_BESIDE_SAMPLES:
        return "is made of words from samples"
    return None


def is_sample(secret: str) -> bool:
    """Return whether `secret` is nothing but what manuals print, however it is spaced."""
    return secret in PRINTED or (bool(secret.strip()) and not _beside_samples(secret))


def _beside_samples(secret: str) -> str:
    left = re.sub(r"[^a-z0-9]", "", secret.lower())
    for word in _SAMPLES:
        left = left.replace(word, "")
    return left


def _repeats(secret: str) -> bool:
    """Return whether a part of at most half its length, said again and again, makes the whole."""
    return any(
        (secret[:size] * (len(secret) // size + 1))[: len(secret)] == secret
        for size in range(1, len(secret) // 2 + 1)
    )

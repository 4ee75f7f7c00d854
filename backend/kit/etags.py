"""Entity tags: whether a browser holds the bytes that it asks for."""

from __future__ import annotations


def names_tag(if_none_match: str | None, tag: str) -> bool:
    """Return whether the tags a browser holds name `tag` (RFC 9110 §13.1.2, weak comparison)."""
    held = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return bool(held & {tag.removeprefix("W/"), "*"})

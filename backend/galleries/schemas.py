"""The words of galleries: whom one is open to, and what a member may do in it."""

from __future__ import annotations

from enum import StrEnum


class Visibility(StrEnum):
    """Who may open a gallery beside its owner and its members."""

    PRIVATE = "private"
    TEAM = "team"  # the team its owner was in when they said so
    EVERYONE = "everyone"


class MemberRole(StrEnum):
    """What a member may do in a gallery; each may do what those before it may."""

    VIEWER = "viewer"
    COMMENTER = "commenter"
    EDITOR = "editor"

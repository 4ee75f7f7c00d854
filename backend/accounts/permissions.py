"""The permissions there are and the roles a new studio starts with. Roles are rows; these are words.

A role is a name, a rank and a set of permissions, all kept in the database, so that giving a role
one permission more is a row and not an `if`. Code asks for a permission and never for a role.
"""

from __future__ import annotations

from dataclasses import dataclass

GENERATE = "generate"
BROWSE = "browse"
REVIEW = "review"
ADMINISTER = "administer"

ALL = frozenset({GENERATE, BROWSE, REVIEW, ADMINISTER})

DESIGNER = "designer"
MARKETING = "marketing"
ADMIN = "admin"


@dataclass(frozen=True)
class RoleSeed:
    """A role as it is when the studio is new. Of two roles the one of higher rank is kept."""

    name: str
    rank: int
    permissions: frozenset[str]


ROLE_SEEDS = (
    RoleSeed(MARKETING, rank=10, permissions=frozenset({BROWSE})),
    RoleSeed(DESIGNER, rank=20, permissions=frozenset({GENERATE, BROWSE})),
    RoleSeed(ADMIN, rank=30, permissions=ALL),
)

"""Who is asking: the plain value that every feature is given. Knows no HTTP and no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.kit.errors import Forbidden

Via = Literal["session", "api_key"]


@dataclass(frozen=True)
class Actor:
    """A person who was recognised, and what they may do at this moment."""

    id: str
    email: str
    name: str
    role: str
    permissions: frozenset[str]
    via: Via

    def may(self, permission: str) -> bool:
        """Return whether this person has `permission`."""
        return permission in self.permissions

    def must(self, permission: str) -> None:
        """Return if this person has `permission`.

        Raises:
            Forbidden: They have not.
        """
        if not self.may(permission):
            raise Forbidden(
                f"the role {self.role!r} does not include {permission!r}; "
                "an administrator can give you one that does"
            )

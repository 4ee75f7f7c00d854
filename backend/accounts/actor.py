"""Who is asking: the plain value that every feature is given. Knows no HTTP and no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.accounts.permissions import GENERATE
from backend.kit.errors import Forbidden

Via = Literal["session", "api_key"]


@dataclass(frozen=True)
class Actor:
    """A person who was recognised, and what they may do at this moment.

    `scopes` are those of the key they are here by, already taken into account; None without limits.
    """

    id: str
    email: str
    name: str
    role: str
    team_id: str | None
    permissions: frozenset[str]
    via: Via
    scopes: frozenset[str] | None = None
    models: frozenset[str] = frozenset()
    """The only models they may draw with; none named: every model."""

    def may(self, permission: str) -> bool:
        """Return whether this person has `permission`."""
        return permission in self.permissions

    def may_draw_with(self, model: str) -> bool:
        """Return whether this person may draw with `model`."""
        return not self.models or model in self.models

    def must(self, permission: str) -> None:
        """Return if this person has `permission`.

        Raises:
            Forbidden: They have not.
        """
        if self.may(permission):
            return
        if self.scopes is not None and permission not in self.scopes:
            raise Forbidden(f"the scopes of this API key do not include {permission!r}")
        raise Forbidden(
            f"the role {self.role!r} does not include {permission!r}; "
            "an administrator can give you one that does"
        )

    def must_change(self) -> None:
        """Return if this request may change what is one's own, where nothing more is asked for.

        Raises:
            Forbidden: It came with a key whose scopes let it look only.
        """
        if self.scopes is not None and not self.may(GENERATE):
            raise Forbidden(
                f"this API key may look and not change: that takes {GENERATE!r} among its scopes"
            )

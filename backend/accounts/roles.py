"""Which of the roles there are is meant. Roles are rows, so that what there is may differ from the seeds."""

from __future__ import annotations

import logging

from sqlmodel import Session

from backend.accounts import permissions, repository
from backend.kit.errors import FieldProblem, Unprocessable

_log = logging.getLogger(__name__)


def highest(session: Session, roles: tuple[str, ...]) -> str:
    """Return the role of the highest rank; the humblest one if none of them exists."""
    ranks = repository.role_ranks(session)
    known = [role for role in roles if role in ranks]
    if not known:
        _log.error(
            "none of the roles %s exists; check ATELIER_DEFAULT_ROLE and the providers' role_map",
            roles,
        )
        return permissions.MARKETING
    return max(known, key=lambda role: ranks[role])


def checked_role(session: Session, role: str) -> str:
    """Return `role` if there is one of that name.

    Raises:
        Unprocessable: There is none.
    """
    known = sorted(repository.role_ranks(session))
    if role not in known:
        listed = ", ".join(known)
        problem = FieldProblem(field="role", message="is no role", limit=listed, nearest=known[0])
        raise Unprocessable(f"role: {role!r} is no role; choose one of {listed}", fields=[problem])
    return role

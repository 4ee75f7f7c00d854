"""The verbs that write policy versions and move them on, each in its caller's transaction and one after another.

Two people stand behind what decides: who proposes a version vouches for it, and another activates it. Only going back
is one person's, since what comes back was agreed upon before and an emergency does not wait.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.errors import Conflict, Forbidden
from backend.policies import repository
from backend.policies.checking import check
from backend.policies.digests import digest_of
from backend.policies.models import Policy, PolicyMove
from backend.policies.states import ACTS, ALONE_WAITS, Act, PolicyState
from backend.policies.wire import PolicyActivate, PolicyCreate, PolicyWrite


class Versions:
    """All versions, held until the transaction of `session` ends."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self._session, self._actor = session, actor
        repository.locked(session)

    def create(self, wanted: PolicyCreate) -> Policy:
        """Begin a draft: a copy of a version, the active one where none is named.

        Raises:
            NotFound: There is no such version.
        """
        number, _ = repository.active_name(self._session)
        origin = repository.get(self._session, wanted.based_on or number)
        row = Policy(
            number=repository.next_number(self._session),
            document=origin.document,
            digest=origin.digest,
            note=wanted.note,
            based_on=origin.number,
            created_by=self._actor.id,
        )
        self._session.add(row)
        self._session.flush()
        self._write_down(row, None, "policy.create", based_on=str(origin.number))
        return row

    def edit(self, number: int, wanted: PolicyWrite) -> Policy:
        """Write a draft anew.

        Raises:
            Conflict: It is no draft, or somebody else wrote it meanwhile.
            Unprocessable: The document contradicts itself.
        """
        row = self._for(number, Act.EDIT)
        self._refuse_other(row, wanted.digest)
        check(wanted.document)
        row.document, row.note = wanted.document, wanted.note
        row.digest, row.changed_at = digest_of(wanted.document), clock.utc_now()
        self._session.add(row)
        self._audit("policy.edit", row, digest=row.digest)
        return row

    def discard(self, number: int) -> None:
        """Throw a draft away; its number is not given again.

        Raises:
            Conflict: It is no draft.
        """
        row = self._for(number, Act.DISCARD)
        self._move(row, None)
        self._audit("policy.discard", row)
        self._session.delete(row)

    def propose(self, number: int) -> Policy:
        """Close a draft and vouch for it.

        Raises:
            Conflict: It is no draft, or is the active policy word for word.
            Unprocessable: The document contradicts itself, as one that was copied from an older release may.
        """
        row = self._for(number, Act.PROPOSE)
        check(row.document)
        if row.digest == repository.active_name(self._session)[1]:
            raise Conflict("It is the active policy word for word; change something first.")
        row.proposed_at, row.proposed_by = clock.utc_now(), self._actor.id
        self._give(row, PolicyState.PROPOSED, "policy.propose")
        return row

    def withdraw(self, number: int) -> Policy:
        """Make a draft of a proposal again.

        Raises:
            Conflict: It is no proposal.
        """
        row = self._for(number, Act.WITHDRAW)
        row.proposed_at = row.proposed_by = None
        self._give(row, PolicyState.DRAFT, "policy.withdraw")
        return row

    def activate(self, number: int, wanted: PolicyActivate) -> Policy:
        """Have a proposal decide about every image from now on.

        Raises:
            Conflict: It is no proposal, or not the one that was looked at.
            Forbidden: The actor proposed it.
        """
        row = self._for(number, Act.ACTIVATE)
        self._refuse_other(row, wanted.digest)
        if hindrance := hindrance_of(self._session, self._actor, row):
            raise Forbidden(hindrance)
        alone = row.proposed_by == self._actor.id
        self._make_active(row, "policy.activate", wanted.reason, alone=alone)
        return row

    def roll_back(self, number: int, reason: str) -> Policy:
        """Have a version decide again that decided before. A second one goes further back and does not swing.

        Raises:
            Conflict: It never did, or does now.
        """
        row = self._for(number, Act.ROLLBACK)
        self._make_active(row, "policy.rollback", reason, rolled_back=True)
        return row

    def _make_active(
        self, row: Policy, verb: str, reason: str, *, rolled_back: bool = False, alone: bool = False
    ) -> None:
        now = repository.get(self._session, repository.active_name(self._session)[0])
        self._move(now, PolicyState.RETIRED, reason=reason, rolled_back=rolled_back)
        self._session.flush()  # one at most is active, at every moment
        row.activated_at, row.activated_by = clock.utc_now(), self._actor.id
        earlier = repository.before(self._session, row.number) if rolled_back else now.number
        self._move(
            row,
            PolicyState.ACTIVE,
            reason=reason,
            replaced=earlier,
            rolled_back=rolled_back,
            alone=alone,
        )
        self._session.flush()
        told = {"reason": reason, "digest": row.digest, "replaced": str(now.number)}
        self._audit(verb, row, **told, alone="yes" if alone else "")

    def _give(self, row: Policy, state: PolicyState, verb: str) -> None:
        self._move(row, state)
        self._audit(verb, row, digest=row.digest)

    def _move(  # noqa: PLR0913
        self,
        row: Policy,
        state: PolicyState | None,
        *,
        reason: str = "",
        replaced: int | None = None,
        rolled_back: bool = False,
        alone: bool = False,
    ) -> None:
        move = PolicyMove(
            number=row.number,
            before=row.state,
            after=state,
            reason=reason,
            digest=row.digest,
            replaced=replaced,
            rolled_back=rolled_back,
            alone=alone,
            by=self._actor.id,
        )
        if state is not None:
            row.state, row.changed_at = state, clock.utc_now()
        self._session.add_all([row, move])

    def _write_down(self, row: Policy, before: PolicyState | None, verb: str, **told: str) -> None:
        self._session.add(
            PolicyMove(
                number=row.number,
                before=before,
                after=row.state,
                digest=row.digest,
                by=self._actor.id,
            )
        )
        self._audit(verb, row, **told)

    def _audit(self, verb: str, row: Policy, **told: str) -> None:
        audit.record(
            self._session,
            actor_id=self._actor.id,
            verb=verb,
            subject=f"policy:{row.number}",
            detail={name: value for name, value in told.items() if value},
        )

    def _for(self, number: int, act: Act) -> Policy:
        row = repository.get(self._session, number)
        if act not in ACTS[row.state]:
            raise Conflict(f"Version {number} is {row.state}; {_SAYS[act]}")
        return row

    def _refuse_other(self, row: Policy, digest: str) -> None:
        if row.digest != digest:
            raise Conflict(
                f"Version {row.number} is not what you looked at: somebody changed it meanwhile. Reload it."
            )


_SAYS = {
    Act.EDIT: "only a draft can be changed. Begin a draft from it.",
    Act.DISCARD: "only a draft can be thrown away.",
    Act.PROPOSE: "only a draft can be proposed.",
    Act.WITHDRAW: "only a proposal can be withdrawn.",
    Act.ACTIVATE: "only a proposal can be activated.",
    Act.ROLLBACK: "only a version that was active before can be put back.",
}


def hindrance_of(session: Session, actor: Actor, row: Policy) -> str:
    """Return why `actor` may not activate that proposal, for people; empty: they may."""
    if row.proposed_by != actor.id:
        return ""
    if repository.count_administrators(session) > 1:
        return "You proposed this version yourself; another administrator has to activate it."
    from_then = (row.proposed_at or clock.utc_now()) + ALONE_WAITS
    if clock.utc_now() < from_then:
        hours = int(ALONE_WAITS.total_seconds() // 3600)
        return (
            f"You proposed this version and are the only administrator: it can be activated {hours} hours after it was "
            "proposed. Invite a second administrator to do it at once."
        )
    return ""

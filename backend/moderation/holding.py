"""Holds an image that was released: what another policy sees in its stored scores. Works in the caller's transaction."""

from __future__ import annotations

from sqlmodel import Session, col, select

from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.among import among
from backend.kit.notifier import Notifier
from backend.moderation import repository
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import FlagOrigin, FlagState
from backend.moderation.telling import tell_owner
from backend.policies.service import ActivePolicy
from backend.policies.verdict import verdict_on


class Holding:
    """One look at images that were released, under the policy that is active now."""

    def __init__(
        self, session: Session, notifier: Notifier, policy: ActivePolicy, *, actor_id: str
    ) -> None:
        self._session, self._notifier = session, notifier
        self._policy, self._actor_id = policy, actor_id

    def hold(self, image_ids: list[str], *, reason: str) -> int:
        """Hold those of these images that the policy holds and nobody decided about; return how many that were.

        Each gets a flag for reviewers, as if it were drawn now.
        """
        released = (
            select(Image, SafetyCheck)
            .join(SafetyCheck, col(SafetyCheck.image_id) == col(Image.id))
            .where(among(col(Image.id), image_ids), Image.moderation == Moderation.RELEASED)
            .with_for_update(of=Image)
        )
        rows = list(self._session.exec(released))
        flags = self._flags_of([image.id for image, _ in rows])
        return sum(
            self._hold(image, check, flags.get(image.id), reason=reason) for image, check in rows
        )

    def _hold(self, image: Image, check: SafetyCheck, flag: Flag | None, *, reason: str) -> bool:
        verdict = verdict_on(check.scores, self._policy.document)
        if verdict.reason is None or (flag is not None and flag.state is not FlagState.OPEN):
            return False
        flag = flag or Flag(image_id=image.id, reason=verdict.reason)
        flag.origin, flag.reason = FlagOrigin.CHECK, verdict.reason
        flag.category, flag.severity = verdict.category, verdict.severity
        image.moderation, image.reason = Moderation.HELD, verdict.reason
        check.policy_version = self._policy.version
        self._session.add_all([image, check, flag])
        audit.record(
            self._session,
            actor_id=self._actor_id,
            verb="image.hold",
            subject=f"image:{image.id}",
            detail={
                "reason": verdict.reason,
                "policy": self._policy.version,
                "because": reason,
            },
        )
        self._session.flush()
        if case := repository.of_image(self._session, image.id):
            tell_owner(self._session, self._notifier, case)
        return True

    def _flags_of(self, image_ids: list[str]) -> dict[str, Flag]:
        found = self._session.exec(select(Flag).where(among(col(Flag.image_id), image_ids)))
        return {flag.image_id: flag for flag in found}

"""Takes released images back: held for a reviewer, from the moment that this transaction ends.

Whoever asks for bytes asks first whether they are released, so nothing else has to be told for an image to be gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.notifier import Notifier
from backend.moderation import repository, telling
from backend.moderation.models import Flag
from backend.moderation.schemas import FlagOrigin, FlagState
from backend.policies.schemas import Severity


def take_down(  # noqa: PLR0913, PLR0917 - what, by whom, and every word of why
    session: Session,
    notifier: Notifier,
    actor_id: str | None,
    images: Sequence[Image],
    category: str,
    severity: Severity,
    reason: str,
) -> None:
    """Hold `images`, which are released and locked, and have reviewers asked whether they may be shown again."""
    for image in images:
        image.moderation, image.reason = Moderation.HELD, f"Taken down: {reason}"
        flag = repository.flag_of(session, image.id) or Flag(image_id=image.id, reason="")
        # One that was decided before is asked about anew; what was decided is in the audit.
        flag.origin, flag.state, flag.reason = FlagOrigin.TAKEDOWN, FlagState.OPEN, image.reason
        flag.category, flag.severity, flag.created_at = category, severity, utc_now()
        flag.decided_at = flag.decided_by = flag.note = None
        flag.claimed_by = flag.claimed_until = None
        flag.escalated_at = flag.escalated_by = flag.escalation = None
        session.add_all([image, flag])
        audit.record(
            session,
            actor_id=actor_id,
            verb="image.takedown",
            subject=f"image:{image.id}",
            detail={"reason": reason, "category": category},
        )
        session.flush()
        if case := repository.of_image(session, image.id):
            telling.tell_owner(session, notifier, case)

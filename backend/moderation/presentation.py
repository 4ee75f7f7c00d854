"""Cases as reviewers read them, with one look at the database for a whole page of what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import ADMINISTER
from backend.approvals import repository as approvals
from backend.approvals.models import Approval
from backend.kit import clock
from backend.moderation import repository
from backend.moderation.deciding import PURGE, subject_of
from backend.moderation.repository import Case
from backend.moderation.schemas import (
    AppealPublic,
    Awaited,
    ConceptScore,
    Deed,
    Escalation,
    FlagPublic,
    FlagState,
    Owner,
)
from backend.moderation.standing import UNDO_WITHIN, claim_of, is_sealed
from backend.policies import service as policies
from backend.policies.schemas import PolicyDocument
from backend.policies.service import ActivePolicy
from backend.policies.verdict import UNCHECKED, UNKNOWN, measured_by
from inference.protocol import SafetyScores

_TITLES = {
    UNCHECKED: "The safety check could not run",
    UNKNOWN: "Something that the policy does not name",
}


def present(session: Session, actor: Actor, cases: Sequence[Case]) -> list[FlagPublic]:
    """Return the wire shapes of `cases` for a reviewer."""
    judging = Judging(session)
    waiting = approvals.on_subjects(
        session, [subject_of(case) for case in cases], now=clock.utc_now()
    )
    people = {row.asked_by for row in waiting.values()}
    names = repository.names(session, people | {one.flag.escalated_by or "" for one in cases})
    return [_public(case, actor, judging, waiting.get(subject_of(case)), names) for case in cases]


def one(session: Session, actor: Actor, case: Case) -> FlagPublic:
    """Return the wire shape of one case."""
    return present(session, actor, [case])[0]


class Judging:
    """The policies that judged some cases, each looked up once: bars show what was decided, not what would be today."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, ActivePolicy] = {}
        self.active = policies.active(session)

    def of(self, case: Case) -> ActivePolicy:
        """Return the policy that judged a case; the active one where that is not known any more."""
        version = case.check.policy_version
        if version not in self._known:
            self._known[version] = policies.at(self._session, version) or self.active
        return self._known[version]

    def title(self, case: Case) -> str | None:
        """Return what people read for the category of a case, by the policy that held it, else by the one of now."""
        category, judged = case.flag.category, self.of(case).document
        known = category is not None and judged.category(category) is not None
        return title_of(category, judged if known else self.active.document)


def title_of(category: str | None, policy: PolicyDocument) -> str | None:
    """Return what people read for a category of the policy."""
    rule = policy.category(category) if category else None
    return rule.title if rule else _TITLES.get(category or "", category)


def _public(
    case: Case, actor: Actor, judging: Judging, asked: Approval | None, names: dict[str, str]
) -> FlagPublic:
    awaited, handed = _awaited(asked, actor, names), _escalation(case, actor, names)
    flag, image, scores = case.flag, case.image, case.check.scores
    mine = image.owner_id == actor.id
    return FlagPublic(
        id=flag.id,
        image_id=image.id,
        generation_id=image.generation_id,
        owner=Owner(id=case.owner.id, name=case.owner.name, email=case.owner.email),
        prompt=image.parameters.prompt,
        reason=flag.reason,
        origin=flag.origin,
        category=flag.category,
        title=judging.title(case),
        severity=flag.severity,
        policy_version=case.check.policy_version,
        margin=_margin(scores, judging.of(case).document),
        moderation=image.moderation,
        mine=mine,
        sealed=is_sealed(case),
        purged=image.purged_at is not None,
        claim=claim_of(case, actor),
        appeal=AppealPublic(**case.appeal.model_dump()) if case.appeal else None,
        awaited=awaited,
        escalation=handed,
        refused=handed is not None and not actor.may(ADMINISTER),
        concepts=_concepts(scores),
        checker=scores.checker if scores else None,
        state=flag.state,
        created_at=flag.created_at,
        decided_at=flag.decided_at,
        # Who decides is not told the author, a reviewer or not.
        decided_by=case.reviewer.name if case.reviewer and not mine else None,
        note=flag.note,
        undo_until=_undo_until(case, actor, awaited),
    )


def _undo_until(case: Case, actor: Actor, awaited: Awaited | None) -> datetime | None:
    if awaited and awaited.mine:
        return awaited.expires_at
    flag = case.flag
    mine = flag.decided_by == actor.id and flag.state is not FlagState.OPEN
    if not mine or flag.decided_at is None or case.image.purged_at:
        return None
    until = flag.decided_at + UNDO_WITHIN
    return until if until > clock.utc_now() else None


def _escalation(case: Case, actor: Actor, names: dict[str, str]) -> Escalation | None:
    flag, mine = case.flag, case.image.owner_id == actor.id
    if flag.escalated_at is None:
        return None
    name = "" if mine else names.get(flag.escalated_by or "", "")
    note = "" if mine else flag.escalation or ""
    return Escalation(name=name, note=note, at=flag.escalated_at)


def _awaited(row: Approval | None, actor: Actor, names: dict[str, str]) -> Awaited | None:
    if row is None:
        return None
    return Awaited(
        deed=Deed.PURGE if row.what == PURGE else Deed.RELEASE,
        name=names.get(row.asked_by, ""),
        mine=row.asked_by == actor.id,
        note=row.note,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
    )


def _margin(scores: SafetyScores | None, policy: PolicyDocument) -> float | None:
    margins = [seen.margin for seen in measured_by(scores, policy) if seen.margin is not None]
    return max(margins, default=None)


def _concepts(scores: SafetyScores | None) -> list[ConceptScore]:
    """Return every score of every checker, unmeasured ones first, then the highest."""
    each = scores.every if scores else ()
    every = [item for one in each for item in {**one.special_care, **one.concepts}.items()]
    ranked = sorted(every, key=lambda item: (item[1] is not None, -(item[1] or 0)))
    return [ConceptScore(name=name, score=score) for name, score in ranked]

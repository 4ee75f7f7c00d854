"""Weighs the evidence: a verdict, and which sentences say it."""

from __future__ import annotations

from typing import Final

from backend.provenance.reader import MOST_PROBLEMS
from backend.provenance.reading import Credentials, State
from backend.verify.examining import Evidence
from backend.verify.iptc import is_ai, part_of
from backend.verify.schemas import Verdict

_ABOUT_THE_SIGNER: Final = ("signingCredential.", "claimSignature.")
_ENDED: Final = frozenset({"signingCredential.expired", "claimSignature.outsideValidity"})


def verdict_of(evidence: Evidence) -> Verdict:
    """Return what the evidence comes to; what is ours outweighs what others wrote into the file since."""
    signature = evidence.signature
    if signature.state is State.TRUSTED or has_ended(signature):
        return Verdict.MADE_HERE
    if evidence.found or was_ours(signature):
        return Verdict.MADE_HERE_CHANGED
    if is_ai(signature.source_type) or evidence.says_ai:
        return Verdict.MADE_ELSEWHERE_BY_AI
    return Verdict.UNKNOWN


def was_ours(signature: Credentials) -> bool:
    """Return whether a signature that is ours and holds stands in the file, and what it is about was changed."""
    return signature.state is State.CHANGED and _speaks_for_us(signature)


def has_ended(signature: Credentials) -> bool:
    """Return whether our own signature fits the file, and the certificate it was made with has ended since."""
    ended = not _ENDED.isdisjoint(signature.problems)
    return signature.state is State.UNKNOWN_SIGNER and ended and _speaks_for_us(signature)


def _speaks_for_us(signature: Credentials) -> bool:
    """Return whether C2PA found nothing against who signed but the age of the certificate; of a full list, who knows."""
    problems = signature.problems
    against = (one for one in problems if one.startswith(_ABOUT_THE_SIGNER) and one not in _ENDED)
    return len(problems) < MOST_PROBLEMS and not any(against)


def reasons_of(evidence: Evidence) -> list[str]:
    """Return the names of the sentences (`words/`) that say the verdict, and why."""
    signature = evidence.signature
    match verdict_of(evidence):
        case Verdict.MADE_HERE:
            return ["here", f"here.{part_of(signature.source_type)}"]
        case Verdict.MADE_HERE_CHANGED:
            return ["changed.hidden" if evidence.found else "changed.signed"]
        case Verdict.MADE_ELSEWHERE_BY_AI:
            signed = is_ai(signature.source_type)
            return ["elsewhere.signed" if signed else "elsewhere.says", "elsewhere"]
        case Verdict.UNKNOWN:
            return ["unknown", *([] if evidence.fits else ["unknown.small"]), "unknown.proof"]

"""The verb: says what the evidence comes to, and to whoever may open the image which one it is."""

from __future__ import annotations

import unicodedata
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.kit.settings import Settings
from backend.provenance.reading import Credentials, State
from backend.verify import repository
from backend.verify.examining import Evidence
from backend.verify.schemas import ImageSeen, MarkSeen, SignatureSeen, Verification
from backend.verify.verdicts import reasons_of, verdict_of
from backend.verify.words import words_in

LONGEST_NAME: Final = 100
_UNTOUCHED: Final = frozenset({State.TRUSTED, State.UNKNOWN_SIGNER})


def answer(
    session: Session, settings: Settings, evidence: Evidence, actor: Actor | None = None
) -> Verification:
    """Return what is said of a picture to `actor`, None: to anybody. In English."""
    lookup, found, signature = evidence.lookup, evidence.found, _signature(evidence.signature)
    opened = repository.opened_by(session, actor, lookup) if actor and lookup is not None else None
    return Verification(
        verdict=verdict_of(evidence),
        sentence=words_in("en").said(reasons_of(evidence), signer=signature.signer),
        signature=signature,
        mark=MarkSeen(
            found=found is not None,
            confidence=round(found.confidence, 3) if found else 0.0,
            known=lookup is not None and repository.is_kept(session, lookup),
        ),
        says_ai=evidence.says_ai,
        image=ImageSeen(id=opened, url=f"{settings.base_url}/i/{opened}") if opened else None,
    )


def _signature(signature: Credentials) -> SignatureSeen:
    return SignatureSeen(
        state=signature.state,
        signer=_plain(signature.signer),
        signed_at=signature.signed_at,
        source_type=_plain(signature.source_type),
        changed=False
        if signature.state in _UNTOUCHED
        else signature.state is State.CHANGED or None,
    )


def _plain(text: str | None) -> str | None:
    """Return a name that anybody may have put into a file: short, and without characters that steer a terminal or a line."""
    letters = (one for one in text or "" if not unicodedata.category(one).startswith("C"))
    return "".join(letters)[: LONGEST_NAME * 2 if text and "://" in text else LONGEST_NAME] or None

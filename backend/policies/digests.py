"""The digest of a policy: the same for the same rules, whoever wrote them down and wherever."""

from __future__ import annotations

import json
from hashlib import sha256

from backend.policies.schemas import PolicyDocument


def digest_of(document: PolicyDocument) -> str:
    """Return the SHA-256 of the document with its keys in order."""
    written = json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return sha256(written.encode()).hexdigest()

"""What is said of a picture that somebody asks about. To people who may not open it: no id, no owner, no prompt."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from backend.provenance.reading import State


class Verdict(StrEnum):
    """What the evidence comes to."""

    MADE_HERE = "made_here"
    MADE_HERE_CHANGED = "made_here_changed"
    MADE_ELSEWHERE_BY_AI = "made_elsewhere_by_ai"
    UNKNOWN = "unknown"


class SignatureSeen(BaseModel):
    """What the file's C2PA manifest says, and what that is worth."""

    state: State = Field(
        description="`trusted` is this studio's; of any other, the rest is its own word."
    )
    signer: str | None = Field(default=None, description="Whom the certificate names.")
    signed_at: datetime | None = None
    source_type: str | None = Field(
        default=None, description="IPTC's word for where it comes from, a URL."
    )
    changed: bool | None = Field(
        default=None,
        description="Whether the file was changed since it was signed; null: nobody can say.",
    )


class MarkSeen(BaseModel):
    """What is hidden in the pixels by this studio's keys."""

    found: bool
    confidence: float = Field(description="0 to 1; 0 where nothing was found.")
    known: bool = Field(
        description="Whether the studio still keeps an image that the mark, or its own signature, leads to."
    )


class ImageSeen(BaseModel):
    """The image itself, for whoever may open it."""

    id: str
    url: str


class Verification(BaseModel):
    """Whether a picture came from this studio. `unknown` proves nothing: marks get lost, and other tools write none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "verdict": "made_here",
                    "sentence": "This file comes from this studio, and nothing was changed since it left. "
                    "An AI model drew it.",
                    "signature": {
                        "state": "trusted",
                        "signer": "Atelier",
                        "signed_at": "2026-11-23T06:30:00Z",
                        "source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                        "changed": False,
                    },
                    "mark": {"found": True, "confidence": 1.0, "known": True},
                    "says_ai": True,
                    "image": None,
                }
            ]
        }
    )

    verdict: Verdict
    sentence: str = Field(description="The same in plain words, for people.")
    signature: SignatureSeen
    mark: MarkSeen
    says_ai: bool = Field(
        description="Whether the file's XMP says that AI made it, or a part of it."
    )
    image: ImageSeen | None = Field(
        default=None, description="Only for somebody signed in who may open it."
    )

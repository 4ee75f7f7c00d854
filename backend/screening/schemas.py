"""What screening says of a text, and the shape of a trial."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from backend.policies.schemas import Action, Where

LONGEST_TRIAL = 4000


class Finding(BaseModel):
    """A rule of the policy that a text meets, and where in the text as it was written."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(description="The field that the words stand in.")
    rule: str = Field(description="The rule's name.")
    category: str
    action: Action = Field(
        description="warn: said, and drawn. review: drawn, and a reviewer looks first. block: refused."
    )
    message: str = Field(description="What the rule says, for people.")
    start: int = Field(description="Where the words begin, in characters from 0.")
    end: int = Field(description="Where they end.")


class Trial(BaseModel):
    """A text to try the rules on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "nude heels on a n-a-k-e-d cake"}]},
    )

    text: str = Field(max_length=LONGEST_TRIAL)
    where: Where = Where.PROMPT


class Tried(BaseModel):
    """What the policy that holds now says of a text. Nothing is kept, and nobody is told."""

    policy: str = Field(description="The version of the policy.")
    read_as: str = Field(description="The text without its disguise, as the rules read it.")
    action: Action = Field(description="What would follow: the strictest of all.")
    findings: list[Finding]

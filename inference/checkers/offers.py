"""The `[[checker]]` tables of a models file: further safety checkers, whose they are and where their weights lie.

Imports no torch. One that is refused is told of on its card; it then measures nothing, and every image of its models is
held, which stops nobody from starting the studio and reading why.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inference.checkers.headfiles import HeadFile, read_head
from inference.protocol import MAX_SCOPE, CheckerCard
from inference.weightfiles import RefusedFile

HEAD: Final = "head"
SECONDS: Final = 60.0
"""How long a checker may take over the images of one call, which are two at most."""
LONGEST_S: Final = 600.0
_MOST_OPTIONS: Final = 32


class CheckerOffer(BaseModel):
    """One table. `root` is the folder of the models file, which `file` may not leave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    kind: str = Field(
        default=HEAD,
        max_length=200,
        pattern=r"^(head|[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*)$",
    )
    file: Path | None = None
    models: tuple[str, ...] = ()
    family: str = Field(default="", max_length=80)
    version: str = Field(default="", max_length=80)
    scope: str = Field(default="", max_length=MAX_SCOPE)
    seconds: float = Field(default=SECONDS, gt=0, le=LONGEST_S)
    sha256: str = Field(default="", pattern=r"^([0-9a-fA-F]{64})?$")
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, max_length=_MOST_OPTIONS
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.models and not self.family:
            raise ValueError(
                "say which models it is for: models = [names], or family = their family"
            )
        if self.kind == HEAD and self.file is None:
            raise ValueError("a head lies in a file: file = “checkers/….safetensors”")
        if self.kind == HEAD and self.options:
            raise ValueError("a head has no options; what it needs to know stands in its file")
        return self

    def is_for(self, model: str, family: str) -> bool:
        """Whether it looks at the images of the model of that name and family."""
        return model in self.models or bool(self.family and self.family == family)

    @cached_property
    def head(self) -> HeadFile | str:
        """What was read of the file of a head (once, all of it), or what is wrong with it."""
        try:
            return read_head(self.root, self.file or Path(), self.sha256)
        except RefusedFile as error:
            return str(error)

    @cached_property
    def card(self) -> CheckerCard:
        """What people read about it. A package's own checker says its digest when it is loaded."""
        told = CheckerCard(
            name=self.name, kind=self.kind, version=self.version, scope=self.scope,
            weights_sha256=self.sha256.lower(),
        )  # fmt: skip
        if self.kind != HEAD:
            return told
        if isinstance(self.head, str):
            return told.model_copy(update={"trouble": self.head, "weights_sha256": ""})
        words = self.head.words
        return told.model_copy(
            update={
                "version": self.version or words.version,
                "scope": self.scope or words.scope,
                "weights_sha256": self.head.sha256,
            }
        )

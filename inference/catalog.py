"""What is offered: the models named in a TOML file, their folders and their defaults.

Reads `assets/models.toml` (or the file that `ATELIER_MODELS` names; folders in it are relative to
that file) and digests the weight files. Imports no torch and loads no weights: `bundles` does.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Collection
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.protocol import ModelCard, ModelDefaults, Scheduler

MODELS_VARIABLE = "ATELIER_MODELS"
BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models.toml"
NO_CHECKER = "none"
WEIGHT_FOLDERS = {"text_encoder", "unet", "vae", "safety_checker"}


class CatalogError(Exception):
    """The models file, or a folder that it names, cannot be used; the text says what to change."""


class Offer(BaseModel):
    """One model of the file: what people read about it, where it lies and how it draws best."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    title: str
    description: str
    directory: Path
    defaults: ModelDefaults = ModelDefaults()
    max_pixels: int = Field(default=1024 * 1024, ge=64 * 64)
    schedulers: list[Scheduler] = Field(default_factory=lambda: list(Scheduler), min_length=1)
    safety_checker: str = Field(default="stable-diffusion-safety-checker")
    credit_factor: float = Field(default=1.0, gt=0, le=1000)
    family: str = Field(default="", max_length=80)
    licence: str = Field(default="", max_length=80)

    @cached_property
    def card(self) -> ModelCard:
        """The model's public card, with the digest of its weights (reads every weight file once).

        Raises:
            CatalogError: The folder is missing or holds no weights.
        """
        has_checker = (self.directory / "safety_checker").is_dir()
        return ModelCard(
            name=self.name,
            title=self.title,
            description=self.description,
            defaults=self.defaults,
            max_pixels=self.max_pixels,
            schedulers=self.schedulers,
            safety_checker=self.safety_checker if has_checker else NO_CHECKER,
            weights_sha256=digest_of(self.directory),
            weights_bytes=sum(
                (self.directory / file).stat().st_size for file in _weights(self.directory)
            ),
            software=software(),
            family=self.family,
            licence=self.licence,
            credit_factor=self.credit_factor,
        )


class Catalog(BaseModel):
    """Every model on offer; the first is the default."""

    model_config = ConfigDict(frozen=True)

    offers: tuple[Offer, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path | None = None) -> Self:
        """Read `path`, else the file that `ATELIER_MODELS` names, else the bundled one.

        Raises:
            CatalogError: The file is missing or says something that cannot be meant.
        """
        source = path or Path(os.environ.get(MODELS_VARIABLE) or BUNDLED)
        try:
            tables = tomllib.loads(source.read_text("utf-8")).get("model", [])
            offers = [Offer(**_located(table, source.parent)) for table in tables]
            return cls(offers=tuple(offers))
        except FileNotFoundError:
            raise CatalogError(
                f"there is no models file at {source}; set {MODELS_VARIABLE}"
            ) from None
        except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
            raise CatalogError(f"{source} cannot be used: {error}") from error

    def only(self, names: Collection[str]) -> Self:
        """Return a catalog of the offers of these names; of all of them when none are named.

        Raises:
            CatalogError: There is no offer of one of these names.
        """
        known = {offer.name for offer in self.offers}
        if unknown := sorted(set(names) - known):
            raise CatalogError(
                f"the models file offers no {', '.join(unknown)}; choose from {', '.join(sorted(known))}"
            )
        kept = tuple(offer for offer in self.offers if not names or offer.name in names)
        return self.model_copy(update={"offers": kept})


def _located(table: dict[str, object], beside: Path) -> dict[str, object]:
    """Return the TOML table with its folder made absolute, relative to the models file."""
    return {**table, "directory": (beside / str(table.get("directory", ""))).resolve()}


@cache
def software() -> str:
    """Return what draws here: our version, and those of the libraries that decide pixels."""
    return " ".join(f"{name}/{version(name)}" for name in ("atelier", "torch", "diffusers"))


def digest_of(directory: Path) -> str:
    """Return the SHA-256, in hex, over names and bytes of the weight files in `directory`.

    Raises:
        CatalogError: There is none.
    """
    files = _weights(directory)
    if not files:
        raise CatalogError(
            f"{directory} holds no *.safetensors weights; put a diffusers model folder there"
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.as_posix()}\0".encode())
        with (directory / file).open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()


def _weights(directory: Path) -> list[Path]:
    """Return the weight files in `directory`, relative to it and in order."""
    found = (file.relative_to(directory) for file in directory.rglob("*.safetensors"))
    return sorted(file for file in found if len(file.parts) == 1 or file.parts[0] in WEIGHT_FOLDERS)

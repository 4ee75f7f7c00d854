"""What is offered: the models named in a TOML file, their folders and their defaults.

Reads `assets/models.toml` (or the file that `ATELIER_MODELS` names; folders in it are relative to
that file) and digests the weight files. Imports no torch and loads no weights: `bundles` does.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Collection, Sequence
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.adapters.offers import LoraOffer
from inference.protocol import ModelCard, ModelDefaults, Scheduler
from inference.weightfiles import RefusedFile, require_sound

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
    sha256: str = Field(default="", pattern=r"^([0-9a-fA-F]{64})?$")
    loras: tuple[LoraOffer, ...] = ()

    @cached_property
    def card(self) -> ModelCard:
        """The model's public card, with the digest of its weights (reads every weight file once).

        Raises:
            CatalogError: The folder is missing, holds no weights, damaged ones, or not those of `sha256`.
        """
        weights = digest_of(self.directory)
        if self.sha256 and weights != self.sha256.lower():
            raise CatalogError(
                f"the weights in {self.directory} have the digest {weights}, "
                f"not the recorded {self.sha256.lower()}"
            )
        has_checker = (self.directory / "safety_checker").is_dir()
        return ModelCard(
            name=self.name,
            title=self.title,
            description=self.description,
            defaults=self.defaults,
            max_pixels=self.max_pixels,
            schedulers=self.schedulers,
            safety_checker=self.safety_checker if has_checker else NO_CHECKER,
            weights_sha256=weights,
            weights_bytes=sum(
                (self.directory / file).stat().st_size for file in _weights(self.directory)
            ),
            software=software(),
            family=self.family,
            licence=self.licence,
            credit_factor=self.credit_factor,
            loras=[lora.card for lora in self.loras],
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
            told = tomllib.loads(source.read_text("utf-8"))
            root = source.parent.resolve()
            offers = [Offer(**_located(table, root)) for table in told.get("model", [])]
            loras = [LoraOffer(**{**table, "root": root}) for table in told.get("lora", [])]
            return cls(offers=_with_loras(offers, loras))
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


def _with_loras(offers: Sequence[Offer], loras: Sequence[LoraOffer]) -> tuple[Offer, ...]:
    """Return the offers, each with the LoRAs that are for it; every LoRA must be for one, and named once."""
    for place, lora in enumerate(loras):
        if lora.name in {other.name for other in loras[:place]}:
            raise TypeError(f"there are two LoRAs {lora.name!r}; give one another name")
        strangers = set(lora.models) - {offer.name for offer in offers}
        if strangers or not any(lora.is_for(offer.name, offer.family) for offer in offers):
            whose = ", ".join(sorted(strangers)) or lora.family
            raise TypeError(f"the LoRA {lora.name!r} is for {whose}, which is not offered here")
    return tuple(
        offer.model_copy(
            update={"loras": tuple(one for one in loras if one.is_for(offer.name, offer.family))}
        )
        for offer in offers
    )


def _located(table: dict[str, object], beside: Path) -> dict[str, object]:
    """Return the TOML table with its folder made absolute, relative to the models file."""
    if "loras" in table:
        raise TypeError("LoRAs stand in [[lora]] tables of their own")
    return {**table, "directory": (beside / str(table.get("directory", ""))).resolve()}


@cache
def software() -> str:
    """Return what draws here: our version, and those of the libraries that decide pixels."""
    return " ".join(f"{name}/{version(name)}" for name in ("atelier", "torch", "diffusers"))


def digest_of(directory: Path) -> str:
    """Return the SHA-256, in hex, over names and bytes of the weight files in `directory`.

    Raises:
        CatalogError: There is none, or one is damaged or leads out of the folder.
    """
    files = _weights(directory)
    if not files:
        raise CatalogError(
            f"{directory} holds no *.safetensors weights; put a diffusers model folder there"
        )
    try:
        # A broken checker stops nobody: every image is held then (see `bundles`).
        require_sound(directory, [file for file in files if file.parts[0] != "safety_checker"])
    except RefusedFile as error:
        raise CatalogError(f"{directory} is not read: {error}") from None
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

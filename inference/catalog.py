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

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inference.adapters.offers import LoraOffer
from inference.checkers.offers import LONGEST_S, SECONDS, CheckerOffer
from inference.checkers.own import card_of_own
from inference.controls.offers import ControlOffer
from inference.drafts.offers import DraftOffer
from inference.inversions.offers import EmbeddingOffer
from inference.protocol import CheckerCard, ModelCard, ModelDefaults, Scheduler
from inference.weightfiles import RefusedFile, require_sound

MODELS_VARIABLE = "ATELIER_MODELS"
BUNDLED = Path(__file__).resolve().parent.parent / "assets" / "models.toml"
NO_CHECKER = "none"
TINY = "vae_tiny"
MOST_CHECKERS = 8  # further ones, beside a model's own
_XL_DEFAULTS = {"width": 1024, "height": 1024, "guidance_scale": 5.0}
WEIGHT_FOLDERS = {"text_encoder", "text_encoder_2", "unet", "vae", "safety_checker"}


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
    draft: DraftOffer = DraftOffer()
    draft_directory: Path | None = None
    max_pixels: int = Field(default=1024 * 1024, ge=64 * 64)
    schedulers: list[Scheduler] = Field(default_factory=lambda: list(Scheduler), min_length=1)
    safety_checker: str = Field(default="stable-diffusion-safety-checker")
    safety_checker_directory: Path | None = None
    check_seconds: float = Field(default=SECONDS, gt=0, le=LONGEST_S)
    checkers: tuple[CheckerOffer, ...] = Field(default=(), max_length=MOST_CHECKERS)
    credit_factor: float = Field(default=1.0, gt=0, le=1000)
    family: str = Field(default="", max_length=80)
    licence: str = Field(default="", max_length=80)
    sha256: str = Field(default="", pattern=r"^([0-9a-fA-F]{64})?$")
    loras: tuple[LoraOffer, ...] = ()
    controls: tuple[ControlOffer, ...] = ()
    embeddings: tuple[EmbeddingOffer, ...] = ()

    @model_validator(mode="after")
    def _drafts_by_what_is_offered(self) -> Self:
        if self.draft.scheduler and self.draft.scheduler not in self.schedulers:
            raise ValueError(
                f"draft.scheduler {self.draft.scheduler} is none of its schedulers, {', '.join(self.schedulers)}"
            )
        return self

    @property
    def checker_directory(self) -> Path:
        """Where its safety checker is: its own, or one that the table names from elsewhere, as SDXL has none."""
        return self.safety_checker_directory or self.directory / "safety_checker"

    @property
    def tiny_directory(self) -> Path | None:
        """Where its tiny autoencoder is: in its own folder, or where the table says; None: it has none."""
        beside = self.directory / TINY
        return self.draft_directory or (beside if beside.is_dir() else None)

    @cached_property
    def own_checker(self) -> CheckerCard | None:
        """The card of the checker that comes with it; None where the table says that there is none."""
        if self.safety_checker == NO_CHECKER:
            return None
        return card_of_own(self.safety_checker, self.checker_directory, digest_of)

    @property
    def checker_cards(self) -> list[CheckerCard]:
        """The cards of all its checkers, its own one first."""
        own = [self.own_checker] if self.own_checker else []
        return [*own, *(checker.card for checker in self.checkers)]

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
        has_checker = self.checker_directory.is_dir()
        return ModelCard(
            name=self.name,
            title=self.title,
            description=self.description,
            defaults=self.defaults,
            draft=self.draft.settings(
                self.defaults, digest_of(self.tiny_directory) if self.tiny_directory else ""
            ),
            max_pixels=self.max_pixels,
            schedulers=self.schedulers,
            safety_checker=self.safety_checker if has_checker else NO_CHECKER,
            checkers=self.checker_cards,
            weights_sha256=weights,
            weights_bytes=sum(
                (self.directory / file).stat().st_size for file in _weights(self.directory)
            ),
            software=software(),
            family=self.family,
            licence=self.licence,
            credit_factor=self.credit_factor,
            loras=[lora.card for lora in self.loras],
            controls=[control.card for control in self.controls],
            embeddings=[embedding.card for embedding in self.embeddings],
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
            controls = [
                ControlOffer(**{**table, "root": root}) for table in told.get("control", [])
            ]
            words = [
                EmbeddingOffer(**{**table, "root": root}) for table in told.get("embedding", [])
            ]
            checkers = [
                CheckerOffer(**{**table, "root": root}) for table in told.get("checker", [])
            ]
            offers = _with(offers, loras, "loras", "LoRA")
            offers = _with(offers, checkers, "checkers", "checker")
            offers = _with(offers, controls, "controls", "ControlNet")
            return cls(offers=_with_embeddings(offers, words))
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


def _with(
    offers: Sequence[Offer],
    those: Sequence[LoraOffer | ControlOffer | CheckerOffer],
    field: str,
    kind: str,
) -> list[Offer]:
    """Return the offers, each with those that are for it; every one must be for a model, and named once."""
    for place, one in enumerate(those):
        if one.name in {other.name for other in those[:place]}:
            raise TypeError(f"there are two {kind}s {one.name!r}; give one another name")
        strangers = set(one.models) - {offer.name for offer in offers}
        if strangers or not any(one.is_for(offer.name, offer.family) for offer in offers):
            whose = ", ".join(sorted(strangers)) or one.family
            raise TypeError(f"the {kind} {one.name!r} is for {whose}, which is not offered here")
    return [
        offer.model_copy(
            update={field: tuple(one for one in those if one.is_for(offer.name, offer.family))}
        )
        for offer in offers
    ]


def _with_embeddings(
    offers: Sequence[Offer], embeddings: Sequence[EmbeddingOffer]
) -> tuple[Offer, ...]:
    """Return the offers with their textual inversions; each must be for one, and a word means one thing to a model."""
    for one in embeddings:
        strangers = set(one.models) - {offer.name for offer in offers}
        if strangers or not any(one.is_for(offer.name, offer.family) for offer in offers):
            whose = ", ".join(sorted(strangers)) or one.family
            raise TypeError(f"the embedding {one.name!r} is for {whose}, which is not offered here")
    found = []
    for offer in offers:
        mine = tuple(one for one in embeddings if one.is_for(offer.name, offer.family))
        if len({one.name for one in mine}) < len(mine):
            raise TypeError(f"there are two embeddings of one name for {offer.name}; rename one")
        found.append(offer.model_copy(update={"embeddings": mine}))
    return tuple(found)


def _located(table: dict[str, object], beside: Path) -> dict[str, object]:
    """Return the TOML table with its folders made absolute, relative to the models file."""
    for kind in ("lora", "control", "embedding", "checker"):
        if f"{kind}s" in table:
            raise TypeError(f"{kind}s stand in [[{kind}]] tables of their own")
    if "file" in table:
        raise TypeError(
            f"a model is a folder, and {table['file']} is one file: `atelier import-model` makes a folder of it "
            "for `directory`"
        )
    folders: dict[str, object] = {
        name: (beside / str(table.get(name, ""))).resolve()
        for name in ("directory", "safety_checker_directory", "draft_directory")
        if name in table or name == "directory"
    }
    usual = _XL_DEFAULTS if _is_xl(Path(str(folders["directory"]))) else {}
    told = table.get("defaults", {})
    defaults = {"defaults": {**usual, **told}} if isinstance(told, dict) else {}
    return {**table, **folders, **defaults}


def _is_xl(directory: Path) -> bool:
    """Whether the folder says that it is SDXL, which draws badly at the size of earlier models; `layouts` checks it."""
    try:
        return '"StableDiffusionXL' in (directory / "model_index.json").read_text("utf-8")
    except (OSError, ValueError):
        return False


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

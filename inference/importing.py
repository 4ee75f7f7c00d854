"""One safetensors file of Stable Diffusion 1.5 or SDXL, as it is passed around → a folder in diffusers layout.

A folder is what everything else here understands and checks, so a file becomes one once, and not at every start. What
the file does not say (tokenizer, sampler, sizes) is taken from a folder of the same family; nothing is ever fetched. The
names of weights are changed by diffusers' own functions, and not one number of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
)
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from inference.catalog import CatalogError
from inference.layouts import Layout, layout_of, read_json
from inference.weightfiles import Header, RefusedFile, header_of, inside

Tensors = dict[str, torch.Tensor]
_FIRST: Final = ("cond_stage_model.transformer.", "conditioner.embedders.0.transformer.")
_SECOND: Final = "conditioner.embedders.1.model."
_UNET: Final = "model.diffusion_model."
_NAMED: Final = 3
_NO_WEIGHTS: Final = (".json", ".txt")


class _Part(NamedTuple):
    """One network of a folder: made empty from its config, and what of the file belongs to it by its own names."""

    folder: str
    empty: Callable[[dict[str, Any]], Any]
    renamed: Callable[[Tensors, Any], Tensors]


def import_model(file: Path, like: Path, into: Path) -> None:
    """Write the model in `file` to the new folder `into`, with all else from the folder `like`.

    Raises:
        CatalogError: `like` is no such folder or of another family, the file lacks something, or `into` is there.
        RefusedFile: The file is no safetensors file, damaged, or no checkpoint of these two families.
    """
    if into.exists():
        raise CatalogError(f"{into} is there already; name a folder that is not")
    header = _checked(file)
    layout = layout_of(like)
    _require_family(file, header, layout, like)
    unfinished = into.with_name(f".{into.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _copy_what_is_no_weights(like, unfinished)
        tensors = load_file(file)
        for part in _parts_of(layout):
            _write(part, tensors, unfinished / part.folder, file)
        unfinished.rename(into)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _checked(file: Path) -> Header:
    if file.suffix != ".safetensors":
        raise RefusedFile(
            f"{file} is no *.safetensors file. A .ckpt or .pt is a pickle, which could run anything: take "
            "the safetensors file that most publishers offer beside it, or have it converted on a machine that you can lose"
        )
    place = inside(file.parent, Path(file.name))
    with place.open("rb") as opened:
        return header_of(opened, os.fstat(opened.fileno()).st_size, file.name)


def _require_family(file: Path, header: Header, layout: Layout, like: Path) -> None:
    """Check that the file is of the family of the folder: SDXL or Stable Diffusion 1.5."""

    def has(start: str) -> bool:
        return any(key.startswith(start) for key in header.tensors)

    is_xl, is_classic = has(_SECOND), has(_FIRST[0])
    if not has(_UNET) or not (is_xl or is_classic):
        told = (
            "a refiner" if has("conditioner.embedders.0.model.")
            else "Stable Diffusion 2" if has("cond_stage_model.model.")
            else "a UNet alone" if has(_UNET)
            else "another kind of file"
        )  # fmt: skip
        raise RefusedFile(
            f"{file.name} is {told}; whole checkpoints of Stable Diffusion 1.5 and SDXL are imported"
        )
    if is_xl is not layout.is_xl:
        families = ("Stable Diffusion 1.5", "SDXL")
        raise CatalogError(
            f"{file.name} is of {families[is_xl]}, and {like} of {families[layout.is_xl]}; "
            "name a folder of the same family"
        )


def _parts_of(layout: Layout) -> Iterator[_Part]:
    yield _Part("unet", UNet2DConditionModel.from_config, _unet)
    yield _Part("vae", AutoencoderKL.from_config, _vae)
    yield _Part("text_encoder", lambda told: CLIPTextModel(CLIPTextConfig(**told)), _first_text)
    if layout.is_xl:
        yield _Part(
            "text_encoder_2",
            lambda told: CLIPTextModelWithProjection(CLIPTextConfig(**told)),
            _second_text,
        )


def _unet(tensors: Tensors, network: Any) -> Tensors:  # noqa: ANN401
    return dict(convert_ldm_unet_checkpoint(tensors, network.config))


def _vae(tensors: Tensors, network: Any) -> Tensors:  # noqa: ANN401
    return dict(convert_ldm_vae_checkpoint(tensors, network.config))


def _first_text(tensors: Tensors, _network: Any) -> Tensors:  # noqa: ANN401
    named = convert_ldm_clip_checkpoint(tensors)
    return {key.removeprefix("text_model."): tensor for key, tensor in named.items()}


def _second_text(tensors: Tensors, network: Any) -> Tensors:  # noqa: ANN401
    return dict(convert_open_clip_checkpoint(network, tensors, prefix=_SECOND))


def _write(part: _Part, tensors: Tensors, folder: Path, file: Path) -> None:
    """Write one network, once every weight that its config asks for is there and of its shape."""
    with torch.device("meta"):
        network = part.empty(read_json(folder / "config.json"))
    try:
        found = part.renamed(tensors, network)
    except (KeyError, AttributeError, IndexError, RuntimeError) as error:
        raise CatalogError(f"{file.name} lacks something of the {part.folder}: {error}") from None
    wanted = network.state_dict()
    if missing := sorted(key for key in wanted if found.get(key) is None):
        raise CatalogError(
            f"{file.name} lacks {', '.join(missing[:_NAMED])} of the {part.folder} that the folder describes"
        )
    odd = [key for key, tensor in wanted.items() if found[key].shape != tensor.shape]
    if odd:
        raise CatalogError(
            f"{file.name} has {odd[0]} of the {part.folder} in the shape {list(found[odd[0]].shape)}, not "
            f"{list(wanted[odd[0]].shape)} as the folder describes"
        )
    network.load_state_dict({key: found[key].contiguous() for key in wanted}, assign=True)
    network.save_pretrained(folder, safe_serialization=True)


def _copy_what_is_no_weights(like: Path, into: Path) -> None:
    """Copy configs, tokenizers and the sampler; the safety checker whole, since no such file has one."""
    for source in sorted(like.rglob("*")):
        place = source.relative_to(like)
        is_checker = place.parts[0] == "safety_checker" and source.suffix == ".safetensors"
        is_index = source.name.endswith(".index.json")
        if source.is_file() and (is_checker or (source.suffix in _NO_WEIGHTS and not is_index)):
            (into / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into / place)

"""Ways to break the folder of a ControlNet: those of any file of weights, and those that a folder adds."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from safetensors.torch import save as packed

from inference.controls import files
from tests.inference.adapters import broken, broken_files, broken_parts
from tests.inference.adapters.broken import Bomb, Ground

FOLDER: Final = "controls/it"
WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
__all__ = ["broken_files", "broken_parts"]  # importing them is what fills their `CASES`


class ControlGround(Ground):
    """Where a broken folder is put."""

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    @property
    def file(self) -> Path:
        return self.folder / WEIGHTS

    @property
    def config(self) -> Path:
        return self.folder / "config.json"


class Sound(NamedTuple):
    """A whole ControlNet: its weights, and its config."""

    weights: dict[str, torch.Tensor]
    config: dict[str, Any]

    def write(self, folder: Path, **changed: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS).write_bytes(packed(self.weights))
        (folder / "config.json").write_text(json.dumps({**self.config, **changed}))


Break = Callable[[ControlGround, Sound], str | None]
"""Breaks what was whole; returns how the table names it, where that is not `FOLDER`."""
CASES: dict[str, tuple[Break, str]] = {}

# What a file of weights can have whatever it is of; the others of a LoRA are about its parts, or its path.
_OF_ANY_FILE: Final = (
    "a pickle", "an old pickle", "what torch.save writes", "a pickle in an archive",
    "a pickle behind a sound file", "a link to outside", "a link to itself", "a link to nothing", "nothing",
    "a folder", "a pipe that nobody writes into", "a flipped bit in a number, its digest recorded",
)  # fmt: skip


def _as_here(breaks: Any) -> Break:
    def broken(ground: ControlGround, sound: Sound) -> None:
        ground.file.unlink()
        breaks(ground, sound.weights)

    return broken


for _name, (_breaks, _because) in broken.CASES.items():
    if _name in _OF_ANY_FILE or _breaks.__qualname__.startswith("bytes_of"):
        CASES[_name] = (_as_here(_breaks), _because)


def case(name: str, because: str) -> Callable[[Break], Break]:
    def keep(breaks: Break) -> Break:
        CASES[name] = (breaks, because)
        return breaks

    return keep


def config_of(name: str, because: str, **changed: Any) -> None:
    """A case whose config says something else than its weights, or than the model."""
    CASES[name] = (lambda ground, sound: sound.write(ground.folder, **changed), because)


def text_of(name: str, because: str, text: bytes) -> None:
    """A case whose config is this text."""

    def breaks(ground: ControlGround, _sound: Sound) -> None:
        ground.config.write_bytes(text)

    CASES[name] = (breaks, because)


def tensors_of(
    name: str, because: str, changed: Callable[[dict[str, torch.Tensor]], dict[str, Any]]
) -> None:
    """A case whose file holds other tensors."""

    def breaks(ground: ControlGround, sound: Sound) -> None:
        ground.file.write_bytes(packed(changed(dict(sound.weights))))

    CASES[name] = (breaks, because)


# --- where it lies ---


@case("a folder upwards", "leads out")
def _(ground: ControlGround, sound: Sound) -> str:
    sound.write(ground.outside / "it")
    return "../outside/it"


@case("a folder upwards from within", "leads out")
def _(ground: ControlGround, sound: Sound) -> str:
    sound.write(ground.outside / "it")
    return "controls/../../outside/it"


@case("an absolute folder", "leads out")
def _(ground: ControlGround, _sound: Sound) -> str:
    return str(ground.folder)


@case("a folder that is a link to outside", "leads out")
def _(ground: ControlGround, sound: Sound) -> str:
    sound.write(ground.outside / "it")
    (ground.root / "linked").symlink_to(ground.outside / "it", target_is_directory=True)
    return "linked"


@case("weights that are a relative link to outside", "leads out")
def _(ground: ControlGround, sound: Sound) -> None:
    sound.write(ground.outside / "it")
    ground.file.unlink()
    ground.file.symlink_to(f"../../../outside/it/{WEIGHTS}")


@case("a config that is a link to outside", "leads out")
def _(ground: ControlGround, sound: Sound) -> None:
    sound.write(ground.outside / "it")
    ground.config.unlink()
    ground.config.symlink_to(ground.outside / "it" / "config.json")


@case("half precision that is a link to outside", "leads out")
def _(ground: ControlGround, sound: Sound) -> None:
    sound.write(ground.outside / "it")
    ground.file.unlink()
    half = ground.folder / "diffusion_pytorch_model.fp16.safetensors"
    half.symlink_to(ground.outside / "it" / WEIGHTS)


@case("a folder with NUL in its name", "cannot be opened")
def _(_ground: ControlGround, _sound: Sound) -> str:
    return "controls/i\0t"


@case("a file for a folder", "cannot be opened")
def _(_ground: ControlGround, _sound: Sound) -> str:
    return f"{FOLDER}/{WEIGHTS}"


# --- what would run something ---


@case("only a pickle", "cannot be opened")
def _(ground: ControlGround, _sound: Sound) -> None:
    ground.file.unlink()
    torch.save(Bomb(ground.canary), ground.folder / "diffusion_pytorch_model.bin")


@case("only parts, which are pickles", "cannot be opened")
def _(ground: ControlGround, _sound: Sound) -> None:
    ground.file.rename(ground.folder / "part.bin")
    index = {"metadata": {}, "weight_map": {"conv_in.weight": "part.bin"}}
    (ground.folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))


@case("a config that is a pickle", "config.json is damaged")
def _(ground: ControlGround, _sound: Sound) -> None:
    ground.config.write_bytes(pickle.dumps({"_class_name": Bomb(ground.canary)}))


config_of("a class of one's own", "is of a os.system", _class_name="os.system")
config_of("blocks of one's own", "which is not read here", down_block_types=["os.system", "exec"])
config_of("an activation of one's own", "describes no network", act_fn="__import__('os')")
config_of("a middle of one's own", "describes no network", mid_block_type="eval")

# --- what is no config ---

text_of("a config that is no JSON", "config.json is damaged", b'{"a": ')
text_of("a config that is a list", "config.json is damaged", b"[]")
text_of("a config that is no UTF-8", "config.json is damaged", b'{"\xff": 1}')
text_of("a very deep config", "config.json is damaged", b"[" * 60_000)
text_of("an empty config", "config.json is damaged", b"")
text_of("a config without a class", "is of a None", b"{}")
text_of("a config beyond reason", "at most", b" " * (files.MOST_OF_CONFIG + 1))


@case("no config", "config.json cannot be opened")
def _(ground: ControlGround, _sound: Sound) -> None:
    ground.config.unlink()


# --- what is for another model, or cannot be ---

config_of(
    "the config of a UNet", "is of a UNet2DConditionModel", _class_name="UNet2DConditionModel"
)
config_of(
    "another kind of ControlNet", "is of a ControlNetUnionModel", _class_name="ControlNetUnionModel"
)
config_of(
    "words of another width",
    "another model: its cross_attention_dim is 768",
    cross_attention_dim=768,
)
config_of("blocks of another width", "its block_out_channels is", block_out_channels=[320, 640])
config_of("more blocks", "its block_out_channels is", block_out_channels=[16, 32, 32])
config_of("more layers", "its layers_per_block is 2", layers_per_block=2)
config_of("endlessly many layers", "its layers_per_block is", layers_per_block=10**12)
config_of("layers that are text", "its layers_per_block is", layers_per_block="1")
config_of("latents of another kind", "it sees 9 channels, not 4", in_channels=9)
config_of("pictures of four colours", "does not see pictures of 3", conditioning_channels=4)
config_of("a coarser eye", "8 times as large", conditioning_embedding_out_channels=[16, 32])
config_of(
    "an eye without end", "8 times as large", conditioning_embedding_out_channels=[8, 8, 8, 10**9]
)
config_of("an eye that is a number", "8 times as large", conditioning_embedding_out_channels=4)
config_of("endlessly deep attention", "not read here", transformer_layers_per_block=10**12)
config_of("one block less", "describes no network", down_block_types=["CrossAttnDownBlock2D"])
config_of(
    "blocks without attention",
    "holds down_blocks.0.attentions",
    down_block_types=["DownBlock2D"] * 2,
)
config_of("groups of nothing", "describes no network", norm_num_groups=0)
config_of("groups that do not come out", "describes no network", norm_num_groups=7)
config_of("heads without end", "describes no network", attention_head_dim=10**12)
config_of("heads that are text", "describes no network", attention_head_dim="four")
config_of("SDXL's conditions", "wants to be told text_time", addition_embed_type="text_time")
config_of("classes", "class_embed_type, which is not read", class_embed_type="timestep")
config_of("numbered classes", "num_class_embeds, which is not read", num_class_embeds=10)
config_of("another text encoder", "encoder_hid_dim, which is not read", encoder_hid_dim=4096)
config_of("a shuffle", "not done here", global_pool_conditions=True)

tensors_of("a tensor too few", "lacks controlnet_mid_block.bias", lambda t: {k: v for k, v in t.items() if k != "controlnet_mid_block.bias"})  # fmt: skip
tensors_of(
    "a tensor too many", "holds more, which is no part", lambda t: {**t, "more": torch.zeros(1)}
)
tensors_of("a UNet's first half alone", "lacks controlnet_", lambda t: {k: v for k, v in t.items() if not k.startswith("controlnet")})  # fmt: skip
tensors_of("a LoRA", "lacks", lambda _: {"lora_unet_conv_in.lora_down.weight": torch.zeros(4, 4)})
tensors_of(
    "another shape",
    "conv_in.bias has the shape [17], not [16]",
    lambda t: {**t, "conv_in.bias": torch.zeros(17)},
)
tensors_of(
    "a shape turned round",
    "has the shape",
    lambda t: {**t, "conv_in.weight": t["conv_in.weight"].transpose(0, 1).contiguous()},
)
tensors_of(
    "numbers of 64 bits",
    "F32, F16 or BF16",
    lambda t: {**t, "conv_in.bias": torch.zeros(16, dtype=torch.float64)},
)
tensors_of("one NaN among many", "numbers that are not finite", lambda t: {**t, "conv_in.bias": t["conv_in.bias"].index_fill(0, torch.tensor([3]), float("nan"))})  # fmt: skip
tensors_of(
    "infinity in half precision",
    "not finite",
    lambda t: {**t, "conv_in.bias": torch.full((16,), -torch.inf).half()},
)
tensors_of(
    "NaN in bfloat16",
    "not finite",
    lambda t: {**t, "conv_in.bias": torch.full((16,), torch.nan).bfloat16()},
)


@case("more bytes than are read", "at most")
def _(ground: ControlGround, _sound: Sound) -> None:
    with ground.file.open("wb") as opened:
        opened.truncate(files.MOST_BYTES + 1)

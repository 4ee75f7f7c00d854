"""Trains the scribble ControlNet of the bundled model: the denoiser stays as it is, a copy of its encoder learns.

Starts from the shipped folder, so that nothing but that is needed. Every step depends on nothing but its number: a
resumed run takes the steps of an unbroken one. Leaves the scribbles to `scribbles`, measuring to `control_evaluate`.
"""

import inspect
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDIMScheduler, UNet2DConditionModel
from torch import Tensor
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from inference.minimodel.captions import write_caption
from inference.minimodel.export import SHIPPED
from inference.minimodel.scribble_pool import ScribblePool
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for

PLAN: Final = Plan("control", steps=700, learning_rate=1e-3, decay_from=0.3, average=0.998)
EMBEDDING: Final = (8, 16, 32, 48)
BATCH: Final = 8
WEIGHTS: Final = "diffusion_pytorch_model.safetensors"
_WORDLESS: Final = 0.3
_EARLY: Final = 1.6
_COPIED: Final = (
    "conv_in",
    "time_proj",
    "time_embedding",
    "add_embedding",
    "down_blocks",
    "mid_block",
)
Encode = Callable[[list[str]], Tensor]


@dataclass(frozen=True, slots=True)
class Base:
    """The frozen model that the ControlNet is for."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    scheduler: DDIMScheduler
    encode: Encode


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step learns from.

    Latents (N, 4, h, w), conditions (N, 3, 8h, 8w) in 0..1, text (N, 77, width).
    """

    latents: Tensor
    conditions: Tensor
    text: Tensor


def load_base(folder: Path = SHIPPED) -> Base:
    """The parts of a model folder in single precision, frozen."""
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer")
    reader = _frozen(CLIPTextModel, folder / "text_encoder")

    def encode(texts: list[str]) -> Tensor:
        tokens = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
        with torch.no_grad():
            states: Tensor = reader(tokens.input_ids).last_hidden_state
        return states

    return Base(
        unet=_frozen(UNet2DConditionModel, folder / "unet"),
        vae=_frozen(AutoencoderKL, folder / "vae"),
        scheduler=DDIMScheduler.from_pretrained(folder / "scheduler"),
        encode=encode,
    )


def build_control(unet: UNet2DConditionModel) -> ControlNetModel:
    """A ControlNet that starts as a copy of the denoiser's encoder and at first changes nothing.

    Not `ControlNetModel.from_unet`: that leaves out the number of heads which pool the text, so that the copied
    weights would mean something else. The condition's own layers are slim, since they work at full size.
    """
    known = inspect.signature(ControlNetModel.__init__).parameters
    same = {key: value for key, value in unet.config.items() if key in known and value is not None}
    control = ControlNetModel(**same, conditioning_embedding_out_channels=EMBEDDING)
    for name in _COPIED:
        getattr(control, name).load_state_dict(getattr(unet, name).state_dict())
    return control.to(memory_format=torch.channels_last)


def control_loss(
    control: ControlNetModel, base: Base, batch: Batch, generator: torch.Generator
) -> Tensor:
    """Mean squared error of v with the ControlNet's help.

    Noisy timesteps, where a picture's shape is decided, come more often than clean ones.
    """
    latents, text = batch.latents, batch.text
    count = len(latents)
    noise = torch.randn(latents.shape, generator=generator)
    spread = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    times = ((1 - spread**_EARLY) * base.scheduler.config.num_train_timesteps).long()
    times = times.clamp(max=base.scheduler.config.num_train_timesteps - 1)
    noisy = base.scheduler.add_noise(latents, noise, times)
    noisy = noisy.contiguous(memory_format=torch.channels_last)
    down, middle = control(noisy, times, text, batch.conditions, return_dict=False)
    said = base.unet(
        noisy,
        times,
        text,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
    ).sample
    return functional.mse_loss(said, base.scheduler.get_velocity(latents, noise, times))


def training_step(
    control: ControlNetModel, base: Base, pool: ScribblePool, step: int, size: int = BATCH
) -> Tensor:
    """The loss of one step: pooled pictures with their scribbles, freshly worded captions, many left blank."""
    pool.grow(step)
    seed = seed_for(PLAN.name, step)
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    latents, conditions, sketches = pool.sample(rng, size, step)
    texts = ["" if rng.random() < _WORDLESS else write_caption(one, rng).text for one in sketches]
    batch = Batch(latents, conditions, base.encode(texts))
    return control_loss(control, base, batch, torch.Generator().manual_seed(seed))


def train_control(folder: Path = WORKSHOP, plan: Plan = PLAN, model: Path = SHIPPED) -> None:
    """Train the ControlNet, resuming where a checkpoint stands."""
    torch.manual_seed(6)
    base = load_base(model)
    control, pool = build_control(base.unet), ScribblePool(folder, base.vae, plan.steps)
    loop = Loop(plan, control, lambda step: training_step(control, base, pool, step), folder)
    loop.resume()
    loop.run()


def export_control(target: Path, folder: Path = WORKSHOP, model: Path = SHIPPED) -> int:
    """Write the averaged weights in half precision as diffusers keeps a ControlNet; return their bytes."""
    control = build_control(load_base(model).unet)
    averaged_state(PLAN.name, control, folder)
    control.half().save_pretrained(target)
    config = target / "config.json"
    kept = {
        key: value for key, value in json.loads(config.read_text()).items() if value is not None
    }
    kept.pop("_name_or_path", None)
    config.write_text(json.dumps(kept, indent=2) + "\n")
    weights = target / WEIGHTS
    weights.chmod(0o644)
    return weights.stat().st_size


def load_control(folder: Path) -> ControlNetModel:
    """A shipped ControlNet in single precision, frozen."""
    control: ControlNetModel = _frozen(ControlNetModel, folder)
    return control


def _frozen(kind: Any, folder: Path) -> Any:  # noqa: ANN401 - any of the libraries' models
    part = kind.from_pretrained(folder, torch_dtype=torch.float32).eval()
    part.requires_grad_(requires_grad=False)
    return part.to(memory_format=torch.channels_last) if kind is not CLIPTextModel else part

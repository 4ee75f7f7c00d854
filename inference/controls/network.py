"""What a ControlNet is: the first half of a UNet again, which also sees a picture and adds to the UNet's own halves.

Zhang et al. 2023, arXiv:2302.05543.

What a picture comes to, the *hint*, does not depend on the step: it is made once an image, and not once a row and step.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import nn

from inference.controls.files import ControlFile, tensors_of
from inference.controls.fitting import Base, without_numbers
from inference.devices import Placement
from inference.weightfiles import RefusedFile

Residuals = list[torch.Tensor]
"""What is added to each of the UNet's way down, in order, and last to its middle; [r, c, h, w] each."""
_DTYPES: Final = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True, eq=False)
class ControlNet:
    """A ControlNet in place on its device. `eye` is its part that sees the picture, `body` the rest."""

    name: str
    sha256: str
    body: Any
    eye: nn.Module
    flips: bool = False  # it was made for pictures whose colours stand the other way round

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(part.nbytes for net in (self.body, self.eye) for part in net.parameters())

    @torch.inference_mode()
    def hint(self, picture: torch.Tensor) -> torch.Tensor:
        """Return what it makes of a picture, float32 [3, H, W] from 0 to 1: [c, h, w], as large as the latents."""
        seen = picture.flip(0) if self.flips else picture
        made: torch.Tensor = self.eye(seen[None].to(self.body.device, self.body.dtype))[0]
        return made

    def __call__(
        self,
        latents: torch.Tensor,
        timesteps: torch.Tensor,
        embeddings: torch.Tensor,
        hints: torch.Tensor,
    ) -> Residuals:
        """Return what it adds, for latents of which it sees only those of the picture that is drawn."""
        dtype = self.body.dtype
        down, middle = self.body(
            latents[:, : self.body.config.in_channels].to(dtype),
            timesteps,
            encoder_hidden_states=embeddings.to(dtype),
            controlnet_cond=hints,
            return_dict=False,
        )
        return [*down, middle]


def loaded(file: ControlFile, base: Base, where: Placement) -> ControlNet:
    """Return the ControlNet of `file` for `base`, in place on its device.

    Raises:
        RefusedFile: It does not fit, is not what it was, or is not finite in the precision of the device.
    """
    network = without_numbers(file, base)
    numbers = dict(_placed(file, where))
    network.load_state_dict(numbers, assign=True)
    network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    eye, network.controlnet_cond_embedding = network.controlnet_cond_embedding, nn.Identity()
    flips = file.config.get("controlnet_conditioning_channel_order") == "bgr"
    return ControlNet(file.name, file.sha256, network, eye, flips)


def _placed(file: ControlFile, where: Placement) -> Iterator[tuple[str, torch.Tensor]]:
    for name, entry, data in tensors_of(file):
        given = torch.frombuffer(bytearray(data), dtype=_DTYPES[entry.dtype]).view(entry.shape)
        part = given.to(where.device, where.dtype, copy=True)
        if not bool(part.isfinite().all()):
            raise RefusedFile(f"{file.name}: {name} is not finite in {where.dtype_name}")
        yield name, part

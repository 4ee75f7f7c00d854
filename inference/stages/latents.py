"""The noise an image begins as, and what samplers add on the way: a function of seed and size alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from inference.devices import to_device

_SAME = 1e-6  # the sine of an angle below which two noises are one
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Noise:
    """All that one image draws; float32 on the CPU, whatever the model runs on, since CUDA and fp16 draw other numbers.

    `picture` and `hidden` [c, h, w] pick the latents of what is drawn over, `start` [c, h, w] is what an image begins
    as, `steps` [draws, c, h, w] what its sampler adds.
    """

    start: torch.Tensor
    steps: torch.Tensor
    picture: torch.Tensor | None = None
    hidden: torch.Tensor | None = None

    def on(self, device: torch.device) -> Noise:
        """Return it on a device."""
        return Noise(
            *(
                part if part is None else to_device(part, device)
                for part in (self.start, self.steps, self.picture, self.hidden)
            )
        )


class Source:
    """Noise of one shape from one seed, one tensor after the other."""

    def __init__(self, seed: int, shape: tuple[int, ...]) -> None:
        self._shape, self._generator = shape, torch.Generator("cpu").manual_seed(seed)

    def draw(self) -> torch.Tensor:
        """Return the next noise, float32 on the CPU."""
        return torch.randn(self._shape, generator=self._generator)


def noise_of(
    seed: int, shape: Shape, draws: int, *, picture: bool = False, hidden: bool = False
) -> Noise:
    """Return the noise of `shape` (channels, height, width) for as many steps as draw some.

    Drawn at once from one generator in the order in which diffusers draws, so that nothing depends on who
    shares the steps.
    """
    source = Source(seed, shape)
    of_picture = source.draw() if picture else None
    start = source.draw()
    of_hidden = source.draw() if hidden else None
    # Not all by one call: how that draws depends on how many numbers it draws.
    steps = torch.stack([source.draw() for _ in range(draws)]) if draws else torch.empty(0, *shape)
    return Noise(start, steps, of_picture, of_hidden)


def between(one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
    """Return noise that lies `share` of the way from `one` to `other`, 0 to 1, on the arc between them.

    On the arc, because a mean of noises is less than noise: Shoemake 1985, "Animating rotation with quaternion curves".
    """
    first, second = (tensor.double().flatten() for tensor in (one, other))
    cosine = torch.dot(first / first.norm(), second / second.norm()).clamp(-1, 1)
    angle = torch.acos(cosine)
    if float(angle.sin()) < _SAME:
        return torch.lerp(one, other, share)
    parts = torch.sin((1 - share) * angle), torch.sin(share * angle)
    return ((parts[0] * first + parts[1] * second) / angle.sin()).view_as(one).to(one.dtype)

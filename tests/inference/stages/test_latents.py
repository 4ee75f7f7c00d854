from __future__ import annotations

import torch

from inference.stages.latents import noise_of

SHAPE = (4, 9, 7)


def test_depends_on_the_seed_and_nothing_else() -> None:
    one, again, other = (noise_of(seed, SHAPE, 1, sigma=1.0) for seed in (1, 1, 2))
    assert all(torch.equal(made, wanted) for made, wanted in zip(one, again, strict=True))
    assert not torch.equal(one[0], other[0])


def test_comes_in_the_order_in_which_diffusers_draws() -> None:
    start, noise = noise_of(5, SHAPE, 2, sigma=14.6)
    source = torch.Generator().manual_seed(5)
    first, second, third = (torch.randn((1, *SHAPE), generator=source)[0] for _ in range(3))
    assert torch.equal(start, first * 14.6)
    assert torch.equal(noise, torch.stack([second, third]))


def test_who_draws_none_has_none() -> None:
    assert noise_of(5, SHAPE, 0, sigma=1.0)[1].shape == (0, *SHAPE)

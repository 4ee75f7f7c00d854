from __future__ import annotations

import torch

from inference.stages.latents import noise_of

SHAPE = (4, 9, 7)


def test_depends_on_the_seed_and_nothing_else() -> None:
    one, again, other = (noise_of(seed, SHAPE, [True], sigma=1.0) for seed in (1, 1, 2))
    assert torch.equal(one[0], again[0])
    assert not torch.equal(one[0], other[0])


def test_comes_in_the_order_in_which_diffusers_draws() -> None:
    start, noise = noise_of(5, SHAPE, [True, False, True], sigma=14.6)
    source = torch.Generator().manual_seed(5)
    first, second, third = (torch.randn((1, *SHAPE), generator=source)[0] for _ in range(3))
    assert torch.equal(start, first * 14.6)
    assert torch.equal(
        torch.stack([one for one in noise if one is not None]), torch.stack([second, third])
    )
    assert noise[1] is None

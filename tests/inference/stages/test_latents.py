from __future__ import annotations

import torch

from inference.stages.latents import noise_of

SHAPE = (4, 9, 7)


def test_depends_on_the_seed_and_nothing_else() -> None:
    one, again, other = (noise_of(seed, SHAPE, 1) for seed in (1, 1, 2))
    assert torch.equal(one.start, again.start)
    assert torch.equal(one.steps, again.steps)
    assert not torch.equal(one.start, other.start)


def _drawn(seed: int, times: int) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    return [torch.randn((1, *SHAPE), generator=source)[0] for _ in range(times)]


def test_comes_in_the_order_in_which_diffusers_draws() -> None:
    noise = noise_of(5, SHAPE, 2)
    first, second, third = _drawn(5, 3)
    assert torch.equal(noise.start, first)
    assert torch.equal(noise.steps, torch.stack([second, third]))
    assert (noise.picture, noise.hidden) == (None, None)


def test_what_picks_the_latents_of_a_picture_is_drawn_before_and_of_what_is_hidden_after() -> None:
    noise = noise_of(5, SHAPE, 1, picture=True, hidden=True)
    wanted = _drawn(5, 4)
    given = (noise.picture, noise.start, noise.hidden, noise.steps[0])
    assert all(
        made is not None and torch.equal(made, one) for made, one in zip(given, wanted, strict=True)
    )


def test_who_draws_none_has_none() -> None:
    assert noise_of(5, SHAPE, 0).steps.shape == (0, *SHAPE)

"""What can be said of the ways to call a UNet without a GPU."""

from __future__ import annotations

from pathlib import Path

import torch

from inference.bundles import load_bundle
from inference.devices import Placement
from inference.unets import EagerUNet, _padded, precise_unet


def test_the_precise_copy_is_float32_and_leaves_the_network_alone(tiny_model_dir: Path) -> None:
    network = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.bfloat16)).unet
    given = torch.randn(2, 4, 8, 8), torch.tensor([500.0, 20.0]), torch.randn(2, 16, 32)
    with torch.inference_mode():
        plain, precise = EagerUNet(network)(*given), precise_unet(network)(*given)
    assert (plain.dtype, precise.dtype) == (torch.bfloat16, torch.float32)
    assert network.dtype == torch.bfloat16
    assert torch.allclose(plain.float(), precise, atol=0.1)


def test_every_row_has_its_own_timestep(tiny_model_dir: Path) -> None:
    network = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.float32)).unet
    unet, x, words = EagerUNet(network), torch.randn(1, 4, 8, 8), torch.randn(1, 16, 32)
    times = torch.tensor([900.0, 3.5])
    with torch.inference_mode():
        both = unet(x.repeat(2, 1, 1, 1), times, words.repeat(2, 1, 1))
        alone = [unet(x, time[None], words) for time in times]
    assert torch.allclose(both, torch.cat(alone), atol=1e-5)


def test_padding_repeats_the_first_row() -> None:
    padded = _padded(torch.arange(3.0).view(3, 1), 5)
    assert padded.flatten().tolist() == [0, 1, 2, 0, 0]

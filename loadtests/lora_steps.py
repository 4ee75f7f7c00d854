"""How long a step takes with LoRAs beside one without, and how long switching takes: `python -m loadtests.lora_steps`.

Draws nothing to the end: it times the UNet of a model at its usual size, in one process and in turns. On a CPU it
counts what this process was given of it, whatever else runs. The LoRAs are random ones of every attention projection.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file

from inference.adapters.applying import Outfit
from inference.adapters.offers import LoraOffer
from inference.adapters.shelf import Shelf
from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog
from inference.devices import place
from inference.protocol import LoraUse
from inference.unets import EagerUNet

ATTENTION = ("to_q", "to_k", "to_v", "to_out_0")
NAMES = ("a", "b")
WARM_UP = 2


def main() -> None:
    """Print a table: what a step costs with no LoRA, with one, with two, with another one every step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        bundle = load_bundle(Catalog.read().offers[0], place())
        shelf = _shelf(bundle, Path(folder), asked.rank)
        _measure(bundle, shelf, rows=asked.rows, rounds=asked.rounds)


def _measure(bundle: Bundle, shelf: Shelf, *, rows: int, rounds: int) -> None:
    a, b = (shelf.outfit([LoraUse(name=name)]) for name in NAMES)
    step = _step(bundle, rows)
    half = rows // 2
    arms: dict[str, Callable[[int], list[Outfit]]] = {
        "none": lambda _: [],
        "one LoRA in every row": lambda _: [a] * rows,
        "one LoRA in half of the rows": lambda _: [a] * half + [()] * (rows - half),
        "two LoRAs in every row": lambda _: [a + b] * rows,
        "another LoRA every step": lambda k: [(a, b)[k % 2]] * rows,
    }
    seconds: dict[str, list[float]] = {name: [] for name in arms}
    for k in range(rounds + WARM_UP):
        for name, outfits in arms.items():
            took = step(outfits(k))
            if k >= WARM_UP:  # the first ones warm up
                seconds[name].append(took)
    usual = min(seconds["none"])
    where = f"{bundle.card.name} on {bundle.placement.device}"
    print(f"{where}, {rows} rows, {rounds} rounds, the fastest of each")  # noqa: T201 - the answer
    for name, times in seconds.items():
        fastest = min(times)
        print(f"{name:32} {fastest * 1000:8.2f} ms  {fastest / usual:5.2f} × none")  # noqa: T201 - the answer


def _step(bundle: Bundle, rows: int) -> Callable[[list[Outfit]], float]:
    unet, device = EagerUNet(bundle.unet), bundle.placement.device
    side = bundle.card.defaults.width // bundle.pixels_per_latent
    latents = torch.randn(rows, int(bundle.unet.config.in_channels), side, side).to(device)
    words = bundle.encoder.encode("a red dress").expand(rows, -1, -1).contiguous()
    times = torch.full((rows,), 500.0, device=device)

    def step(outfits: list[Outfit]) -> float:
        clock = time.process_time if device.type == "cpu" else time.perf_counter
        began = clock()
        (unet.wearing(outfits) if outfits else unet)(latents, times, words)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return clock() - began

    return step


def _shelf(bundle: Bundle, folder: Path, rank: int) -> Shelf:
    networks = bundle.shelf.networks
    for name in NAMES:
        tensors = {}
        for path, module in networks["unet"].items():
            if isinstance(module, torch.nn.Linear) and path.endswith(ATTENTION):
                stem = f"lora_unet_{path}"
                tensors[f"{stem}.lora_down.weight"] = torch.randn(rank, module.in_features)
                tensors[f"{stem}.lora_up.weight"] = torch.randn(module.out_features, rank) / 100
        save_file(tensors, folder / f"{name}.safetensors")
    offers = [
        LoraOffer(root=folder, name=name, file=Path(f"{name}.safetensors"), models=("it",))
        for name in NAMES
    ]
    return Shelf(bundle.card.name, offers, networks, bundle.placement)


if __name__ == "__main__":
    main()

"""The models on their device: loaded, warmed up, measured. Imports torch.

Says which UNet serves a key and how many rows of it are worth a call. Leaves who is drawn to `loop`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable, Sequence
from typing import Self

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from inference.adapters.applying import Outfit
from inference.adapters.shelf import Wardrobe
from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog
from inference.devices import (
    choose_threads,
    peak_flops,
    place,
    prefer_speed,
    use_device,
    use_every_core,
)
from inference.flops import flops_of
from inference.generation import Generation
from inference.protocol import GenerationParameters, GenerationRequest, ModelCard
from inference.recipes import Key, recipe_for
from inference.rowcaps import MOST, MOST_ON_CPU, RowCaps, knee
from inference.slots import batch_of, slot_for
from inference.stages import decode, denoise, safety
from inference.stages.denoise import UNet
from inference.unets import EagerUNet, GraphedUNet, precise_unet

logger = logging.getLogger(__name__)


class Studio:
    """Models on one device, by name."""

    def __init__(self, bundles: Sequence[Bundle]) -> None:
        self.placement = bundles[0].placement
        self._bundles = {bundle.card.name: bundle for bundle in bundles}
        self._first = bundles[0]
        self.every_thread = torch.get_num_threads()
        self._unets: dict[tuple[str, bool], EagerUNet | GraphedUNet] = {}
        self.row_caps = RowCaps()
        self._flops_per_pixel: dict[str, float] = {}
        self._peak_flops = peak_flops(self.placement)

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """Load every model of the catalog to the best device there is, which this thread then uses."""
        for library in (diffusers_logging, transformers_logging):
            library.set_verbosity_error()
            library.disable_default_handler()  # which would write past the redaction of ours
            library.enable_propagation()
        placement, threads = place(), use_every_core()
        use_device(placement.device)
        prefer_speed(placement.device)
        wardrobe = Wardrobe()
        studio = cls([load_bundle(offer, placement, wardrobe) for offer in catalog.offers])
        logger.info("drawing on %s in %s with %d threads", studio.device, studio.dtype, threads)
        return studio

    @property
    def device(self) -> str:
        """The torch device: cpu, cuda:0."""
        return str(self.placement.device)

    @property
    def dtype(self) -> str:
        """The precision of the models: float32, bfloat16, float16."""
        return self.placement.dtype_name

    @property
    def cards(self) -> dict[str, ModelCard]:
        """The cards of the models by name, as they are after loading; the first is the default."""
        return {name: bundle.card for name, bundle in self._bundles.items()}

    @property
    def halves(self) -> bool:
        """Whether the models compute in less than float32, so that float32 may save what overflowed."""
        return self.placement.dtype != torch.float32

    def bundle(self, model: str) -> Bundle:
        """Return the model of that name."""
        return self._bundles[model]

    def unet(self, key: Key, outfits: Sequence[Outfit] = ()) -> UNet:
        """Return the UNet for the images of `key`; a float32 copy is made when first needed.

        Row k wears `outfits[k]`, where any row wears something.
        """
        at = (key.model, key.precise)
        if at not in self._unets:
            network = self._bundles[key.model].unet
            if key.precise:
                self._unets[at] = precise_unet(network)
            elif self.placement.device.type == "cuda":
                self._unets[at] = GraphedUNet(network)
            else:
                self._unets[at] = EagerUNet(network)
        return self._unets[at].wearing(outfits) if any(outfits) else self._unets[at]

    def warm_up(self) -> None:
        """Draw a step with every model at its usual size, and measure how many rows it is worth sharing."""
        for bundle in self._bundles.values():
            self._rehearse(bundle)

    def row_cap(self, key: Hashable) -> int:
        """Return how many UNet rows a tick of `key` may carry."""
        assert isinstance(key, Key)  # noqa: S101 - the loop has no other keys
        return self.row_caps.of(key.model, key.height * key.width)

    def mfu(self, key: Key, rows: int, seconds: float) -> float:
        """Return the share of the device's measured matrix speed that a step of `rows` reached.

        FLOP were counted at the model's usual size; other sizes are judged by their pixels.
        """
        flops = self._flops_per_pixel[key.model] * key.height * key.width * rows
        return flops / seconds / self._peak_flops

    def free_memory(self) -> None:
        """Give back every graph and what torch keeps for later, after an allocation failed."""
        if self.placement.device.type == "cuda":
            self._synchronise()
            for unet in self._unets.values():
                if isinstance(unet, GraphedUNet):
                    unet.forget()
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _rehearse(self, bundle: Bundle) -> None:
        generation = _rehearsal(bundle)
        slot = slot_for(generation, 0, recipe_for(bundle, generation), now=0.0)
        unet = self.unet(slot.key)
        pixels = slot.key.height * slot.key.width
        # A UNet made for masks sees them beside the latents.
        seen = slot.latents if slot.beside is None else torch.cat([slot.latents, slot.beside])
        one_row = (
            seen[None],
            slot.recipe.table.rows[:1, 0].to(slot.latents.device),
            slot.recipe.positive[None],
        )
        flops = flops_of(lambda: EagerUNet(bundle.unet)(*one_row))
        self._flops_per_pixel[bundle.card.name] = flops / pixels
        stepped = denoise.step(unet, batch_of([slot]))
        safety.score(bundle.safety, decode.decode(bundle.vae, stepped.latents))

        on_cpu = self.placement.device.type == "cpu"

        def timed(rows: int) -> float:
            times = torch.full(
                (rows,), float(slot.recipe.table.rows[0, 0]), device=slot.latents.device
            )
            given = (
                seen.expand(rows, *seen.shape).contiguous(),
                times,
                slot.recipe.positive.expand(rows, *slot.recipe.positive.shape).contiguous(),
            )
            if not on_cpu:
                unet(*given)  # the first call captures the graph
            self._synchronise()
            began = time.perf_counter()
            unet(*given)
            self._synchronise()
            return time.perf_counter() - began

        if on_cpu and bundle is self._first:
            choose_threads(lambda: timed(2))
        # The faster of two: somebody else may want the cores for a moment.
        rows = knee(lambda n: min(timed(n), timed(n)), most=MOST_ON_CPU if on_cpu else MOST)
        if isinstance(unet, GraphedUNet):
            unet.forget()  # also those of more rows, which nobody will ask for
            unet.capture(seen, slot.recipe.positive, rows)
        self.row_caps.learn(bundle.card.name, pixels, rows)
        logger.info(
            "%s: %d rows a step at %d×%d", bundle.card.name, rows, slot.key.width, slot.key.height
        )

    def _synchronise(self) -> None:
        if self.placement.device.type == "cuda":
            torch.cuda.synchronize(self.placement.device)


def _rehearsal(bundle: Bundle) -> Generation:
    asked = GenerationParameters(prompt="warm-up", num_inference_steps=1, model=bundle.card.name)
    complete = asked.completed_by(bundle.card, seed=0)
    return Generation(GenerationRequest(id="warm-up", parameters=asked), complete)

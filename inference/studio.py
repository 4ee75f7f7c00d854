"""The models on their device: loaded, warmed up, measured. Imports torch.

Says which UNet serves a key and how many rows of it are worth a call. Leaves who is drawn to `loop`, and which models
are loaded to `fleet`.
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
from inference.briefs import Key, brief_for
from inference.bundles import Bundle, load_bundle
from inference.catalog import Catalog, Offer
from inference.controls.applying import Shapes
from inference.controls.shelf import Rack
from inference.devices import (
    Placement,
    choose_threads,
    model_budget,
    peak_flops,
    place,
    prefer_speed,
    use_device,
    use_every_core,
)
from inference.fleet import Fleet
from inference.flops import flops_of
from inference.generation import Generation
from inference.protocol import GenerationParameters, GenerationRequest
from inference.rowcaps import MOST, MOST_ON_CPU, RowCaps, knee
from inference.slots import Slot, batch_of, slot_for
from inference.stages import decode, denoise
from inference.stages.denoise import UNet
from inference.unets import EagerUNet, GraphedUNet, precise_unet

logger = logging.getLogger(__name__)


class Studio:
    """Models on one device, by name."""

    def __init__(self, fleet: Fleet, placement: Placement) -> None:
        self.fleet, self.placement = fleet, placement
        self.every_thread = torch.get_num_threads()
        self._unets: dict[tuple[str, bool], EagerUNet | GraphedUNet] = {}
        self.row_caps = RowCaps()
        self._flops_per_pixel: dict[str, float] = {}
        self._threads_chosen = False
        self._peak_flops = peak_flops(self.placement)

    @classmethod
    def of(cls, catalog: Catalog) -> Self:
        """Load the models of the catalog to the best device there is, which this thread then uses.

        The first one, and those after it that fit beside; the others stay cold until somebody draws with them.
        """
        for library in (diffusers_logging, transformers_logging):
            library.set_verbosity_error()
            library.disable_default_handler()  # which would write past the redaction of ours
            library.enable_propagation()
        placement, threads = place(), use_every_core()
        use_device(placement.device)
        prefer_speed(placement.device)
        wardrobe, rack = Wardrobe(), Rack()

        def load(offer: Offer) -> Bundle:
            use_device(placement.device)
            return load_bundle(offer, placement, wardrobe, rack)

        fleet = Fleet(catalog.offers, load, model_budget(placement.device))
        fleet.fill()
        studio = cls(fleet, placement)
        logger.info("drawing on %s in %s with %d threads", studio.device, studio.dtype, threads)
        return studio

    @classmethod
    def with_bundles(cls, *bundles: Bundle) -> Self:
        """Return a studio of models that are loaded already."""
        fleet = Fleet.of(*bundles)
        return cls(fleet, bundles[0].placement)

    @property
    def device(self) -> str:
        """The torch device: cpu, cuda:0."""
        return str(self.placement.device)

    @property
    def dtype(self) -> str:
        """The precision of the models: float32, bfloat16, float16."""
        return self.placement.dtype_name

    @property
    def halves(self) -> bool:
        """Whether the models compute in less than float32, so that float32 may save what overflowed."""
        return self.placement.dtype != torch.float32

    def bundle(self, model: str) -> Bundle:
        """Return the model of that name, which is warm.

        Raises:
            Unavailable: It is cold.
        """
        return self.fleet.bundle(model)

    def unet(self, key: Key, outfits: Sequence[Outfit] = (), shapes: Sequence[Shapes] = ()) -> UNet:
        """Return the UNet for the images of `key`; a float32 copy is made when first needed.

        Row k wears `outfits[k]` and is drawn by `shapes[k]`, where any row has something of that.
        """
        at = (key.model, key.precise)
        if at not in self._unets:
            network = self.bundle(key.model).unet
            if key.precise:
                self._unets[at] = precise_unet(network)
            elif self.placement.device.type == "cuda":
                self._unets[at] = GraphedUNet(network)
            else:
                self._unets[at] = EagerUNet(network)
        plain = self._unets[at]
        return plain.wearing(outfits, shapes) if any(outfits) or any(shapes) else plain

    def warm_up(self) -> None:
        """Draw a step with every warm model at its usual size, and measure how many rows it is worth sharing."""
        for bundle in self.fleet.bundles:
            self._rehearse(bundle)

    def take_in(self) -> None:
        """Warm up the model that has been loaded beside, if one has."""
        if bundle := self.fleet.take_in():
            self._rehearse(bundle)

    def make_room(self, *models: str) -> None:
        """Let models go that nobody draws with, and their memory with them."""
        for model in models:
            self.fleet.evict(model)
            for precise in (False, True):
                self._unets.pop((model, precise), None)
        if models:
            self.free_memory()

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
        """Give back every graph, what nobody draws by and what torch keeps for later, after an allocation failed."""
        for bundle in self.fleet.bundles:
            bundle.controls.forget()
        if self.placement.device.type == "cuda":
            self._synchronise()
            for unet in self._unets.values():
                if isinstance(unet, GraphedUNet):
                    unet.forget()
            torch.cuda.empty_cache()

    @torch.inference_mode()
    def _rehearse(self, bundle: Bundle) -> None:
        generation = _rehearsal(bundle)
        slot = slot_for(generation, 0, brief_for(bundle, generation), now=0.0)
        unet = self.unet(slot.key)
        pixels = slot.key.height * slot.key.width
        one_row = [given[None] for given in _row_of(slot)]
        flops = flops_of(lambda: EagerUNet(bundle.unet)(*one_row))
        self._flops_per_pixel[bundle.card.name] = flops / pixels
        stepped = denoise.step(unet, batch_of([slot]))
        bundle.panel.score(decode.decode(bundle.vae, stepped.latents))
        rows = self._rows_worth_sharing(unet, _row_of(slot))
        if isinstance(unet, GraphedUNet):
            unet.forget()  # also those of more rows, which nobody will ask for
            seen, _, *told = _row_of(slot)
            unet.capture(seen, told[0], rows, *told[1:])
        self.row_caps.learn(bundle.card.name, pixels, rows)
        logger.info(
            "%s: %d rows a step at %d×%d", bundle.card.name, rows, slot.key.width, slot.key.height
        )

    def _rows_worth_sharing(self, unet: UNet, row: Sequence[torch.Tensor]) -> int:
        """Measure how many rows like `row` a call is worth; the first time, with how many threads as well."""
        on_cpu = self.placement.device.type == "cpu"

        def timed(rows: int) -> float:
            given = [one.expand(rows, *one.shape).contiguous() for one in row]
            if not on_cpu:
                unet(*given)  # the first call captures the graph
            self._synchronise()
            began = time.perf_counter()
            unet(*given)
            self._synchronise()
            return time.perf_counter() - began

        if on_cpu and not self._threads_chosen:
            self._threads_chosen = True
            choose_threads(lambda: timed(2))
        # The faster of two: somebody else may want the cores for a moment.
        return knee(lambda n: min(timed(n), timed(n)), most=MOST_ON_CPU if on_cpu else MOST)

    def _synchronise(self) -> None:
        if self.placement.device.type == "cuda":
            torch.cuda.synchronize(self.placement.device)


def _rehearsal(bundle: Bundle) -> Generation:
    asked = GenerationParameters(prompt="warm-up", num_inference_steps=1, model=bundle.card.name)
    complete = asked.completed_by(bundle.card, seed=0)
    return Generation(GenerationRequest(id="warm-up", parameters=asked), complete)


def _row_of(slot: Slot) -> tuple[torch.Tensor, ...]:
    """Return what the UNet is given for one row of `slot` at its first step: of a UNet made for masks, these too."""
    seen = slot.latents if slot.beside is None else torch.cat([slot.latents, slot.beside])
    step = slot.brief.table.rows[0, 0].to(slot.latents.device)
    return (seen, step, slot.brief.positive, *slot.brief.wholes[:1])

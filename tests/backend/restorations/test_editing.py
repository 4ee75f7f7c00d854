"""How an image was drawn over a picture, or varied, is restored from every dialect that writes it; the picture is not."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import pytest

from backend.images import metadata, webp
from backend.restorations import dialects
from backend.restorations.files import texts_in
from backend.restorations.fitting import fitted
from backend.restorations.schemas import Reason, Restoration
from inference.protocol import (
    ControlUse,
    Decoder,
    Fit,
    GenerationParameters,
    Margins,
    MaskedArea,
    Upscale,
)
from tests.backend.restorations import pictures
from tests.backend.restorations.pictures import COMFYUI, INFOTEXT, INVOKEAI, SWARMUI
from tests.fixtures.colours import picture
from tests.fixtures.scripted import CARD, DRAFTING

OVER = GenerationParameters(
    prompt="a red dress",
    width=64,
    height=64,
    seed=5,
    model="scripted",
    init_image="01ours",
    strength=0.42,
    fit=Fit.PAD,
    mask="01mask",
    invert_mask=True,
    mask_blur=7,
    masked_area=MaskedArea.MASKED,
    outpaint=Margins(left=8),
    variation_seed=99,
    variation_strength=0.3,
)


def restored(texts: dict[str, str]) -> Restoration:
    found = dialects.read(texts)
    assert found
    return fitted(found, [CARD])


@pytest.mark.parametrize("decoder", Decoder)
def test_a_draft_is_restored_as_one_where_the_model_has_a_decoder_for_it(decoder: Decoder) -> None:
    asked = OVER.model_copy(update={"decoder": decoder})
    said = metadata.provenance_of(asked, DRAFTING, generation_id="01abc", index=0)
    file = metadata.marked(webp.parse(picture(1, asked)), said).to_bytes()
    found = dialects.read(texts_in(BytesIO(file)) or {})
    assert found
    assert fitted(found, [DRAFTING]).settings.decoder == decoder
    without = fitted(found, [CARD])
    assert without.settings.decoder == "full"
    changes = {one.field: one for one in without.changes}
    assert ("decoder" in changes) is (decoder is Decoder.TINY)
    assert decoder is Decoder.FULL or changes["decoder"].reason is Reason.NEAREST


def test_a_decoder_that_a_hostile_file_names_is_none() -> None:
    for said in ("huge", ["tiny"], {"tiny": 1}, 3, None):
        packet = escape(json.dumps({"parameters": {"prompt": "a hat", "decoder": said}}))
        xmp = f"<atelier:generation>{packet}</atelier:generation>"
        assert restored({"xmp": xmp}).settings.decoder is None


def test_a1111s_word_for_a_tiny_decoder_is_known() -> None:
    for said, decoder in (("TAESD", "tiny"), ("Approx NN", None)):
        found = dialects.read({"parameters": f"{INFOTEXT}, VAE Decoder: {said}"})
        assert found
        assert fitted(found, [DRAFTING]).settings.decoder == decoder


def of_infotext(more: str) -> Restoration:
    return restored({"parameters": f"{INFOTEXT}, {more}"})


def of_json(name: str, said: dict[str, Any]) -> Restoration:
    return restored({name: json.dumps(said)})


def left_out(restoration: Restoration) -> list[str]:
    return [one.field for one in restoration.changes if one.reason is Reason.LEFT_OUT]


class TestOurs:
    def restored(self, **changed: Any) -> Restoration:
        parameters = OVER.model_copy(update=changed)
        provenance = metadata.provenance_of(parameters, CARD, generation_id="01abc", index=0)
        data = metadata.marked(webp.parse(picture(1, provenance.parameters)), provenance)
        return restored(dict(texts_in(BytesIO(data.to_bytes())) or {}))

    def test_everything_but_the_pictures_comes_back(self) -> None:
        found = self.restored()
        for name, value in found.settings.model_dump(exclude={"negative_prompt"}).items():
            asked = getattr(OVER, name)
            assert value == (asked.model_dump() if isinstance(asked, Margins) else asked), name
        [change] = found.changes
        assert (change.field, change.found, change.used) == (
            "init_image", "a picture and a mask", None,
        )  # fmt: skip
        assert "choose them again" in change.note

    def test_what_was_drawn_from_its_prompt_has_nothing_of_it(self) -> None:
        plain = self.restored(init_image=None, mask=None, outpaint=None, variation_strength=0.0)
        settings = plain.settings
        assert (settings.strength, settings.mask_blur, settings.variation_seed) == (None,) * 3
        assert plain.changes == []

    def test_how_it_was_made_larger_comes_back(self) -> None:
        plain = {"mask": None, "outpaint": None, "variation_strength": 0.0}
        found = self.restored(**plain, upscale=Upscale(factor=4))
        assert found.settings.upscale == Upscale(factor=4)
        assert found.settings.strength == 0.42
        [change] = found.changes
        assert change.field == "init_image"
        assert "made of a picture" in change.note

    def test_shapes_are_named_and_left_out(self) -> None:
        uses = (
            ControlUse(name="scribble", image="01drawing", scale=0.75),
            ControlUse(name="edges", image="01photo"),
        )
        plain = {"init_image": None, "mask": None, "outpaint": None, "variation_strength": 0.0}
        found = self.restored(**plain, control=uses)
        assert [one.found for one in found.changes] == ["scribble, scale 0.75", "edges, scale 1"]
        assert left_out(found) == ["control", "control"]
        assert "draw or choose it again" in found.changes[0].note
        assert found.settings.strength is None

    @pytest.mark.parametrize(
        "said",
        [{"upscale": {"factor": 3}}, {"upscale": 4}, {"control": "x"}, {"control": [1, {}, None]}],
    )
    def test_what_somebody_wrote_into_it_breaks_nothing(self, said: dict[str, Any]) -> None:
        told = {"op": "upscale", "parameters": {"prompt": "a dress", "strength": 0.5}, **said}
        text = escape(json.dumps(told))
        found = restored({"xmp": f"<atelier:generation>{text}</atelier:generation>"})
        assert found.settings.upscale is None
        assert left_out(found) == ["init_image"]


class TestA1111:
    def test_shapes_of_the_extension(self) -> None:
        unit = "Module: canny, Model: control_canny [d14c016b], Weight: 0.5, Guidance End: 0.9"
        found = of_infotext(f'ControlNet 0: "{unit}", ControlNet 1: "Module: none"')
        changes = [one for one in found.changes if one.field == "control"]
        assert [one.found for one in changes] == [
            "control_canny [d14c016b], module canny, weight 0.5, guidance end 0.9",
            "module none",
        ]

    def test_our_own_words_without_our_json(self) -> None:
        use = ControlUse(name="scribble", image="01drawing", scale=0.75)
        parameters = OVER.model_copy(update={"control": (use,), "mask": None, "outpaint": None})
        said = metadata.provenance_of(parameters, CARD, generation_id="01abc", index=0)
        found = restored({"parameters": metadata.infotext(said)})
        assert "scribble [c1c1c1c1], module none, weight 0.75" in found.changes[-1].found

    @pytest.mark.parametrize(
        ("more", "field", "value"),
        [
            ("SD upscale overlap: 64, SD upscale upscaler: Lanczos", "tiles_overlap", "64"),
            ("SD upscale upscaler: 4x-UltraSharp", "tiles_upscaler", "4x-UltraSharp"),
            ("Ultimate SD upscale upscaler: ESRGAN", "tiles_upscaler", "ESRGAN"),
            ("Postprocess upscale by: 4", "enlarged_afterwards", "4"),
            ("Postprocess upscale to: 512x512", "enlarged_afterwards", "512x512"),
            ("Postprocess upscaler: Lanczos", "enlarged_with", "Lanczos"),
        ],
    )
    def test_how_others_made_it_larger_is_told(self, more: str, field: str, value: str) -> None:
        told = {one.field: one.found for one in of_infotext(more).changes}
        assert told[field] == value

    def test_its_own_infotext_of_inpainting(self) -> None:
        found = of_infotext(
            "Denoising strength: 0.6, Mask blur: 9, Mask mode: Inpaint not masked, "
            "Inpaint area: Only masked, Masked area padding: 32"
        )
        settings = found.settings
        assert (settings.strength, settings.mask_blur, settings.invert_mask) == (0.6, 9, True)
        assert settings.masked_area is MaskedArea.MASKED
        assert "init_image" in left_out(found)

    def test_ours_is_read_as_theirs(self) -> None:
        said = metadata.provenance_of(OVER, CARD, generation_id="01abc", index=0)
        settings = restored({"parameters": metadata.infotext(said)}).settings
        assert (settings.strength, settings.mask_blur, settings.invert_mask) == (0.42, 7, True)
        assert settings.masked_area is MaskedArea.MASKED
        assert (settings.variation_seed, settings.variation_strength) == (99, 0.3)

    def test_an_image_without_a_mask(self) -> None:
        found = of_infotext("Denoising strength: 0.6")
        assert (found.settings.strength, found.settings.mask_blur) == (0.6, None)

    def test_the_strength_of_enlarging_is_another_one(self) -> None:
        found = of_infotext("Denoising strength: 0.6, Hires upscale: 2, Hires upscaler: Latent")
        assert found.settings.strength is None
        assert "denoising_strength" in left_out(found)
        assert "init_image" not in left_out(found)

    def test_a_variation(self) -> None:
        settings = of_infotext("Variation seed: 7, Variation seed strength: 0.25").settings
        assert (settings.variation_seed, settings.variation_strength) == (7, 0.25)

    @pytest.mark.parametrize(
        ("said", "field", "used"),
        [
            ("Denoising strength: 0", "strength", 0.01),
            ("Denoising strength: 0.5, Mask blur: 100", "mask_blur", 64),
            ("Variation seed: 1, Variation seed strength: 3", "variation_strength", 1),
        ],
    )
    def test_beyond_our_limits_the_nearest_is_taken_and_told(
        self, said: str, field: str, used: float
    ) -> None:
        found = of_infotext(said)
        assert getattr(found.settings, field) == used
        [change] = [one for one in found.changes if one.field == field]
        assert change.reason is Reason.NEAREST


def test_swarmui() -> None:
    asked = {
        **SWARMUI["sui_image_params"],
        "initimagecreativity": 0.55,
        "maskblur": 6,
        "variationseed": 8,
        "variationseedstrength": 0.1,
    }
    found = of_json("parameters", {**SWARMUI, "sui_image_params": asked})
    settings = found.settings
    assert (settings.strength, settings.mask_blur) == (0.55, 6)
    assert (settings.variation_seed, settings.variation_strength) == (8, 0.1)
    assert "init_image" in left_out(found)


@pytest.mark.parametrize(
    ("mode", "strength"), [("sdxl_img2img", 0.3), ("inpaint", 0.3), ("txt2img", None)]
)
def test_invokeai(mode: str, strength: float | None) -> None:
    asked = {**INVOKEAI, "strength": 0.3, "generation_mode": mode}
    found = of_json("invokeai_metadata", asked)
    assert found.settings.strength == strength
    assert ("init_image" in left_out(found)) == (strength is not None)


def test_comfyui() -> None:
    inputs = {**COMFYUI["3"]["inputs"], "denoise": 0.6}
    graph = {**COMFYUI, "3": {**COMFYUI["3"], "inputs": inputs}}
    found = of_json("prompt", graph)
    assert found.settings.strength == 0.6
    assert "init_image" in left_out(found)


@pytest.mark.parametrize("build", [pictures.a1111, pictures.swarmui, pictures.comfyui])
def test_what_was_drawn_from_nothing_has_no_strength(build: Any) -> None:
    found = restored(dict(texts_in(BytesIO(build())) or {}))
    assert (found.settings.strength, found.settings.variation_strength) == (None, None)


@pytest.mark.parametrize("outpaint", [{"left": 9}, {"left": "x"}, [8], "8", {"up": 8}])
def test_margins_that_somebody_made_up_are_none(outpaint: object) -> None:
    said = {
        "op": "outpaint",
        "outpaint": outpaint,
        "parameters": {"prompt": "x", "strength": "a", "fit": "wide", "mask_blur": 1.5},
    }
    xmp = f"<atelier:generation>{json.dumps(said)}</atelier:generation>"
    settings = restored({"xmp": xmp}).settings
    assert (settings.outpaint, settings.strength, settings.fit) == (None, None, None)

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from backend.images import metadata, webp
from backend.images.metadata import Provenance
from backend.images.schemas import Op
from inference.protocol import (
    ControlUse,
    Decoder,
    Fit,
    GenerationParameters,
    LoraCard,
    LoraUse,
    Margins,
    MaskedArea,
    Scheduler,
    Upscale,
)
from tests.fixtures.colours import picture
from tests.fixtures.scripted import CARD

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
PARAMETERS = GenerationParameters(
    prompt="a red dress",
    negative_prompt="blurred",
    width=64,
    height=72,
    num_inference_steps=21,
    guidance_scale=7.0,
    seed=965400086,
    model="sd-v1-4",
    scheduler=Scheduler.EULER_A,
)


def provenance(**changed: object) -> Provenance:
    parameters = PARAMETERS.model_copy(update=changed)
    return metadata.provenance_of(parameters, CARD, generation_id="01abc", index=2)


def file_of(**changed: object) -> bytes:
    said = provenance(**changed)
    return metadata.marked(webp.parse(picture(1, said.parameters)), said).to_bytes()


def user_comment(data: bytes) -> str:
    raw = Image.open(BytesIO(data)).getexif().get_ifd(0x8769)[0x9286]
    assert raw.startswith(b"UNICODE\0")
    return str(raw[8:].decode("utf-16-be"))


def xmp_of(data: bytes) -> ET.Element:
    return ET.fromstring(webp.parse(data).xmp or b"")


def xmp_text(data: bytes, name: str) -> str | None:
    return xmp_of(data).findtext(f".//{name}")


class TestLoras:
    CARD = CARD.model_copy(
        update={
            "loras": [LoraCard(name=name, title=name, sha256=name[0] * 64) for name in ("ab", "cd")]
        }
    )

    def provenance(self) -> Provenance:
        parameters = PARAMETERS.model_copy(
            update={
                "prompt": "a dress <lora:ab:0.8>",
                "loras": (LoraUse(name="cd", scale=-0.5), LoraUse(name="ab", scale=2)),
            }
        )
        return metadata.provenance_of(parameters, self.CARD, generation_id="01abc", index=0)

    def test_are_written_as_a1111_writes_them(self) -> None:
        text = metadata.infotext(self.provenance())
        assert text.startswith("a dress <lora:ab:0.8> <lora:cd:-0.5>\n")
        assert 'Lora hashes: "cd: cccccccccc, ab: aaaaaaaaaa", RNG' in text

    def test_are_in_our_json_as_they_were_asked_for(self) -> None:
        said = json.loads(self.provenance().model_dump_json())
        assert said["parameters"]["loras"][0] == {"name": "cd", "scale": -0.5}
        assert said["loras_sha256"] == {"cd": "c" * 64, "ab": "a" * 64}


class TestShapes:
    def provenance(self) -> Provenance:
        uses = (
            ControlUse(name="scribble", image="01drawing", prepare="invert", scale=0.75, end=0.8),
            ControlUse(name="edges", image="01photo", scale=0),
            ControlUse(name="edges", image="01photo", prepare="edges", start=0.25),
        )
        return provenance(control=uses, fit=Fit.PAD)

    def test_are_written_as_the_extension_writes_them(self) -> None:
        text = metadata.infotext(self.provenance())
        assert (
            'ControlNet 0: "Module: invert (from white bg & black line), Model: scribble [c1c1c1c1], '
            "Weight: 0.75, Resize Mode: Resize and Fill, Guidance Start: 0, Guidance End: 0.8, "
            'Control Mode: Balanced"'
        ) in text
        assert 'ControlNet 1: "Module: canny, Model: edges [c2c2c2c2], Weight: 1, ' in text
        assert "ControlNet 2" not in text
        assert "Denoising strength" not in text

    def test_are_in_our_json_without_their_pictures(self) -> None:
        said = json.loads(self.provenance().model_dump_json())
        assert (said["op"], said["parameters"]["control"]) == ("control", [])
        assert said["control"][0] == {
            "name": "scribble", "prepare": "invert", "scale": 0.75, "start": 0.0, "end": 0.8,
            "sha256": "c1" * 32,
        }  # fmt: skip
        assert "01drawing" not in json.dumps(said)

    def test_a_net_that_is_offered_no_more_has_no_digest(self) -> None:
        use = ControlUse(name="pose", image="01drawing")
        assert "Model: pose, Weight: 1" in metadata.infotext(provenance(control=(use,)))


class TestUpscales:
    def test_in_tiles_is_written_as_the_script_writes_it(self) -> None:
        said = provenance(init_image="01over", strength=0.3, upscale=Upscale(factor=4))
        text = metadata.infotext(said)
        assert "Denoising strength: 0.3" in text
        assert "SD upscale upscaler: Lanczos, SD upscale scale factor: 4" in text
        assert "Postprocess" not in text
        assert (said.op, said.parameters.upscale) == (Op.UPSCALE, None)
        assert said.source_type == metadata.TRAINED_ALGORITHMIC_MEDIA
        assert json.loads(said.model_dump_json())["upscale"] == {
            "factor": 4,
            "method": "diffusion",
        }

    def test_what_is_only_resampled_was_not_denoised(self) -> None:
        said = provenance(init_image="01over", upscale=Upscale(factor=2, method="resample"))
        text = metadata.infotext(said)
        assert "Postprocess upscale by: 2, Postprocess upscaler: Lanczos" in text
        assert "Denoising" not in text
        assert "SD upscale" not in text
        assert said.source_type == metadata.ENHANCED
        assert "enlarged" not in json.loads(said.model_dump_json())

    @pytest.mark.parametrize("kind", [metadata.TRAINED_ALGORITHMIC_MEDIA, metadata.COMPOSITE])
    def test_where_a_picture_comes_from_stands_in_its_file(self, kind: str) -> None:
        plain = webp.parse(picture(1, PARAMETERS))
        file = plain.with_metadata(exif=None, xmp=metadata.ai_mark(kind)).to_bytes()
        assert metadata.source_type_of(file) == kind
        assert metadata.source_type_of(plain.to_bytes()) == metadata.ENHANCED


class TestInfotext:
    def test_has_the_shape_that_a1111_reads(self) -> None:
        assert metadata.infotext(provenance()) == (
            "a red dress\n"
            "Negative prompt: blurred\n"
            "Steps: 21, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 64x72, "
            f"Model hash: {'5c' * 5}, Model: sd-v1-4, RNG: CPU, Version: {metadata.software()}"
        )

    def test_leaves_the_negative_prompt_out_when_there_is_none(self) -> None:
        assert "Negative prompt" not in metadata.infotext(provenance(negative_prompt=""))

    @pytest.mark.parametrize(
        ("model", "written"),
        [("plain-1.5", "Model: plain-1.5,"), ("a, b", 'Model: "a, b",'), ("a:b", 'Model: "a:b",')],
    )
    def test_quotes_a_value_that_would_break_the_line(self, model: str, written: str) -> None:
        assert written in metadata.infotext(provenance(model=model))

    @pytest.mark.parametrize("scheduler", Scheduler)
    def test_has_a_name_for_every_scheduler(self, scheduler: Scheduler) -> None:
        assert f"Sampler: {metadata.SAMPLER_NAMES[scheduler]}," in metadata.infotext(
            provenance(scheduler=scheduler)
        )


class TestInfotextOfEditing:
    def test_of_a_picture_drawn_over_says_how_much(self) -> None:
        told = metadata.infotext(provenance(init_image="01over", strength=0.6))
        assert ", Model: sd-v1-4, Denoising strength: 0.6, RNG: CPU" in told
        assert "Mask" not in told

    def test_of_a_mask_says_what_a1111_reads(self) -> None:
        over = {"init_image": "01over", "mask": "01mask", "mask_blur": 9, "invert_mask": True}
        told = metadata.infotext(provenance(**over, masked_area=MaskedArea.MASKED))
        assert (
            "Denoising strength: 0.75, Mask blur: 9, Mask mode: Inpaint not masked, "
            "Inpaint area: Only masked, Masked area padding: 32, "
        ) in told
        whole = metadata.infotext(provenance(init_image="01over", mask="01mask"))
        assert "Inpaint area" not in whole
        assert "Mask mode" not in whole

    def test_of_a_variation(self) -> None:
        told = metadata.infotext(provenance(variation_seed=7, variation_strength=0.25))
        assert ", Variation seed: 7, Variation seed strength: 0.25, RNG" in told
        assert "Denoising" not in told

    def test_of_a_draft(self) -> None:
        told = metadata.infotext(provenance(decoder=Decoder.TINY))
        assert ", VAE Decoder: TAESD, RNG" in told
        assert "VAE Decoder" not in metadata.infotext(provenance())

    @pytest.mark.parametrize(
        "changed", [{}, {"strength": 0.3, "mask_blur": 9, "variation_seed": 4}]
    )
    def test_of_neither_says_nothing_of_it(self, changed: dict[str, object]) -> None:
        assert metadata.infotext(provenance(**changed)) == metadata.infotext(provenance())


OVER: dict[str, Any] = {"init_image": "01over"}
KINDS = [
    ({}, None, metadata.TRAINED_ALGORITHMIC_MEDIA),
    ({"variation_strength": 0.2}, Op.VARIATION, metadata.TRAINED_ALGORITHMIC_MEDIA),
    (OVER, Op.IMG2IMG, metadata.TRAINED_ALGORITHMIC_MEDIA),
    ({**OVER, "outpaint": Margins()}, Op.IMG2IMG, metadata.TRAINED_ALGORITHMIC_MEDIA),
    ({**OVER, "mask": "01mask"}, Op.INPAINT, metadata.COMPOSITE),
    ({**OVER, "outpaint": Margins(top=8)}, Op.OUTPAINT, metadata.COMPOSITE),
    ({**OVER, "mask": "01mask", "outpaint": Margins(top=8)}, Op.OUTPAINT, metadata.COMPOSITE),
]


class TestDrawnOver:
    @pytest.mark.parametrize(("changed", "op", "source_type"), KINDS)
    def test_the_file_says_how_and_that_a_part_was_kept(
        self, changed: dict[str, Any], op: Op | None, source_type: str
    ) -> None:
        data = file_of(**changed)
        told = json.loads(xmp_text(data, f"{{{metadata.NAMESPACE}}}generation") or "")
        assert told["op"] == op
        for each in (data, metadata.cleaned(webp.parse(data)).to_bytes()):
            assert xmp_text(each, SOURCE_TYPE) == source_type

    def test_no_id_is_written(self) -> None:
        data = file_of(**OVER, mask="01mask", outpaint=Margins(top=8))
        told = json.loads(xmp_text(data, f"{{{metadata.NAMESPACE}}}generation") or "")
        assert (told["masked"], told["outpaint"]["top"]) == (True, 8)
        assert GenerationParameters.model_validate(told["parameters"]).init_image is None
        for name in ("01over", "01mask"):
            assert name.encode() not in data
            assert name.encode("utf-16-be") not in data

    def test_a_prompt_cannot_pretend_that_a_part_was_kept(self) -> None:
        prompt = f"<Iptc4xmpExt:DigitalSourceType>{metadata.COMPOSITE}<"
        clean = metadata.cleaned(webp.parse(file_of(prompt=prompt))).to_bytes()
        assert xmp_text(clean, SOURCE_TYPE) == metadata.TRAINED_ALGORITHMIC_MEDIA


class TestMarked:
    @pytest.mark.parametrize(
        "prompt", ["a red dress", "眼鏡と赤いドレス", "l1\nl2", 'a <b> & "c" ]]>', "a\x0b\ufffe 👗"]
    )
    def test_the_settings_come_back_from_the_file(self, prompt: str) -> None:
        data = file_of(prompt=prompt)
        assert user_comment(data).startswith(prompt)
        told = json.loads(xmp_text(data, f"{{{metadata.NAMESPACE}}}generation") or "")
        assert Provenance.model_validate(told) == provenance(prompt=prompt)

    def test_says_that_a_model_made_it(self) -> None:
        assert xmp_text(file_of(), SOURCE_TYPE) == metadata.TRAINED_ALGORITHMIC_MEDIA


class TestCleaned:
    def test_holds_no_trace_of_the_settings(self) -> None:
        clean = metadata.cleaned(webp.parse(file_of(prompt="a secret launch"))).to_bytes()
        for trace in ("secret launch", "01abc", "965400086"):
            assert trace.encode() not in clean
            assert trace.encode("utf-16-be") not in clean

    def test_keeps_the_ai_mark_and_the_pixels(self) -> None:
        data = file_of()
        clean = metadata.cleaned(webp.parse(data)).to_bytes()
        assert metadata.TRAINED_ALGORITHMIC_MEDIA.encode() in clean
        assert Image.open(BytesIO(clean)).tobytes() == Image.open(BytesIO(data)).tobytes()

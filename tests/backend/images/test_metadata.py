from __future__ import annotations

import json
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from backend.images import metadata, webp
from backend.images.metadata import Provenance
from inference.protocol import GenerationParameters, LoraCard, LoraUse, Scheduler
from tests.fixtures.scripted import CARD, picture

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
        name = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
        assert xmp_text(file_of(), name) == metadata.TRAINED_ALGORITHMIC_MEDIA


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

"""Every dialect, read from the chunks that its tool writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO

import pytest

from backend.restorations import dialects
from backend.restorations.dialects import a1111, atelier
from backend.restorations.files import texts_in
from backend.restorations.found import Found
from backend.restorations.schemas import Source
from tests.backend.restorations import pictures
from tests.backend.restorations.pictures import INFOTEXT, NEGATIVE, PROMPT


def found_in(data: bytes) -> Found:
    found = dialects.read(texts_in(BytesIO(data)) or {})
    assert found is not None
    return found


def of_infotext(text: str) -> Found | None:
    return dialects.read({"parameters": text})


@pytest.mark.parametrize(
    "picture",
    [
        pictures.a1111, pictures.a1111_jpeg, pictures.a1111_webp, pictures.swarmui, pictures.swarmui_jpeg,
        pictures.fooocus, pictures.fooocus_webp, pictures.invokeai, pictures.comfyui, pictures.comfyui_webp,
    ],
    ids=lambda one: one.__name__,
)  # fmt: skip
def test_prompts_and_size_are_read_from_every_kind_of_picture(picture: Callable[[], bytes]) -> None:
    found = found_in(picture())
    assert found.source == picture.__name__.partition("_")[0]
    assert (found.prompt, found.negative_prompt) == (PROMPT, NEGATIVE)
    assert (found.width, found.height) == (256, 192)


class TestA1111:
    def test_reads_every_pair_we_know(self) -> None:
        found = found_in(pictures.a1111())
        assert (found.steps, found.guidance, found.seed) == (21, 6.5, 965400086)
        assert (found.sampler, found.spacing) == ("DPM++ 2M", "Karras")
        assert found.model == "dreamshaper_8"
        assert found.rest == (("clip_skip", "2"),)

    def test_prompts_have_several_lines_and_colons(self) -> None:
        found = of_infotext(
            "one: two\nthree, four\nNegative prompt: five\nsix\nSteps: 2, Sampler: DDIM, Seed: 3"
        )
        assert found
        assert (found.prompt, found.negative_prompt) == ("one: two\nthree, four", "five\nsix")

    def test_a_last_line_of_two_pairs_is_a_prompt(self) -> None:
        assert of_infotext("a dress\nSteps: 20, colour: red") is None

    def test_words_with_colons_are_no_infotext(self) -> None:
        assert of_infotext("time: noon, place: beach, mood: calm") is None

    @pytest.mark.parametrize(
        ("line", "pairs"),
        [
            ('a: "b, c: d", e: f', {"a": "b, c: d", "e": "f"}),
            ('a: "b\\"c", d: 1', {"a": 'b"c', "d": "1"}),
            ('a: "never closed, b: 2', {"a": '"never closed', "b": "2"}),
            ("lost, a: 1,, b:2", {"a": "1", "b": "2"}),
            (":::,,", {}),
            ("no colon", {}),
        ],
    )
    def test_pairs(self, line: str, pairs: dict[str, str]) -> None:
        assert dict(a1111.pairs(line)) == pairs

    def test_last_lines_of_sd_dynamic_prompts_are_no_settings(self) -> None:
        found = of_infotext(f"{INFOTEXT}\nTemplate: a {{red|blue}} hat\nNegative Template: {{x|y}}")
        assert found == of_infotext(INFOTEXT)

    def test_leaves_the_loras_in_the_prompt(self) -> None:
        prompt = "x <lora:castle:0.8> <lora:other:1>"
        found = of_infotext(INFOTEXT.replace(PROMPT, prompt))
        assert found
        assert found.prompt == prompt
        assert "lora" not in dict(found.rest)

    def test_text_beyond_ascii_survives_each_container(self) -> None:
        text = INFOTEXT.replace(PROMPT, "眼鏡と赤いドレス 👗 é")
        for data in (
            pictures.png(parameters=text),
            pictures.with_exif("JPEG", inside={0x9286: pictures.comment(text)}),
            pictures.with_exif("WEBP", inside={0x9286: b"UNICODE\0" + text.encode("utf-16-le")}),
            pictures.with_exif("WEBP", inside={0x9286: b"ASCII\0\0\0" + text.encode()}),
        ):
            assert found_in(data).prompt == "眼鏡と赤いドレス 👗 é"


def test_swarmui() -> None:
    found = found_in(pictures.swarmui())
    assert (found.steps, found.guidance, found.seed) == (21, 6.5, 1234)
    assert (found.sampler, found.spacing) == ("euler_ancestral", "normal")
    assert found.model == "OfficialStableDiffusion/sd_xl_base_1.0"
    assert found.rest == (("lora", "castle"),)


class TestFooocus:
    def test_restores_what_was_typed_and_tells_the_styles(self) -> None:
        found = found_in(pictures.fooocus())
        assert (found.steps, found.guidance, found.seed) == (30, 4.0, 127589946317439009)
        assert (found.sampler, found.spacing) == ("dpmpp_2m_sde_gpu", "karras")
        assert found.model == "juggernautXL_v8Rundiffusion"
        assert found.rest == (
            ("style", "Fooocus V2, Fooocus Enhance"),
            ("lora", "sd_xl_offset_example-lora_1.0"),
        )

    def test_its_other_scheme_is_an_infotext(self) -> None:
        data = pictures.png(parameters=INFOTEXT, fooocus_scheme="a1111")
        assert found_in(data).source == Source.A1111


def test_invokeai() -> None:
    found = found_in(pictures.invokeai())
    assert (found.steps, found.guidance, found.seed) == (21, 6.5, 77)
    assert (found.sampler, found.model) == ("euler_k", "scripted")
    assert found.rest == (("lora", "castle"),)


class TestComfyUI:
    def test_follows_the_links_of_the_first_sampler(self) -> None:
        found = found_in(pictures.comfyui())
        assert (found.steps, found.guidance, found.seed) == (21, 6.5, 156680208700286)
        assert (found.sampler, found.spacing) == ("dpmpp_2m", "karras")
        assert found.model == "v1-5-pruned.safetensors"
        assert found.rest == (("lora", "castle.safetensors"),)

    def test_the_second_sampler_does_not_count(self) -> None:
        second = {"class_type": "KSampler", "inputs": {"steps": 5, "latent_image": ["3", 0]}}
        found = found_in(pictures.png(prompt=json.dumps({**pictures.COMFYUI, "99": second})))
        assert found.steps == 21

    def test_an_advanced_sampler_calls_its_seed_otherwise(self) -> None:
        graph = {"1": {"class_type": "KSamplerAdvanced", "inputs": {"noise_seed": ["2", 0]}},
                 "2": {"class_type": "Seed", "inputs": {"seed": 5}}}  # fmt: skip
        assert found_in(pictures.png(prompt=json.dumps(graph))).seed == 5

    def test_a_graph_that_bites_its_tail_ends(self) -> None:
        graph = {
            "1": {"class_type": "KSampler", "inputs": {"positive": ["2", 0], "model": ["2", 0]}},
            "2": {"class_type": "X", "inputs": {"a": ["3", 0], "text": ["2", 0]}},
            "3": {"class_type": "X", "inputs": {"a": ["2", 0], "b": ["3", 0]}},
        }
        found = found_in(pictures.png(prompt=json.dumps(graph)))
        assert (found.prompt, found.model) == (None, None)


class TestOrder:
    def test_an_infotext_beside_a_graph_is_asked_first(self) -> None:
        data = pictures.png(prompt=json.dumps(pictures.COMFYUI), parameters=INFOTEXT)
        assert found_in(data).source == Source.A1111

    @pytest.mark.parametrize(
        ("text", "source"),
        [
            (INFOTEXT, Source.A1111),
            (json.dumps(pictures.SWARMUI), Source.SWARMUI),
            (json.dumps(pictures.FOOOCUS), Source.FOOOCUS),
            (json.dumps(pictures.INVOKEAI), Source.INVOKEAI),
            (json.dumps(pictures.COMFYUI), Source.COMFYUI),
        ],
    )
    def test_pasted_text_is_any_of_them(self, text: str, source: Source) -> None:
        found = dialects.read_pasted(text)
        assert found
        assert found.source == source
        assert found.prompt == PROMPT

    @pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '{"prompt": "a"}', "a red dress"])
    def test_anything_else_is_nothing(self, text: str) -> None:
        assert dialects.read_pasted(text) is None


@pytest.mark.parametrize(
    ("generation_id", "index", "place"),
    [
        ("01m7xxtq72y599hfwczfvzjz52", 1, ("01m7xxtq72y599hfwczfvzjz52", 1)),
        ("01m7xxtq72y599hfwczfvzjz52", 1000, None),
        ("01m7xxtq72y599hfwczfvzjz52", -1, None),
        ("01m7xxtq72y599hfwczfvzjz52", 10**19, None),
        ("01m7xxtq72y599hfwczfvzjz52", None, None),
        ("Zero\0", 1, None),
        (["01m7"], 1, None),
    ],
)
def test_only_a_place_that_could_be_is_looked_up(
    generation_id: object, index: object, place: tuple[str, int] | None
) -> None:
    said = {"parameters": {"prompt": "a hat"}, "generation_id": generation_id, "index": index}
    found = atelier.read({"xmp": f"<atelier:generation>{json.dumps(said)}</atelier:generation>"})
    assert found is not None
    assert found.place == place

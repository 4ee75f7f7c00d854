"""The key of a picture: another one for whatever decides it, the same for whatever does not, today's and tomorrow's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from backend.images.identity import NOT_DECIDING, canonical, result_key
from inference.protocol import (
    MAX_SEED,
    ControlUse,
    Decoder,
    EmbeddingCard,
    GenerationParameters,
    LoraCard,
    ModelCard,
    Preparation,
    Priority,
    Scheduler,
    Upscale,
)
from tests.fixtures.scripted import CARD, DRAFTING

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "prompt": WORDS.filter(str.strip),
    "negative_prompt": WORDS,
    "width": st.integers(8, 128).map(lambda eighth: eighth * 8),
    "height": st.integers(8, 128).map(lambda eighth: eighth * 8),
    "num_inference_steps": st.integers(1, 100),
    "guidance_scale": st.floats(1, 30),
    "seed": st.integers(0, MAX_SEED),
    "num_images": st.integers(1, 8),
    "model": st.sampled_from(["scripted", "another"]),
    "scheduler": st.sampled_from(list(Scheduler)),
    "decoder": st.sampled_from(list(Decoder)),
    "priority": st.sampled_from(list(Priority)),
}
PARAMETERS = st.builds(GenerationParameters, **VALUES)
DECIDING = sorted(GenerationParameters.model_fields.keys() - NOT_DECIDING)


class Tomorrow(GenerationParameters):
    """Parameters as they may be one day: with fields that nobody here has heard of."""

    picture_of_tomorrow: str | None = None
    strength_of_tomorrow: float = 0.6
    parts_of_tomorrow: list[tuple[str, float]] = Field(default_factory=list)


def test_every_field_has_values_here() -> None:
    missing = GenerationParameters.model_fields.keys() - VALUES.keys()
    for name in missing:  # one that was added lately: it counts, whatever it holds
        assert name not in NOT_DECIDING, f"tell here which values {name} takes"
    assert VALUES.keys() <= GenerationParameters.model_fields.keys()
    assert GenerationParameters.model_fields.keys() >= NOT_DECIDING


@given(
    parameters=PARAMETERS,
    name=st.sampled_from([one for one in DECIDING if one in VALUES]),
    data=st.data(),
)
def test_another_value_of_what_decides_is_another_key(
    parameters: GenerationParameters, name: str, data: st.DataObject
) -> None:
    value = data.draw(VALUES[name])
    other = GenerationParameters(**{**parameters.model_dump(), name: value})
    same = getattr(other, name) == getattr(parameters, name)
    assert (result_key(other, CARD) == result_key(parameters, CARD)) is same


@given(parameters=PARAMETERS, other=PARAMETERS)
def test_whatever_does_not_decide_is_the_same_key(
    parameters: GenerationParameters, other: GenerationParameters
) -> None:
    changed = parameters.model_copy(update={name: getattr(other, name) for name in NOT_DECIDING})
    assert result_key(changed, CARD) == result_key(parameters, CARD)


@given(parameters=PARAMETERS)
def test_the_way_it_is_written_does_not_count(parameters: GenerationParameters) -> None:
    said = dict(reversed(parameters.model_dump(mode="json").items()))
    again = GenerationParameters.model_validate(said)
    assert canonical(again, CARD) == canonical(parameters, CARD)
    assert canonical(parameters, CARD).isascii()


@given(parameters=PARAMETERS, index=st.integers(0, 7))
def test_an_image_of_several_has_the_key_of_that_image_alone(
    parameters: GenerationParameters, index: int
) -> None:
    own = parameters.of_image(index)
    again = GenerationParameters.model_validate(own.model_dump(mode="json"))
    assert result_key(own, CARD) == result_key(again.of_image(0), CARD)


def test_a_variation_whose_seed_is_left_to_chance_has_none() -> None:
    asked = {"prompt": "a dress", "seed": 7, "variation_strength": 0.2}
    assert result_key(GenerationParameters(**asked), CARD) is None
    assert result_key(GenerationParameters(**asked, variation_seed=3), CARD)


def test_another_file_under_the_name_of_a_lora_is_another_key() -> None:
    def offering(digest: str) -> ModelCard:
        lora = LoraCard(name="knit", title="Knit", sha256=digest)
        return CARD.model_copy(update={"loras": [lora]})

    worn = GenerationParameters(prompt="a dress <lora:knit:0.8>", seed=7)
    plain = GenerationParameters(prompt="a dress", seed=7)
    one, other = offering("aa" * 32), offering("bb" * 32)
    assert result_key(worn, one) != result_key(worn, other)
    assert result_key(plain, one) == result_key(plain, other)


def test_another_decoder_of_drafts_is_another_key_of_drafts_alone() -> None:
    assert DRAFTING.draft
    retrained = DRAFTING.draft.model_copy(update={"decoder_sha256": "8e" * 32})
    other = DRAFTING.model_copy(update={"draft": retrained})
    full = GenerationParameters(prompt="a dress", seed=7)
    draft = full.model_copy(update={"decoder": Decoder.TINY})
    assert result_key(draft, DRAFTING) not in {result_key(full, DRAFTING), result_key(draft, other)}
    assert result_key(full, DRAFTING) == result_key(full, other) == result_key(full, CARD)


@pytest.mark.parametrize(
    "changed",
    [
        {"picture_of_tomorrow": "u1"},
        {"strength_of_tomorrow": 0.7},
        {"parts_of_tomorrow": [("knit", 0.8)]},
    ],
)
def test_fields_of_tomorrow_count_by_themselves(changed: dict[str, Any]) -> None:
    asked = {"prompt": "a dress", "seed": 7}
    assert result_key(Tomorrow(**asked, **changed), CARD) != result_key(Tomorrow(**asked), CARD)
    assert result_key(Tomorrow(**asked), CARD) != result_key(GenerationParameters(**asked), CARD)


@pytest.mark.parametrize("changed", [{"weights_sha256": "6d" * 32}, {"software": "scripted/2"}])
def test_other_weights_or_software_are_another_key(changed: dict[str, str]) -> None:
    asked = GenerationParameters(prompt="a dress", seed=7)
    assert result_key(asked, CARD.model_copy(update=changed)) != result_key(asked, CARD)


@pytest.mark.parametrize("changed", [{"title": "Another"}, {"description": "x"}, {"licence": "y"}])
def test_what_people_read_about_a_model_does_not_count(changed: dict[str, str]) -> None:
    asked = GenerationParameters(prompt="a dress", seed=7)
    assert result_key(asked, CARD.model_copy(update=changed)) == result_key(asked, CARD)


def test_there_is_none_without_a_seed_or_a_name_of_what_draws() -> None:
    asked = GenerationParameters(prompt="a dress")
    assert result_key(asked, CARD) is None
    fixed = asked.model_copy(update={"seed": 7})
    assert result_key(fixed, CARD.model_copy(update={"software": ""})) is None


OVER = GenerationParameters(prompt="a dress", seed=7, init_image="01over")
SHAPE = ControlUse(name="scribble", image="01shape")


@pytest.mark.parametrize(
    "changed",
    [
        {"upscale": Upscale(factor=2)},
        {"upscale": Upscale(factor=4)},
        {"upscale": Upscale(factor=2, method="resample")},
        {"control": (SHAPE,)},
        {"control": (SHAPE, SHAPE)},
        {"control": (SHAPE.model_copy(update={"image": "01another"}),)},
        {"control": (SHAPE.model_copy(update={"name": "edges"}),)},
        {"control": (SHAPE.model_copy(update={"scale": 0.5}),)},
        {"control": (SHAPE.model_copy(update={"end": 0.5}),)},
        {"control": (SHAPE.model_copy(update={"prepare": Preparation.INVERT}),)},
        {"init_image": "01another"},
    ],
)
def test_what_is_made_larger_and_drawn_by_decides(changed: dict[str, Any]) -> None:
    base = OVER.model_copy(update={"control": (SHAPE.model_copy(update={"start": 0.1}),)})
    assert result_key(base.model_copy(update=changed), CARD) != result_key(base, CARD)


@pytest.mark.parametrize(("used", "same"), [("scribble", False), ("edges", True)])
def test_the_net_that_is_used_counts(used: str, *, same: bool) -> None:
    other = CARD.model_copy(
        update={
            "controls": [
                net.model_copy(update={"sha256": "d4" * 32}) if net.name == "scribble" else net
                for net in CARD.controls
            ]
        }
    )
    asked = OVER.model_copy(update={"control": (SHAPE.model_copy(update={"name": used}),)})
    assert (result_key(asked, CARD) == result_key(asked, other)) is same


@pytest.mark.parametrize(
    ("prompt", "same"), [("a dress of <Linen>", False), ("a <linen>", False), ("a dress", True)]
)
def test_a_textual_inversion_counts_where_its_word_stands(prompt: str, *, same: bool) -> None:
    cards = [
        CARD.model_copy(
            update={"embeddings": [EmbeddingCard(name="<linen>", title="", sha256=digest * 64)]}
        )
        for digest in "ab"
    ]
    asked = OVER.model_copy(update={"prompt": prompt})
    keys = {result_key(asked, card) for card in cards}
    assert (len(keys) == 1) is same


def test_another_file_under_a_learned_word_is_another_key_where_it_is_said() -> None:
    def offering(digest: str) -> ModelCard:
        word = EmbeddingCard(name="<knit>", title="Knit", sha256=digest)
        return CARD.model_copy(update={"embeddings": [word]})

    one, other = offering("aa" * 32), offering("bb" * 32)
    for said in ({"prompt": "a <knit> dress"}, {"prompt": "a dress", "negative_prompt": "<knit>"}):
        asked = GenerationParameters(**said, seed=7)
        assert result_key(asked, one) != result_key(asked, other)
    plain = GenerationParameters(prompt="a dress", seed=7)
    assert result_key(plain, one) == result_key(plain, CARD)

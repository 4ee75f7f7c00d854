"""What cannot be had here is named, and what is used instead can always be drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.images.metadata import SAMPLER_NAMES
from backend.restorations import samplers
from backend.restorations.fitting import fitted
from backend.restorations.found import Found
from backend.restorations.schemas import Change, Reason, Restoration, Source
from inference.protocol import (
    GenerationParameters,
    LoraCard,
    LoraUse,
    Scheduler,
    read_prompt,
    wrong_lora,
)
from tests.fixtures.scripted import CARD

OTHER = CARD.model_copy(update={"name": "tiny", "title": "Tiny", "schedulers": [Scheduler.DDIM]})


def restored(**found: object) -> Restoration:
    return fitted(Found(source=Source.A1111, **found), [CARD, OTHER])  # type: ignore[arg-type]


def the_change(**found: object) -> Change:
    [change] = restored(**found).changes
    return change


class TestModel:
    @pytest.mark.parametrize(
        "name", ["tiny", "Tiny", "sd15/tiny.safetensors", "a\\b\\TINY.ckpt", " tiny "]
    )
    def test_is_known_whatever_a_tool_writes_around_its_name(self, name: str) -> None:
        found = restored(model=name)
        assert (found.settings.model, found.changes) == ("tiny", [])

    def test_that_is_not_here_is_named(self) -> None:
        change = the_change(model="dreamshaper_8")
        assert (change.reason, change.found, change.used) == (
            Reason.ABSENT,
            "dreamshaper_8",
            "scripted",
        )
        assert change.note == "Model dreamshaper_8 is not here; the form keeps scripted."

    def test_a_dot_in_its_name_is_no_ending(self) -> None:
        assert the_change(model="tiny.5").reason == Reason.ABSENT


class TestSize:
    def test_that_can_be_drawn_stays(self) -> None:
        found = restored(width=256, height=192)
        assert (found.settings.width, found.settings.height, found.changes) == (256, 192, [])

    @pytest.mark.parametrize(
        ("asked", "used"),
        [
            ((832, 1216), (416, 616)),
            ((513, 300), (512, 296)),
            ((99999, 99999), (512, 512)),
            ((20, 20), (64, 64)),
            ((4096, 64), (1024, 64)),
        ],
    )
    def test_beyond_the_model_becomes_the_nearest_and_is_told(
        self, asked: tuple[int, int], used: tuple[int, int]
    ) -> None:
        found = restored(width=asked[0], height=asked[1])
        assert (found.settings.width, found.settings.height) == used
        [change] = found.changes
        assert (change.field, change.reason) == ("size", Reason.NEAREST)
        assert change.found == f"{asked[0]}×{asked[1]}"

    def test_half_of_one_is_none(self) -> None:
        assert restored(width=256).settings.width is None
        assert restored(width=256, height=0).settings.height is None


class TestNumbers:
    @pytest.mark.parametrize(
        ("field", "value", "used"),
        [("steps", 150, 100), ("steps", 0, 1), ("guidance", 0.0, 1), ("guidance", 80.0, 30)],
    )
    def test_outside_the_limits(self, field: str, value: float, used: float) -> None:
        found = restored(**{field: value})
        assert used in {found.settings.num_inference_steps, found.settings.guidance_scale}
        [change] = found.changes
        assert change.reason == Reason.NEAREST
        assert str(used) in change.note

    def test_a_seed_of_64_bits_keeps_its_remainder(self) -> None:
        found = restored(seed=2**32 + 5)
        assert found.settings.seed == 5
        assert found.changes[0].found == str(2**32 + 5)

    def test_a_random_seed_is_no_seed(self) -> None:
        assert restored(seed=-1) == restored()


def test_a_prompt_too_long_is_shortened_and_told() -> None:
    found = restored(prompt="x" * 2001)
    assert found.settings.prompt == "x" * 2000
    [change] = found.changes
    assert (change.field, change.reason) == ("prompt", Reason.SHORTENED)
    assert len(change.found) == 200


def test_what_nothing_here_takes_is_told() -> None:
    change = the_change(rest=(("lora", "castle"),))
    assert (change.field, change.found, change.used) == ("lora", "castle", None)
    assert change.note == "Lora castle cannot be set here."


class TestLoras:
    PROMPT = "a dress <lora:knit:0.8> (wool <lora:castle:1>:1.2)"

    def restored(self, **found: object) -> Restoration:
        knit = LoraCard(name="knit", title="Knit")
        lace = LoraCard(name="lace", title="Lace", trouble="it is cut short")
        card = CARD.model_copy(update={"loras": [knit, lace]})
        return fitted(Found(source=Source.ATELIER, **found), [card, OTHER])  # type: ignore[arg-type]

    def test_that_are_offered_stay_and_others_are_named(self) -> None:
        found = self.restored(prompt=self.PROMPT)
        assert found.settings.prompt == "a dress <lora:knit:0.8> (wool :1.2)"
        [change] = found.changes
        assert (change.field, change.found, change.used) == ("lora", "castle", None)
        assert (
            change.note == "LoRA castle is not offered with scripted; the prompt goes without it."
        )

    def test_of_another_model_are_named(self) -> None:
        found = self.restored(prompt="a dress <lora:knit:0.8>", model="tiny")
        assert found.settings.prompt == "a dress"
        assert [change.found for change in found.changes] == ["knit"]

    def test_beside_the_prompt_are_written_into_it(self) -> None:
        beside = (LoraUse(name="knit", scale=-0.5), LoraUse(name="lace"))
        found = self.restored(prompt="a dress", loras=beside)
        assert found.settings.prompt == "a dress <lora:knit:-0.5>"
        assert [change.found for change in found.changes] == ["lace"]

    def test_that_stand_in_both_are_taken_from_the_prompt(self) -> None:
        found = self.restored(prompt="a <lora:knit:0.5>", loras=(LoraUse(name="knit"),))
        assert found.settings.prompt == "a <lora:knit:0.5>"

    @given(st.text())
    def test_leave_a_prompt_that_can_be_drawn(self, prompt: str) -> None:
        found = self.restored(prompt=f"a {prompt} <lora:nothing:1>")
        assert wrong_lora("x", [], read_prompt(found.settings.prompt or "").loras) is None


class TestSamplers:
    @pytest.mark.parametrize("scheduler", Scheduler)
    def test_our_own_names_are_our_own(self, scheduler: Scheduler) -> None:
        assert samplers.named(scheduler.value, None) == (scheduler, True)
        assert samplers.named(SAMPLER_NAMES[scheduler], None) == (scheduler, True)

    @pytest.mark.parametrize(
        ("name", "spacing", "ours"),
        [
            ("Euler a", "Automatic", Scheduler.EULER_A),
            ("DPM++ 2M", "Karras", Scheduler.DPMPP_2M_KARRAS),
            ("DPM++ 2M Karras", None, Scheduler.DPMPP_2M_KARRAS),
            ("dpmpp_2m", "karras", Scheduler.DPMPP_2M_KARRAS),
            ("dpmpp_2m", "normal", Scheduler.DPMPP_2M),
            ("dpmpp_2m_k", None, Scheduler.DPMPP_2M_KARRAS),
            ("euler_k", None, Scheduler.EULER_KARRAS),
            ("k_euler_a", None, Scheduler.EULER_A),
            ("euler_ancestral", "normal", Scheduler.EULER_A),
            ("ddim", "ddim_uniform", Scheduler.DDIM),
            ("LCM", None, Scheduler.LCM),
        ],
    )
    def test_the_same_by_another_name(
        self, name: str, spacing: str | None, ours: Scheduler
    ) -> None:
        assert samplers.named(name, spacing) == (ours, True)

    @pytest.mark.parametrize(
        ("name", "spacing", "like"),
        [
            ("DPM++ 2M SDE Karras", None, Scheduler.DPMPP_2M_KARRAS),
            ("dpmpp_2m_sde_gpu", "karras", Scheduler.DPMPP_2M_KARRAS),
            ("Euler a", "Karras", Scheduler.EULER_A),
            ("euler", "simple", Scheduler.EULER),
            ("Heun", None, Scheduler.EULER),
            ("uni_pc", "normal", Scheduler.DPMPP_2M),
        ],
    )
    def test_the_nearest_is_not_called_the_same(
        self, name: str, spacing: str | None, like: Scheduler
    ) -> None:
        assert samplers.named(name, spacing) == (like, False)
        change = the_change(sampler=name, spacing=spacing)
        assert (change.field, change.used) == ("scheduler", like.value)

    def test_an_unknown_one_becomes_the_models_own(self) -> None:
        change = the_change(sampler="flow_matching_9000")
        assert change.used == CARD.defaults.scheduler.value

    def test_one_that_the_model_is_not_offered_with(self) -> None:
        found = restored(model="tiny", sampler="Euler")
        assert found.settings.scheduler == Scheduler.DDIM
        assert found.changes[0].found == "Euler"


@given(
    st.builds(
        Found,
        source=st.sampled_from(Source),
        prompt=st.text(min_size=1).map(str.strip).filter(bool) | st.none(),
        width=st.integers(-10, 10**19) | st.none(),
        height=st.integers(-10, 10**19) | st.none(),
        steps=st.integers(-(10**19), 10**19) | st.none(),
        guidance=st.floats(allow_nan=False, allow_infinity=False) | st.none(),
        seed=st.integers(-(10**19), 10**19) | st.none(),
        sampler=st.text(max_size=20) | st.sampled_from(["euler", "DPM++ 2M"]) | st.none(),
        spacing=st.sampled_from(["karras", "simple", ""]) | st.none(),
        model=st.text(max_size=20) | st.none(),
    )
)
def test_whatever_was_found_what_is_used_can_be_drawn(found: Found) -> None:
    used = fitted(found, [CARD, OTHER]).settings.model_dump(exclude_none=True)
    parameters = GenerationParameters.model_validate({"prompt": "a", **used, **_storable(used)})
    assert parameters.width * parameters.height <= CARD.max_pixels


def _storable(used: dict[str, object]) -> dict[str, object]:
    """Return the prompt as dialects hand it over: `found.written` has taken out what no text may hold."""
    text = str(used.get("prompt", "a")).encode(errors="ignore").decode().replace("\0", "").strip()
    return {"prompt": text or "a"}

"""With what a model says that it draws drafts: what its file says, else a share of its usual steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inference.catalog import Catalog, CatalogError, digest_of
from inference.drafts.offers import DraftOffer
from inference.protocol import Decoder, DraftSettings, ModelDefaults, Scheduler, wrong_decoder
from tests.fixtures.drafts import CATALOG

USUAL = ModelDefaults(num_inference_steps=30, guidance_scale=6.0, scheduler=Scheduler.EULER)


def test_what_the_file_leaves_out_is_as_usual_in_fewer_steps() -> None:
    told = DraftOffer().settings(USUAL, "")
    assert told == DraftSettings(
        num_inference_steps=12, guidance_scale=6.0, scheduler=Scheduler.EULER
    )
    assert told.decoder is Decoder.FULL


def test_what_it_says_is_taken() -> None:
    offer = DraftOffer(num_inference_steps=4, guidance_scale=1.0, scheduler=Scheduler.LCM)
    told = offer.settings(USUAL, "ab12")
    assert (told.num_inference_steps, told.guidance_scale) == (4, 1.0)
    assert (told.scheduler, told.decoder, told.decoder_sha256) == ("lcm", "tiny", "ab12")


def test_the_card_has_them_and_the_decoders_digest_is_no_part_of_the_models(
    draft_models_file: Path, tiny_models_file: Path
) -> None:
    card = Catalog.read(draft_models_file).offers[0].card
    plain = Catalog.read(tiny_models_file).offers[0].card
    assert card.draft == DraftSettings(
        num_inference_steps=2,
        guidance_scale=4.0,
        scheduler=Scheduler.EULER,
        decoder=Decoder.TINY,
        decoder_sha256=digest_of(draft_models_file.parent / "tiny" / "vae_tiny"),
    )
    assert card.weights_sha256 == plain.weights_sha256
    assert plain.draft is not None
    assert plain.draft.decoder_sha256 == ""


@pytest.mark.parametrize(
    "said", ["num_inference_steps = 0", 'scheduler = "ancient"', 'decoder = "tiny"']
)
def test_what_cannot_be_meant_is_refused(
    said: str, draft_models_file: Path, tmp_path: Path
) -> None:
    shutil.copytree(draft_models_file.parent / "tiny", tmp_path / "tiny")
    file = tmp_path / "models.toml"
    file.write_text(CATALOG.partition("[model.draft]")[0] + f"[model.draft]\n{said}\n")
    with pytest.raises(CatalogError, match=said.partition(" ")[0]):
        Catalog.read(file)


def test_a_sampler_that_the_model_is_not_offered_with_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        '[[model]]\nname = "one"\ntitle = "One"\ndescription = "d"\ndirectory = "one"\n'
        'schedulers = ["ddim", "dpmpp_2m"]\n[model.draft]\nscheduler = "lcm"\n'
    )
    with pytest.raises(CatalogError, match="draft"):
        Catalog.read(file)


@pytest.mark.parametrize(
    ("draft", "asked", "is_wrong"),
    [
        (None, Decoder.FULL, False),
        (None, Decoder.TINY, True),
        (DraftOffer().settings(USUAL, ""), Decoder.TINY, True),
        (DraftOffer().settings(USUAL, "ab12"), Decoder.TINY, False),
        (DraftOffer().settings(USUAL, "ab12"), Decoder.FULL, False),
    ],
)
def test_only_a_model_with_a_tiny_decoder_decodes_by_it(
    draft: DraftSettings | None, asked: Decoder, is_wrong: bool
) -> None:
    wrong = wrong_decoder("one", draft, asked)
    assert (wrong is not None) is is_wrong
    assert wrong is None or wrong.nearest == "full"

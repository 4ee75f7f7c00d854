"""What decides a picture before it is drawn, as one digest: two images of the same key would have the same pixels.

Every field of the parameters counts, one that is added tomorrow too, unless it stands in `NOT_DECIDING`; so do the
weights, a draft's decoder, the LoRAs, ControlNets and textual inversions, and the software that draw. The pictures count by their ids:
the file of an upload or an image never changes. Pure: knows neither rows nor who asks. Whether an image may answer for
another is decided in `backend.results`.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Final

from inference.protocol import Decoder, GenerationParameters, ModelCard

NOT_DECIDING: Final = frozenset({"num_images", "priority"})
"""How many are asked for, and how urgently: of one image by itself, neither changes a pixel."""

_FORM: Final = 1  # of the canonical text; another number makes every key another


def result_key(parameters: GenerationParameters, card: ModelCard) -> str | None:
    """Return the key of the one image that complete `parameters` draw on the model of `card`.

    None where no key says which picture it is: a seed is not drawn yet, or inference does not say what it runs.
    """
    if parameters.leaves_to_chance or not card.software:
        return None
    return sha256(canonical(parameters, card).encode()).hexdigest()


def canonical(parameters: GenerationParameters, card: ModelCard) -> str:
    """Return everything that decides the picture as one text: the same for the same, whatever the order of fields."""
    digests = {each.name: each.sha256 for each in card.loras}
    nets = {each.name: each.sha256 for each in card.controls}
    draft = card.draft if parameters.decoder is Decoder.TINY else None
    deciding = {
        "controls": {use.name: nets.get(use.name) for use in parameters.control},
        "decoder": draft.decoder_sha256 if draft else "",
        "embeddings": _embeddings(parameters, card),
        "form": _FORM,
        "loras": {use.name: digests.get(use.name) for use in parameters.loras_used},
        "parameters": parameters.model_dump(mode="json", exclude=set(NOT_DECIDING)),
        "software": card.software,
        "weights": card.weights_sha256,
    }
    return json.dumps(deciding, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _embeddings(parameters: GenerationParameters, card: ModelCard) -> dict[str, str]:
    """Return the digests of the textual inversions whose words stand in the prompts, perhaps as parts of others.

    One that is not meant makes two keys of one at worst; one that is left out would make one of two.
    """
    said = f"{parameters.prompt} {parameters.negative_prompt}".casefold()
    return {each.name: each.sha256 for each in card.embeddings if each.name.casefold() in said}

"""LoRAs that a picture was drawn with: kept in the prompt where they are offered here, and named where they are not."""

from __future__ import annotations

from backend.restorations.found import Found
from backend.restorations.schemas import Change, Reason
from inference.protocol import ModelCard, read_prompt, without_loras


def with_loras(found: Found, card: ModelCard) -> tuple[str | None, list[Change]]:
    """Return the prompt with a tag for each LoRA that `card` offers and no other, and which were left out.

    A tag of one that is not here would have the whole generation refused.
    """
    if found.prompt is None:
        return None, []
    offered = {lora.name for lora in card.loras if not lora.trouble}
    typed = {use.name: use for use in read_prompt(found.prompt).loras}
    beside = [use for use in found.loras if use.name not in typed]
    absent = [name for name in [*typed, *(use.name for use in beside)] if name not in offered]
    prompt = without_loras(found.prompt, absent) if absent else found.prompt
    tags = [use.tag for use in beside if use.name in offered]
    return " ".join([prompt, *tags]) or None, [_left_out(name, card) for name in absent]


def _left_out(name: str, card: ModelCard) -> Change:
    note = f"LoRA {name} is not offered with {card.name}; the prompt goes without it."
    return Change(field="lora", found=name, used=None, reason=Reason.LEFT_OUT, note=note)

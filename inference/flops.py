"""How many FLOP a call takes, counted while it is made: matrix products, convolutions and attention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

Shape = tuple[int, ...]


def flops_of(call: Callable[[], object]) -> int:
    """Make the `call` and return the FLOP in it; a multiplication and an addition are two."""
    with FlopCounterMode(display=False, custom_mapping=_NOT_KNOWN_TO_TORCH) as counter:
        call()
    return int(counter.get_total_flops())


def _attention(query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    """Return the FLOP of attention between tensors of these shapes, [rows, heads, tokens, width] each."""
    return int(sdpa_flop_count(query, key, value))


# torch's own table has CUDA's kernels for attention and leaves out the CPU's, which would count as nothing.
_NOT_KNOWN_TO_TORCH: Final[dict[Any, Callable[..., int]]] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention  # noqa: SLF001 - its name
}

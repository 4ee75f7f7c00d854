"""ComfyUI: `prompt` is the graph that was run. What the first KSampler was fed is what is restored.

A node's input is a value, or the number of the node that makes it; from there one looks further back, through whatever
stands between, until a node says what is looked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

from backend.restorations.found import (
    Found,
    Over,
    Texts,
    inner,
    number,
    record,
    rest_of,
    whole,
    written,
)
from backend.restorations.schemas import Source

MOST_NODES: Final = 2_000
_SAMPLERS: Final = {"KSampler", "KSamplerAdvanced"}

Graph = Mapping[str, Mapping[str, Any]]


def read(texts: Texts) -> Found | None:
    """Return what the first KSampler of the graph was fed, if there is one."""
    graph = _graph(record(texts.get("prompt")) or {})
    sampler = next(
        (node for node in graph.values() if written(node.get("class_type")) in _SAMPLERS), None
    )
    if sampler is None:
        return None
    fed = inner(sampler.get("inputs"))
    size = _first(graph, fed.get("latent_image"), "width", "height")
    return Found(
        source=Source.COMFYUI,
        prompt=_prompt(graph, fed.get("positive")),
        negative_prompt=_prompt(graph, fed.get("negative")),
        width=whole(size.get("width")),
        height=whole(size.get("height")),
        steps=whole(_value(graph, fed.get("steps"))),
        guidance=number(_value(graph, fed.get("cfg"))),
        seed=whole(_value(graph, fed.get("seed", fed.get("noise_seed")))),
        sampler=written(_value(graph, fed.get("sampler_name"))),
        spacing=written(_value(graph, fed.get("scheduler"))),
        model=written(_first(graph, fed.get("model"), "ckpt_name").get("ckpt_name")),
        over=_over(number(_value(graph, fed.get("denoise")))),
        rest=rest_of(lora=", ".join(_loras(graph, fed.get("model")))),
    )


def _graph(said: Mapping[str, Any]) -> Graph:
    nodes = {name: node for name, node in said.items() if isinstance(node, dict)}
    return nodes if len(nodes) <= MOST_NODES else {}


def _behind(graph: Graph, link: object) -> Iterator[Mapping[str, Any]]:
    """Yield the inputs of the nodes behind `link`, the nearest first, each once."""
    waiting, seen = deque([link]), set[str]()
    while waiting:
        name = _linked(waiting.popleft())
        if name is None or name in seen or name not in graph:
            continue
        seen.add(name)
        inputs = inner(graph[name].get("inputs"))
        yield inputs
        waiting.extend(inputs.values())


def _linked(value: object) -> str | None:
    """Return the name of the node that an input comes from, if it is not a value of its own."""
    match value:
        case [str() | int() as node, int()]:
            return str(node)[:100]
    return None


def _first(graph: Graph, link: object, *names: str) -> Mapping[str, Any]:
    """Return the nearest inputs behind `link` that have all of `names`, with values in them; else nothing."""
    for inputs in _behind(graph, link):
        if all(name in inputs for name in names):
            return {name: _value(graph, inputs[name]) for name in names}
    return {}


def _value(graph: Graph, value: object) -> object:
    """Return a value, or what the node that it comes from holds: primitives hold one value, whatever its name."""
    name = _linked(value)
    if name is None:
        return value
    held = inner(inner(graph.get(name)).get("inputs")).values()
    return next((each for each in held if isinstance(each, (str, int, float))), None)


def _prompt(graph: Graph, link: object) -> str | None:
    """Return the text behind a conditioning; SDXL's node has two of them."""
    for inputs in _behind(graph, link):
        for name in ("text", "text_g", "string", "value"):
            if found := written(_value(graph, inputs.get(name))):
                return found
    return None


def _loras(graph: Graph, link: object) -> list[str]:
    named = (written(inputs.get("lora_name")) for inputs in _behind(graph, link))
    return [name for name in named if name][:16]


def _over(strength: float | None) -> Over | None:
    """Return the strength of what was drawn over a picture; 1 is drawn from nothing."""
    return None if strength is None or strength == 1 else Over(strength=strength)

"""How much sooner an image is there that was drawn before than one that is drawn.

    python -m loadtests.recall_rate [--images 20]

Starts a studio with the bundled model and asks for one 256×256 image after another at default settings, each at once
again: the first is drawn, the second answered from storage. Measures each from the POST to the state `succeeded`,
and the ratio of the two medians in this one run. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx2

from loadtests import machine
from loadtests.first_light import PROMPTS
from loadtests.studio import Studio, running_studio


def measure(studio: Studio, images: int) -> dict[str, object]:
    """Return the figures of one running studio."""
    drawn, answered = [], []
    with studio.client() as client:
        _seconds(client, seed=1, known=False)  # not counted: the first one pays for warming up
        for number in range(images):
            drawn.append(_seconds(client, seed=100 + number, known=False))
            answered.append(_seconds(client, seed=100 + number, known=True))
    halves = statistics.median(drawn), statistics.median(answered)
    return {
        "machine": machine.describe(),
        "images": images,
        "drawn_p50_s": round(halves[0], 3),
        "answered_p50_s": round(halves[1], 3),
        "answered_max_s": round(max(answered), 3),
        "ratio": round(halves[1] / halves[0], 4),
    }


def _seconds(client: httpx2.Client, *, seed: int, known: bool) -> float:
    """Return how long an image took from the POST to its end; `known` says whether it was drawn before."""
    began = time.monotonic()
    body = {"prompt": PROMPTS[seed % len(PROMPTS)], "seed": seed}
    generation = client.post("/api/v1/generations", json=body).raise_for_status().json()
    if generation["state"] != "succeeded":
        with client.sse(generation["urls"]["events"]) as events:
            for event in events:
                if event.event == "generation":
                    generation = json.loads(event.data)
    took = time.monotonic() - began
    if (generation["state"], generation["from_cache"]) != ("succeeded", known):
        raise RuntimeError(f"{generation['state']}, from_cache {generation['from_cache']}")
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=20, help="how many to time of each kind")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder)) as studio:
        print(json.dumps(measure(studio, arguments.images), ensure_ascii=False))  # noqa: T201


if __name__ == "__main__":
    main()

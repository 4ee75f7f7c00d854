"""How long a designer waits, and whether the same seed draws the same picture.

    python -m loadtests.first_light [--images 15] [--ray]

Starts a studio, asks for one 256×256 image after another at default settings, and measures from the
click (the POST) to the first preview event and to the last byte of the finished file. Then asks for
one seed three times: twice alone and once beside others. Prints one JSON line and keeps it in
docs/figures/.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
from PIL import Image

from loadtests import machine
from loadtests.studio import Studio, running_studio

FIGURES = Path(__file__).parent.parent / "docs" / "figures"
PROMPTS = (
    "tee with blue dots, pink backdrop",
    "a red striped dress on a cream background",
    "a green checked coat on white",
    "plain yellow hat, grey background",
    "purple floral skirt on a mint background",
)


@dataclass(frozen=True)
class Wait:
    """One generation as its designer saw it; seconds since the click; no bytes if it was held."""

    first_preview_s: float
    image_s: float
    webp: bytes | None


def measure(studio: Studio, images: int) -> dict[str, object]:
    """Return the figures of one running studio."""
    with studio.client() as client:
        _draw(client, PROMPTS[0], seed=1)  # not counted: the first one pays for warming up
        waits = [_draw(client, PROMPTS[k % len(PROMPTS)], seed=100 + k) for k in range(images)]
        alone = [_draw(client, PROMPTS[0], seed=7).webp for _ in range(2)]
        other = _draw(client, PROMPTS[0], seed=8).webp
    beside = _draw_beside_others(studio, seed=7)
    return {
        "machine": machine.describe(),
        "images": images,
        "ready_after_s": round(studio.ready_after_s, 1),
        "first_preview_median_s": round(statistics.median(w.first_preview_s for w in waits), 2),
        "first_preview_max_s": round(max(w.first_preview_s for w in waits), 2),
        "image_median_s": round(statistics.median(w.image_s for w in waits), 2),
        "image_max_s": round(max(w.image_s for w in waits), 2),
        "same_seed_twice_psnr_db": _psnr(alone[0], alone[1]),
        "same_seed_beside_others_psnr_db": _psnr(alone[0], beside),
        "other_seed_psnr_db": _psnr(other, alone[0]),
        "held": sum(wait.webp is None for wait in waits),
    }


def _draw(client: httpx2.Client, prompt: str, *, seed: int) -> Wait:
    clicked = time.monotonic()
    body = {"prompt": prompt, "seed": seed}
    asked = client.post("/api/v1/generations", json=body, params={"fresh": True})
    asked.raise_for_status()
    generation = asked.json()
    first_preview = math.nan
    with client.sse(generation["urls"]["events"]) as events:
        for event in events:
            if event.event == "preview" and math.isnan(first_preview):
                first_preview = time.monotonic() - clicked
            if event.event == "generation":
                generation = json.loads(event.data)
                if generation["state"] not in {"queued", "running"}:
                    break
    if generation["state"] != "succeeded":
        raise RuntimeError(f"{generation['state']}: {generation['error']}")
    [image] = generation["images"]
    if image["moderation"] == "held":  # nothing to fetch: the wait ends with the answer
        return Wait(first_preview, time.monotonic() - clicked, None)
    content = client.get(f"/api/v1/images/{image['id']}/content", params={"variant": "full"})
    content.raise_for_status()
    return Wait(first_preview, time.monotonic() - clicked, content.content)


def _draw_beside_others(studio: Studio, *, seed: int) -> bytes | None:
    def draw(order: int) -> bytes | None:
        with studio.client() as client:
            return _draw(client, PROMPTS[order], seed=seed if order == 0 else 900 + order).webp

    with ThreadPoolExecutor(len(PROMPTS)) as people:
        return next(iter(people.map(draw, range(len(PROMPTS)))))


def _psnr(one: bytes | None, other: bytes | None) -> float | str:
    """Return the peak signal-to-noise ratio of two encoded images in dB; "identical" if they are."""
    if one is None or other is None:
        return "held"
    pixels = [
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float) for data in (one, other)
    ]
    error = float(np.mean((pixels[0] - pixels[1]) ** 2))
    return "identical" if error == 0 else round(10 * math.log10(255**2 / error), 1)


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=15, help="how many to time")
    parser.add_argument("--ray", action="store_true", help="draw in a local Ray Serve")
    arguments = parser.parse_args()
    options = ["--ray"] if arguments.ray else []
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder), *options) as studio:
        figures = measure(studio, arguments.images)
    line = json.dumps(figures, ensure_ascii=False)
    FIGURES.mkdir(exist_ok=True)
    name = "first-light-ray.json" if arguments.ray else "first-light.json"
    (FIGURES / name).write_text(line + "\n")
    print(line)  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()

"""How long a person waits for a page: for sixty tiles of a crowded gallery, for the prompt, for the first preview.

    python -m loadtests.page_rate [--rounds 20] [--images 20000]

Real Chromium, 1440 × 900, against a studio in this process whose pictures are drawn by a script. Every round is a new profile
with nothing kept, except where a row says "again". What each row means:

    sixty tiles     from the moment at which the page's scripts had loaded, ours (the mark `atelier.modules`) and Gradio's, to that
                    at which the first sixty tiles of the gallery had been painted with their pictures
    prompt          from the navigation to that at which the field of Create's prompt is there to be written in
    first preview   from the key that generates to that at which a preview is painted, less the time between the engine being
                    asked and its giving that preview; the two clocks are one machine's

"Painted" is: in the document, loaded, decoded if it is in the window, and a frame drawn since. "Sixty decoded" waits until those
outside of the window are decoded too, which a browser by itself puts off until one scrolls. The other rows say where the time
goes: each is milliseconds since the navigation began. Last, what is in the document and in memory after scrolling through everything.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from playwright.sync_api import sync_playwright

from loadtests.crowded_studio import CrowdedStudio, crowded_studio
from loadtests.machine import describe
from loadtests.page_probes import CREATE, GALLERY, LOADED, PREVIEW, TO_THE_END

FLAGS: Final = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--enable-precise-memory-info",
)  # fmt: skip
PATIENCE_MS: Final = 60_000
WANTED_MS: Final = {"sixty tiles": 300.0, "prompt": 3000.0, "first preview": 250.0}
MOST_TILES: Final = 2_000
PROMPT: Final = "a red dress before a grey wall"
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Visitor:
    """The designer, in one browser."""

    browser: Any
    studio: CrowdedStudio

    @contextmanager
    def page(self, probe: str = "") -> Iterator[Any]:
        """Open an empty page in a new profile; `probe` runs in it from its start."""
        context = self.browser.new_context(
            base_url=self.studio.url,
            viewport={"width": 1440, "height": 900},
            reduced_motion="reduce",
        )
        try:
            context.add_cookies([self.studio.cookie])
            if probe:
                context.add_init_script(probe)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            yield page
        finally:
            context.close()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20, help="how often each is timed")
    parser.add_argument("--images", type=int, default=20_000, help="how many the gallery has")
    asked = parser.parse_args()
    sys.stdout.write(f"{describe()}, {asked.images} images, {asked.rounds} rounds\n\n")
    with (
        tempfile.TemporaryDirectory(prefix="page-rate-") as folder,
        crowded_studio(Path(folder), asked.images) as studio,
        sync_playwright() as playwright,
    ):
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for line in measure(Visitor(browser, studio), asked.rounds):
            sys.stdout.write(line)
            sys.stdout.flush()
        browser.close()


def measure(visitor: Visitor, rounds: int) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| what | p50 ms | p95 ms | wanted | |\n|---|---|---|---|---|\n"
    for what, timed in (
        ("gallery", gallery),
        ("gallery, again", gallery_again),
        ("Create", create),
        ("preview", preview),
    ):
        timed(visitor)  # not counted: the studio, too, has things to load at first
        yield from _rows(what, _collected(timed, visitor, rounds))
    yield from _whole(visitor)


def gallery(visitor: Visitor) -> dict[str, float]:
    """Open the gallery with nothing kept."""
    with visitor.page(GALLERY) as page:
        return _opened(page, visitor)


def gallery_again(visitor: Visitor) -> dict[str, float]:
    """Open the gallery in a profile that has opened it before."""
    with visitor.page(GALLERY) as page:
        _opened(page, visitor)
        return _opened(page, visitor)


def create(visitor: Visitor) -> dict[str, float]:
    """Open Create with nothing kept, and write in it."""
    with visitor.page(CREATE) as page:
        page.goto("/")
        page.wait_for_function("window.seen.prompt")
        times: dict[str, float] = page.evaluate(LOADED)
        _write(page)
        return {name: times[name] for name in ("html", "modules", "gradio", "prompt")}


def preview(visitor: Visitor) -> dict[str, float]:
    """Generate on an open page; the drawing stands still at its preview until that was seen."""
    inference = visitor.studio.inference
    with visitor.page() as page, inference.hold():
        page.goto("/")
        _write(page)
        page.locator("#generate:not([disabled])").wait_for()
        before = set(inference.shown_at)
        page.evaluate(f"() => {{ window.preview = ({PREVIEW})(); }}")
        page.keyboard.press("Control+Enter")
        seen = page.evaluate("() => window.preview")
        [drawing] = set(inference.shown_at) - before
        asked, shown = (1000 * at[drawing] for at in (inference.asked_at, inference.shown_at))
    return {
        "key to engine": asked - seen["pressed"],
        "engine to paint": seen["painted"] - shown,
        "first preview": seen["painted"] - seen["pressed"] - (shown - asked),
    }


def _write(page: Any) -> None:  # noqa: ANN401
    prompt = page.locator("#prompt textarea")
    prompt.focus()
    page.keyboard.type(PROMPT)
    written = prompt.input_value()
    if written != PROMPT:
        raise RuntimeError(f"the prompt took {written!r}")


def _opened(page: Any, visitor: Visitor) -> dict[str, float]:  # noqa: ANN401
    page.goto(f"/galleries?id={visitor.studio.gallery}")
    page.wait_for_function("window.seen['all decoded']")
    times: dict[str, float] = page.evaluate(LOADED)
    loaded = max(times["modules"], times["gradio"])
    return {
        **times,
        "sixty decoded": times["all decoded"] - loaded,
        "sixty tiles": times["painted"] - loaded,
    }


def _collected(
    timed: Callable[[Visitor], dict[str, float]], visitor: Visitor, rounds: int
) -> Times:
    times: Times = {}
    for _ in range(rounds):
        for name, value in timed(visitor).items():
            times.setdefault(name, []).append(value)
    return times


def _rows(what: str, times: Times) -> Iterator[str]:
    for name, some in sorted(times.items(), key=lambda one: (one[0] in WANTED_MS, sum(one[1]))):
        median, slow = (quantiles(some, n=20, method="inclusive")[at] for at in (9, 18))
        wanted, verdict = "", ""
        if limit := WANTED_MS.get(name):
            wanted = f"≤ {limit:.0f}"
            verdict = "met" if slow <= limit else "**missed**"
        yield f"| {what}: {name} | {median:.0f} | {slow:.0f} | {wanted} | {verdict} |\n"


def _whole(visitor: Visitor) -> Iterator[str]:
    """Scroll through everything once and yield what that leaves behind."""
    with visitor.page(GALLERY) as page:
        _opened(page, visitor)
        page.set_default_timeout(20 * PATIENCE_MS)
        most = page.evaluate(TO_THE_END)
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"] / 2**20
    verdict = "met" if most["mounted"] <= MOST_TILES else "**missed**"
    yield "\n| after scrolling through everything | | wanted | |\n|---|---|---|---|\n"
    yield f"| images reached | {most['reached']} | | |\n"
    yield f"| tiles in the document at most | {most['mounted']} | ≤ {MOST_TILES} | {verdict} |\n"
    yield f"| JavaScript heap, garbage collected | {used:.0f} MiB | | |\n"


if __name__ == "__main__":
    main()

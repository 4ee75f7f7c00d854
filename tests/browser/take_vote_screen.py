"""Takes the picture of a vote in docs/screens, from a real studio that offers the bundled model twice, with other settings.

make screenshots
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from inference.catalog import MODELS_VARIABLE
from loadtests.studio import running_studio
from tests.browser.conftest import FLAGS, tell
from tests.browser.take_screens import BUNDLED, PATIENCE_MS, Photographer

TABLE = """
[[model]]
name = "{name}"
title = "{name}"
description = "The bundled model."
directory = "{directory}"
max_pixels = 262144
safety_checker = "demo-safety-checker"
[model.defaults]
width = 256
height = 256
num_inference_steps = {steps}
guidance_scale = {guidance}
scheduler = "ddim"
"""
TWICE = (("atelier-mini", 12, 2.5), ("atelier-mini-next", 2, 1.0))
PROMPTS = [
    "a red striped dress on a cream background",
    "a green floral coat on a white background",
]


def photograph(photographer: Photographer) -> None:
    """Have both draw, and take the picture of a pair as a voter sees it."""
    admin = photographer.page("admin", "/models")
    asked = {"models": [name for name, *_ in TWICE], "prompts": PROMPTS, "seed": 11}
    comparison = tell(admin, "/comparisons", asked)
    voter = photographer.page("designer")
    voter.wait_for_function(
        "(id) => fetch(`/api/v1/ballots/${id}`).then((answer) => answer.json()).then(({ pairs }) => pairs.length === 2)",
        arg=comparison["id"],
        polling=500,
        timeout=PATIENCE_MS,
    )
    voter.goto(f"/vote?of={comparison['id']}")
    voter.locator("at-vote img").nth(1).wait_for()
    photographer.keep(voter, "vote")


def main() -> None:
    """Start a studio, photograph it, stop it."""
    folder = Path(tempfile.mkdtemp())
    models = folder / "models.toml"
    models.write_text(
        "".join(
            TABLE.format(name=name, directory=BUNDLED, steps=steps, guidance=guidance)
            for name, steps, guidance in TWICE
        )
    )
    os.environ[MODELS_VARIABLE] = str(models)
    try:
        with running_studio(folder) as studio, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=FLAGS
            )
            photograph(Photographer(browser, studio.url))
            browser.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

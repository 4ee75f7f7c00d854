"""The images do what their pods ask of them, as nobody, with a root that cannot be written."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from tests.deploy.images.running import Pod, answers, asked, free_port
from tests.deploy.needs import ROOT

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]
PNG = b"\x89PNG"
PAGES = ("/", "/history", "/auth/login")
HEALTHCHECK = re.compile(r"HEALTHCHECK .*\\\n\s+CMD (\[.+\])")


def question(dockerfile: str, port: int) -> list[str]:
    """Return what a Dockerfile has asked of its container, at another port."""
    (words,) = HEALTHCHECK.findall((ROOT / "containers" / dockerfile).read_text())
    return [re.sub(r"127.0.0.1:\d+", f"127.0.0.1:{port}", word) for word in json.loads(words)]


def test_the_root_cannot_be_written(backend: Pod) -> None:
    tried = backend.does("python", "-c", "open('/app/x', 'w')")
    assert "Read-only file system" in tried.stderr
    assert backend.does("python", "-c", "import os; print(os.getuid())").stdout == "10001\n"


def test_the_database_is_migrated(backend: Pod) -> None:
    done = backend.does("atelier", "migrate")
    assert done.returncode == 0, done.stderr
    assert {one.partition("-")[0] for one in backend.written()} == {"/var/lib/atelier/atelier.db"}


def test_the_studio_draws_what_the_other_image_drew(backend: Pod, inference: Pod) -> None:
    port, there = free_port(), free_port()
    backend.told = {
        "ATELIER_PORT": str(port),
        "ATELIER_INFERENCE_URL": f"http://127.0.0.1:{there}",
    }
    here = f"http://127.0.0.1:{port}"
    with backend.runs() as studio:
        answers(f"{here}/healthz", studio)
        assert asked(f"{here}/readyz")[0] == 503  # nobody draws yet
        for page in PAGES:
            answers(here + page, studio)
        with inference.runs("python", "-m", "inference", f"--port={there}") as drawing:
            answers(f"http://127.0.0.1:{there}/readyz", drawing)
            answers(f"{here}/readyz", studio)
            assert backend.does(*question("backend.Dockerfile", port)).returncode == 0
            assert inference.does(*question("inference.Dockerfile", there)).returncode == 0
            assert drawn(f"http://127.0.0.1:{there}").startswith(PNG)
    assert backend.does(*question("backend.Dockerfile", port)).returncode != 0


def drawn(url: str) -> bytes:
    """Return a small image, drawn in few steps."""
    asking = urllib.request.Request(
        f"{url}/predict",
        json.dumps({"prompt": "a red dress", "num_inference_steps": 2, "seed": 7}).encode(),
        {"Content-Type": "application/json", "Accept": "image/png"},
    )
    with urllib.request.urlopen(asking, timeout=100) as answer:
        found: bytes = answer.read()
    return found


def test_ray_serves_from_it(inference: Pod) -> None:
    port = free_port()
    with inference.runs("python", "-m", "inference.serve_app", f"--port={port}") as serving:
        answers(f"http://127.0.0.1:{port}/readyz", serving)
        assert drawn(f"http://127.0.0.1:{port}").startswith(PNG)
    assert all(one.startswith("/tmp/") for one in inference.written())

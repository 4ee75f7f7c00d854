"""Builds the images, each with the list of what it is made of: python -m containers.build (`make images`).

Every image comes to lie in `build/images/<name>/`: `oci/`, the image; `sbom.cdx.json`; and `image.json` with its digest and sizes.
Words after `--` go to the builder as they are, which is buildah or podman, whichever answers, or the one that BUILDER names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from containers import contents, sbom
from containers.layout import Layout

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "build" / "images"
BUILDERS: Final = ("buildah", "podman")
STAND_IN: Final = "localhost/"  # a base of this machine's own, containers/standin-base.sh
FILES_OF: Final = 315619200  # 1980: when every file is said to be of, so that a layer that did not change stays the same
_PINNED: Final = re.compile(r"[\w./:-]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Image:
    """One image of ours, and the stage of the Dockerfile that it is."""

    name: str
    file: str
    target: str = ""


IMAGES: Final = (
    Image("backend", "backend.Dockerfile"),
    Image("inference", "inference.Dockerfile", "cpu"),
    Image("inference-cuda", "inference.Dockerfile", "cuda"),
)


def main(words: list[str] | None = None) -> None:
    """Build what is asked for and say what it weighs."""
    ours, builders = _split(sys.argv[1:] if words is None else words)
    asked = _parser().parse_args(ours)
    problem = unfit(asked.base, release=asked.release)
    if problem:
        raise SystemExit(problem)
    if asked.base.startswith(STAND_IN):
        _say("· the base is this machine's own stand-in: good for trying, never for a cluster")
    for image in IMAGES:
        if image.name in asked.images:
            _say(f"· {image.name}: building")
            tag = build(image, asked.base, asked.torch_index, builders)
            _say(_line(keep(image, tag, asked.base)))


def unfit(base: str, *, release: bool) -> str:
    """Return why nothing may be built from `base`, or ""; a release takes no stand-in."""
    if _PINNED.fullmatch(base) or (base.startswith(STAND_IN) and not release):
        return ""
    return (
        f"BASE: {base or 'nothing'} may be another image tomorrow; name it by digest, such as "
        "BASE=python:3.11-slim-bookworm@sha256:… (docs/operate/images.md says how to ask for it), or, to try, "
        "the stand-in of containers/standin-base.sh, which no release takes"
    )


def build(image: Image, base: str, torch_index: str, more: list[str]) -> str:
    """Build one image; return the name under which the builder has it."""
    tag = f"{STAND_IN}atelier/{image.name}:{version()}"
    stage = ["--target", image.target] if image.target else []
    torch = ["--build-arg", f"TORCH_INDEX={torch_index}"] if image.target else []
    labels = [
        word for pair in sorted(_labels(base).items()) for word in ("--label", "=".join(pair))
    ]
    _run(
        builder(), "build", "--layers", "--format=oci", f"--timestamp={FILES_OF}",
        "--build-arg", f"BASE={base}", *torch, *labels, *stage, *more,
        "-f", f"containers/{image.file}", "-t", tag, ".",
    )  # fmt: skip
    return tag


def keep(image: Image, tag: str, base: str) -> dict[str, object]:
    """Write the image's folder anew: the image, its bill of materials, its figures, which are returned."""
    folder = OUT / image.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _run(builder(), "push", "--quiet", tag, f"oci:{folder / 'oci'}:{version()}")
    layout = Layout(folder / "oci")
    with tempfile.TemporaryDirectory() as root:
        layout.unpack(Path(root))
        parts = contents.parts(Path(root), layout.environment())
    bill = sbom.written(image.name, version(), layout.digest, made(), parts)
    (folder / "sbom.cdx.json").write_text(bill + "\n", encoding="utf-8")
    layers = layout.layers()
    figures: dict[str, object] = {
        "name": image.name,
        "digest": layout.digest,
        "base": base,
        "bytes_pulled": sum(one.packed for one in layers),
        "bytes_unpacked": sum(one.unpacked() for one in layers),
        "layers": [one.packed for one in layers],
        "parts": len(parts),
    }
    (folder / "image.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures


def builder() -> str:
    """Return the program that builds: a client whose server does not answer is none."""
    for name in (os.environ["BUILDER"],) if "BUILDER" in os.environ else BUILDERS:
        found = shutil.which(name)
        if found and _answers(found):
            return found
    raise SystemExit("no buildah and no podman answers here; install one: apt-get install buildah")


def _answers(program: str) -> bool:
    done = subprocess.run([program, "info"], capture_output=True, check=False)  # noqa: S603 - found by its name
    return done.returncode == 0


def version() -> str:
    """Return the project's version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def made() -> datetime:
    """Return when the commit was made, which is when its images say they were: building again changes nothing."""
    return datetime.fromtimestamp(int(_git("show", "-s", "--format=%ct") or 0), UTC)


def _labels(base: str) -> dict[str, str]:
    name, _, digest = base.partition("@")
    changed = "-changed" if _git("status", "--porcelain") else ""
    labels = {
        "created": made().isoformat(),
        "version": version(),
        "revision": _git("rev-parse", "HEAD") + changed,
        "base.name": name,
        "base.digest": digest,
    }
    return {f"org.opencontainers.image.{key}": value for key, value in labels.items() if value}


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607 - our words
    return done.stdout.strip()


def _run(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, check=False)  # noqa: S603 - the builder, with words of ours
    if done.returncode:
        raise SystemExit(f"{Path(words[0]).name} {words[1]} failed, as it says above")


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m containers.build")
    names = [one.name for one in IMAGES]
    parser.add_argument("images", nargs="*", choices=names, default=["backend", "inference"])
    parser.add_argument("--base", default="", help="what they are built on, by digest")
    parser.add_argument("--release", action="store_true", help="refuse a stand-in for a base")
    parser.add_argument("--torch-index", default="", help="where pip finds torch for a CPU")
    return parser


def _line(figures: dict[str, object]) -> str:
    return "· {name}: {bytes_pulled:,} bytes to pull, {bytes_unpacked:,} unpacked, {parts} parts, {digest}".format_map(
        figures
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

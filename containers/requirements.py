"""Prints what `pyproject.toml` beside it asks for: packages change more seldom than code, and come in a layer of their own.

python requirements.py studio gcs > requirements.txt     # "studio" is what the project itself depends on; the rest are extras
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path


def main(parts: list[str]) -> None:
    """Print a requirement a line."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    known = {"studio": project["dependencies"], **project["optional-dependencies"]}
    wanted = [line for part in parts for line in known[part]]
    sys.stdout.write("\n".join(wanted) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

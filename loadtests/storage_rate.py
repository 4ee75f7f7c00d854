"""How many megabytes of images a second the file storage takes in, each flushed to the disk.

    python -m loadtests.storage_rate [--folder FOLDER] [--images 200] [--kilobytes 512]

Files of random bytes, as large as a lossless WebP of 512×512; one after another, as one dispatcher writes them, and eight at once.
A JSON line.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from backend.kit.storage import Storage, open_storage
from loadtests.machine import describe

ROUNDS = 3
AT_ONCE = 8
MEGABYTE = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.storage_rate")
    parser.add_argument("--folder", type=Path, default=None, help="on the disk that is meant")
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--kilobytes", type=int, default=512)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="storage-rate-", dir=asked.folder) as folder:
        storage = open_storage(Path(folder).as_uri())
        told = {
            f"{name}_mb_per_s": round(
                statistics.median(
                    rate(storage, asked.images, asked.kilobytes * 1000, threads=threads)
                    for _ in range(ROUNDS)
                ),
                1,
            )
            for name, threads in (("alone", 1), ("eight", AT_ONCE))
        }
    sys.stdout.write(json.dumps({"machine": describe(), **told}) + "\n")
    return 0


def rate(storage: Storage, images: int, size: int, *, threads: int) -> float:
    """Return the megabytes a second at which `images` new files of `size` bytes are stored."""
    files = [secrets.token_bytes(size) for _ in range(images)]
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda data: storage.put(data, suffix=".webp"), files))
    return images * size / MEGABYTE / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())

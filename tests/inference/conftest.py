"""What the engine's tests share. Not among the plugins of all tests, since it imports torch."""

from __future__ import annotations

from tests.fixtures.bench import bench, drawing, finished, models_file, reference, scheduler_config
from tests.fixtures.xl import tiny_xl_dir, tiny_xl_models_file, xl, xl_drawing, xl_pipelines

__all__ = [
    "bench",
    "drawing",
    "finished",
    "models_file",
    "reference",
    "scheduler_config",
    "tiny_xl_dir",
    "tiny_xl_models_file",
    "xl",
    "xl_drawing",
    "xl_pipelines",
]

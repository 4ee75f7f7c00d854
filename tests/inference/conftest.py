"""What the engine's tests share. Not among the plugins of all tests, since it imports torch."""

from __future__ import annotations

from tests.fixtures.bench import bench, drawing, reference, scheduler_config

__all__ = ["bench", "drawing", "reference", "scheduler_config"]

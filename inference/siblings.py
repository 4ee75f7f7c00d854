"""The other replicas of an application: whoever drew a generation alone holds its images.

A proxy sends each request to the replica with the fewest connections, so that a fetch or a cancel may
reach one that never heard of it. That one asks here. Behind a single replica there is nobody to ask.
"""

from __future__ import annotations

from typing import Any, Protocol


class Siblings(Protocol):
    """Other replicas of the same application."""

    async def image(self, generation_id: str, index: int) -> bytes | None:
        """Return a finished image that one of them holds, or `None`."""
        ...

    async def status(self, generation_id: str) -> dict[str, Any] | None:
        """Return how far a generation is that one of them holds, as JSON, or `None`."""
        ...

    async def cancel(self, generation_id: str) -> None:
        """Have whoever draws it stop before its next step."""
        ...


class Alone:
    """No siblings: one process, one engine."""

    async def image(self, generation_id: str, index: int) -> bytes | None:  # noqa: ARG002
        """See `Siblings.image`."""
        return None

    async def status(self, generation_id: str) -> dict[str, Any] | None:  # noqa: ARG002
        """See `Siblings.status`."""
        return None

    async def cancel(self, generation_id: str) -> None:
        """See `Siblings.cancel`."""

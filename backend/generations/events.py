"""Says what happens to generations: to everybody's hub, and to their owner through the notifier.

A change of state is said by id only: whoever hears it reads the row, which is the truth. Progress and
previews are nowhere but here, so they travel whole; `glimpses` takes them to other processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from backend.generations.models import Generation
from backend.generations.schemas import PreviewPublic, ProgressPublic
from backend.kit.context import Context
from backend.kit.live import Mark, Phase
from backend.kit.notifier import Notifier, Reach
from backend.kit.queue import State
from inference.protocol import Preview, Progress

QUEUE_CHANNEL: Final = "queue"
STUDIO_CHANNEL: Final = "studio"
GLIMPSE: Final = "glimpse"
STOPPING: Final = "stopping"
WITHDRAWN: Final = "withdrawn"
IDS_AT_ONCE: Final = 100


def person_channel(owner_id: str) -> str:
    """Return the channel on which everything of one person is said."""
    return f"person:{owner_id}"


def mark_of(row: Generation) -> Mark:
    """Return the point in its life where the row stands."""
    if row.state.ended:
        return Mark(row.fence, Phase.ENDED)
    return Mark(row.fence, Phase.WAITING if row.state is State.QUEUED else Phase.RUNNING)


def say_changed(notifier: Notifier, row: Generation) -> None:
    """Tell the owner's tabs to look at the row again."""
    notifier.publish(person_channel(row.owner_id), {"event": "generation", "data": {"id": row.id}})


def say_queued(notifier: Notifier) -> None:
    """Wake the dispatchers: there may be work."""
    notifier.publish(QUEUE_CHANNEL, {"event": "queued"})


def say_cancel(notifier: Notifier, generation_id: str) -> None:
    """Tell whoever runs it to stop it now, rather than at the next heartbeat."""
    notifier.publish(QUEUE_CHANNEL, {"event": "cancel", "id": generation_id})


def say_stopping(notifier: Notifier) -> None:
    """End this process's open event streams; call it before the server waits for its connections."""
    notifier.publish(STUDIO_CHANNEL, {"event": STOPPING}, Reach.HERE)


def say_withdrawn(notifier: Notifier, image_ids: Sequence[str]) -> None:
    """Have every open page take these images out of sight; who could not see them is told nothing by an id."""
    for first in range(0, len(image_ids), IDS_AT_ONCE):
        some = list(image_ids[first : first + IDS_AT_ONCE])
        notifier.publish(STUDIO_CHANNEL, {"event": WITHDRAWN, "data": {"image_ids": some}})


def saw(context: Context, row: Generation, mark: Mark, news: Progress | Preview) -> None:
    """Remember the latest progress or preview and show it to the owner."""
    context.hub.saw(row.id, mark, news, owner_id=row.owner_id)
    show(context.notifier, row.owner_id, row.id, mark, [news])


def show(
    notifier: Notifier,
    owner_id: str,
    generation_id: str,
    mark: Mark,
    news: Iterable[Progress | Preview],
) -> None:
    """Show `news`, which are of one moment, to the tabs of the owner that this process serves."""
    message = {
        "event": GLIMPSE,
        "id": generation_id,
        "mark": str(mark),
        "news": [{"event": each.type, "data": _data(generation_id, each)} for each in news],
    }
    notifier.publish(person_channel(owner_id), message, Reach.HERE)


def _data(generation_id: str, news: Progress | Preview) -> dict[str, Any]:
    public = ProgressPublic if isinstance(news, Progress) else PreviewPublic
    shown = public(generation_id=generation_id, **news.model_dump(exclude={"type"}))
    return shown.model_dump(mode="json")

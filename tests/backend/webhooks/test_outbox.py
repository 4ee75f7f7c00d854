"""The outbox holds when things happen at the same moment: an end, and a webhook that goes away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from backend.generations import service as generations
from backend.kit.queue import State
from backend.webhooks import service
from tests.fixtures.hooks import HookWorkshop

NOWHERE = "https://hooks.example.com/"
A_MOMENT_S = 0.3


class TestDeletingWhileSomethingHappens:
    """Whoever is second waits for the first, and neither breaks."""

    def test_the_end_first(self, hooks: HookWorkshop) -> None:
        webhook, row = hooks.hook(NOWHERE), hooks.submit()

        def delete() -> None:
            with hooks.context.database.write() as session:
                service.delete(session, hooks.actor, webhook.id)

        with ThreadPoolExecutor() as pool:
            with hooks.context.database.write() as session:
                generations.cancel(session, hooks.context, hooks.actor, row.id)
                session.flush()
                deleting = pool.submit(delete)
                threading.Event().wait(A_MOMENT_S)
                assert not deleting.done()
            deleting.result(20)
        assert hooks.row(row).state is State.CANCELED
        assert hooks.deliveries() == []

    def test_the_deletion_first(self, hooks: HookWorkshop) -> None:
        webhook, row = hooks.hook(NOWHERE), hooks.submit()
        with ThreadPoolExecutor() as pool:
            with hooks.context.database.write() as session:
                service.delete(session, hooks.actor, webhook.id)
                ending = pool.submit(hooks.cancel, row)
                threading.Event().wait(A_MOMENT_S)
                assert not ending.done()
            ending.result(20)
        assert hooks.row(row).state is State.CANCELED
        assert hooks.deliveries() == []

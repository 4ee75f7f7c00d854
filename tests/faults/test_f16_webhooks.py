"""F16: a receiver with every bad day there is, and senders killed -9 in the middle of a message.

Everything arrives that can, at least once and under one id; nothing is ever connected to inside.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backend.kit.database import Database
from backend.kit.queue import State
from backend.webhooks.models import Delivery, Webhook
from tests.faults.processes import Processes
from tests.fixtures.hooks import HookWorkshop, verified
from tests.fixtures.receiver import Receiver, Reply
from tests.fixtures.telling import Tell

MESSAGES, KILLS, SENDERS = 8, 3, 2
WITHIN_S = 90.0
IN_THE_MIDDLE_S = 0.25
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def sending(hooks: HookWorkshop, receiver: Receiver, killed: set[int]) -> int:
    """Wait until the receiver has a message that is not written down; return who sends it."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        begun = {request.headers["webhook-id"] for request in receiver.received}
        for row in hooks.deliveries():
            if row.state is State.RUNNING and row.id in begun:
                pid = int(str(row.lease_owner).split(":")[1])
                if pid not in killed:
                    return pid
        time.sleep(0.01)
    raise AssertionError("nobody sends anything")


def wait_for_every_end(hooks: HookWorkshop, webhook_id: str) -> list[Delivery]:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        rows = [row for row in hooks.deliveries() if row.webhook_id == webhook_id]
        if all(row.state.ended for row in rows):
            return rows
        time.sleep(0.1)
    raise AssertionError(f"left behind: {[(r.state, r.error) for r in hooks.deliveries()]}")


def test_killed_senders_lose_no_message(database: Database, tmp_path: Path, tell: Tell) -> None:
    with Receiver() as told, Receiver() as gone, Receiver() as leading, Receiver() as inside:
        play = Play(HookWorkshop(database, tmp_path), told, gone, leading, inside)
        ledger = play.run(tmp_path)
    tell(ledger)
    assert ledger["kills"] == KILLS
    assert ledger["delivered"] == ledger["messages"] == MESSAGES
    assert ledger["lost"] == 0
    assert ledger["duplicates"] >= 1
    assert ledger["foreign_ids"] == 0
    assert ledger["unverified"] == 0
    assert ledger["private_connections"] == 0
    assert ledger["gone_disabled"]


@dataclass
class Play:
    """Four receivers, of which one is to get everything, and nobody may ever reach `inside`."""

    hooks: HookWorkshop
    told: Receiver
    gone: Receiver
    leading: Receiver
    inside: Receiver
    killed: set[int] = field(default_factory=set)

    def run(self, folder: Path) -> dict[str, Any]:
        """Send `MESSAGES` to each through everything that goes wrong; return the figures."""
        webhook, given_up = self.prepare()
        accepted = {self.hooks.canceled_generation() for _ in range(MESSAGES)}
        url = str(self.hooks.context.database.url)
        senders = Processes("tests.backend.dispatch.delivering", url, folder)
        try:
            for _ in range(SENDERS):
                senders.start()
            wait_for_every_end(self.hooks, given_up.id)
            self.told.up()
            while len(self.killed) < KILLS:
                pid = sending(self.hooks, self.told, self.killed)
                senders.kill(pid)
                self.killed.add(pid)
                senders.start()
            rows = wait_for_every_end(self.hooks, webhook.id)
        finally:
            senders.kill_all()
        disabled = not self.hooks.hook_now(given_up.id).enabled
        return {**self.figures(webhook, accepted, rows), "gone_disabled": disabled}

    def prepare(self) -> tuple[Webhook, Webhook]:
        """Make the webhooks; return the one that is down for now, and the one that answers 410."""
        # The first message is answered too slowly; it is cut off at the timeout, and tried again.
        self.told.answers.extend([Reply(delay=60), *[Reply(delay=IN_THE_MIDDLE_S)] * 500])
        self.gone.answers.extend([Reply(410)] * 500)
        self.leading.answers.extend([Reply(302, {"location": self.inside.url})] * 500)
        self.told.down()
        self.hooks.hook(self.leading.url)
        self.hooks.hook("https://metadata.example.com/")  # which leads to 10.0.0.1
        return self.hooks.hook(self.told.url), self.hooks.hook(self.gone.url)

    def figures(self, webhook: Webhook, accepted: set[str], rows: list[Delivery]) -> dict[str, Any]:
        arrived, unverified = set(), 0
        for request in self.told.received:
            try:
                arrived.add(verified(webhook.secret, request)["data"]["generation_id"])
            except ValueError:
                unverified += 1
        ids = Counter(request.headers["webhook-id"] for request in self.told.received)
        return {
            "fault": "F16",
            "database": self.hooks.context.database.engine.dialect.name,
            "kills": len(self.killed),
            "messages": len(accepted),
            "delivered": sum(row.state is State.SUCCEEDED for row in rows),
            "lost": len(accepted - arrived),
            "duplicates": sum(ids.values()) - len(ids),
            "foreign_ids": len(set(ids) - {row.id for row in rows}),
            "unverified": unverified,
            "private_connections": self.inside.connections,
        }

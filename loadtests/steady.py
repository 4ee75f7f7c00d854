"""A client who submits at a steady rate and does not give up: the same key again until it is answered."""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx2

API: Final = "/api/v1/generations"
AT_ONCE: Final = 16
PATIENCE_S: Final = 90.0
AGAIN_AFTER_S: Final = 1.0
_TO_BE_TRIED_AGAIN: Final = frozenset({429, 503})


class Client:
    """Submits as one person. `accepted` are the ids that were promised, `given_up` what got no promise."""

    def __init__(self, url: str, key: str) -> None:
        self.accepted: set[str] = set()
        self.given_up = 0
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx2.Client(base_url=url, headers=headers, timeout=30, trust_env=False)
        self._turn = threading.Lock()

    def submit_steadily(self, rate: float, seconds: float) -> None:
        """Submit `rate` times a second for so long, whatever the answers are; wait for all of them."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            began = time.monotonic()
            for number in range(int(rate * seconds)):
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
                pool.submit(self.submit)

    def submit(self) -> None:
        """Submit one."""
        key, until = secrets.token_hex(16), time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self._ask(key)
            if answer is not None and answer.is_success:
                with self._turn:
                    self.accepted.add(answer.json()["id"])
                return
            if answer is not None and answer.status_code not in _TO_BE_TRIED_AGAIN:
                break
            time.sleep(AGAIN_AFTER_S)
        with self._turn:
            self.given_up += 1

    def _ask(self, key: str) -> httpx2.Response | None:
        try:
            return self._http.post(
                API, json={"prompt": "a red dress"}, headers={"Idempotency-Key": key}
            )
        except httpx2.TransportError:
            return None

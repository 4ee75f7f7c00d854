"""The people who ask, as Locust users, and the shape that says how many there are.

Importing it imports Locust, which lets gevent patch the standard library: only the generator's own
process and `locust` itself do. What is asked comes from `asks`; the answers go to whoever listens.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

import gevent
from locust import FastHttpUser, LoadTestShape, constant, task
from locust.contrib.fasthttp import ResponseContextManager
from locust.exception import StopUser

from loadtests.asks import Ask, Asks
from loadtests.plans import Answered, Began, Outcome, Plan, Told
from loadtests.shapes import stage_at

SPAWN_RATE = 100.0
PAUSE_AFTER_ERROR_S = 0.5
LONGEST_PAUSE_S = 5.0
ERROR_CHARACTERS = 200
PNG, WEBP = b"\x89PNG", b"RIFF"
# Every request is somebody new: a connection kept open would be closed under whoever waits long.
HEADERS = {"Accept": "image/png", "Connection": "close"}


@dataclass(frozen=True)
class Answer:
    """What came back, and how long to wait before asking again."""

    outcome: Outcome
    error: str | None = None
    pause: float = 0.0


class Course:
    """One plan under way: what is asked next, what time it is, who hears of it."""

    def __init__(self, plan: Plan, tell: Callable[[Told], None]) -> None:
        self.plan = plan
        self.tell = tell
        self.asks = Asks(plan)
        self.stage: int | None = None
        self.sent_until = 0.0
        self._began: float | None = None

    @property
    def now(self) -> float:
        """Seconds since the first time anybody asked."""
        if self._began is None:
            self._began = time.perf_counter()
        return time.perf_counter() - self._began


class PlannedShape(LoadTestShape):
    """Tells Locust how many users the plan wants now, and the listener when that changes."""

    abstract = True

    def __init__(self, course: Course) -> None:
        super().__init__()
        self._course = course

    def tick(self) -> tuple[int, float] | None:
        """Return the users and how fast they come; None when the plan is over."""
        course = self._course
        index = stage_at(course.plan.stages, course.now)
        if index is None:
            course.sent_until = course.now
            return None
        users = course.plan.stages[index].users
        if index != course.stage:
            course.stage = index
            course.tell(Began(users=users, at=course.now))
        return users, SPAWN_RATE


class Asker(FastHttpUser):
    """Somebody who asks for images, one after another, and thinks no time at all."""

    abstract = True
    wait_time = constant(0)
    course: ClassVar[Course]

    @task
    def ask(self) -> None:
        """Ask for one image and tell how that went."""
        course = self.course
        ask = course.asks.next()
        if ask is None:
            raise StopUser
        if ask.at is not None:
            gevent.sleep(max(0.0, ask.at - course.now))
        sent = course.now if ask.at is None else ask.at
        answer = Answer(Outcome.UNFINISHED)
        try:
            answer = self._leave(ask, ask.leave_after) if ask.leave_after else self._stay(ask)
        finally:  # also when the time is up and Locust ends this greenlet
            course.tell(
                Answered(
                    kind=ask.kind,
                    sent=sent,
                    done=course.now,
                    outcome=answer.outcome,
                    error=answer.error,
                )
            )
        gevent.sleep(answer.pause)

    def _stay(self, ask: Ask) -> Answer:
        with self.client.post(
            "/predict", json=ask.body, name=ask.kind.value, headers=HEADERS, catch_response=True
        ) as response:
            error = _error_in(response)
            if error is None:
                response.success()
                return Answer(Outcome.OK)
            response.failure(error)
            return Answer(Outcome.ERROR, error, _pause_of(response))

    def _leave(self, ask: Ask, after: float) -> Answer:
        """Ask over a bare socket and hang up `after` seconds later, unless the image came before."""
        where = urlsplit(str(self.host))
        body = json.dumps(ask.body).encode()
        head = (
            f"POST /predict HTTP/1.1\r\nHost: {where.netloc}\r\nAccept: image/png\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        try:
            with socket.create_connection((where.hostname, where.port), timeout=after) as line:
                line.sendall(head + body)
                status = line.recv(ERROR_CHARACTERS).partition(b"\r\n")[0].decode("latin-1")
        except TimeoutError:
            return Answer(Outcome.LEFT)
        except OSError as error:
            return Answer(Outcome.ERROR, repr(error), PAUSE_AFTER_ERROR_S)
        if " 200 " in f"{status} ":
            return Answer(Outcome.OK)
        return Answer(Outcome.ERROR, status or "closed without an answer", PAUSE_AFTER_ERROR_S)


def _error_in(response: ResponseContextManager) -> str | None:
    """Return what is wrong with an answer: no connection, a status, or something that is no image."""
    if not response.status_code:
        return f"{response.error!r}"[:ERROR_CHARACTERS]
    content = response.content or b""
    if response.status_code != 200:  # noqa: PLR2004 - the one that carries an image
        text = content.decode("utf-8", "replace")
        return f"{response.status_code}: {text}"[:ERROR_CHARACTERS]
    if content.startswith((PNG, WEBP)):
        return None
    return f"200, but no image: {content[:16]!r}"


def _pause_of(response: ResponseContextManager) -> float:
    """Return how long the server asked to be left alone, within reason."""
    asked = response.headers.get("retry-after") if response.headers else None
    try:
        return min(LONGEST_PAUSE_S, max(0.0, float(asked or PAUSE_AFTER_ERROR_S)))
    except ValueError:
        return PAUSE_AFTER_ERROR_S

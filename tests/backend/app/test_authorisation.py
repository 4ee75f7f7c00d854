"""Who may do what: every route of the application, tried by everybody.

A row says what each kind of person is answered. `owner` is the designer whose things the path names;
`other` is another designer. A route without a row fails, so nobody can add one and forget to decide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from backend.accounts.models import User
from backend.generations import events
from backend.kit.notifier import Notifier
from backend.kit.queue import State
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.signatures import new_secret
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

PEOPLE = ("anonymous", "owner", "other", "marketing", "admin")
PROMPT = {"prompt": "a red dress"}
WEBHOOKS = "/api/v1/webhooks"
NOWHERE = "https://hooks.example.com/atelier"


@dataclass(frozen=True)
class Things:
    """What belongs to the owner; made anew for each request that would use it up."""

    studio: Studio
    owner: User
    made: dict[str, str] = field(default_factory=dict)

    def named_by(self, row: Row) -> str:
        if row.method != "GET":
            return row.of(self)
        kind = row.of.__name__
        return self.made.get(kind) or self.made.setdefault(kind, row.of(self))

    def browser(self) -> Client:
        return self.studio.actors.browser(user=self.owner)

    def generation(self) -> str:
        return str(self.studio.draw(self.browser())["id"])

    def image(self) -> str:
        return str(self.studio.image(self.browser())["id"])

    def held(self) -> str:
        return str(self.studio.image(self.browser(), "a dress with motif")["id"])

    def flag(self) -> str:
        return str(self.studio.flag_of(self.held())["id"])

    def key(self) -> str:
        return str(self.browser().post("/api/v1/me/api-keys", json={"name": "k"}).json()["id"])

    def webhook(self) -> str:
        row = Webhook(owner_id=self.owner.id, url=NOWHERE, kinds=[], secret=new_secret())
        with self.studio.context.database.write() as session:
            session.add(row)
        return row.id

    def delivery(self) -> str:
        """A delivery that was given up."""
        sent = self.browser().post(f"{WEBHOOKS}/{self.webhook()}/test").json()["id"]
        with self.studio.context.database.write() as session:
            session.get_one(Delivery, sent).state = State.FAILED
        return str(sent)

    def nothing(self) -> str:
        return ""


@dataclass(frozen=True)
class Row:
    """A request and what each of `PEOPLE` is answered, in that order."""

    method: str
    path: str
    answers: tuple[int, int, int, int, int]
    of: Callable[[Things], str] = Things.nothing
    body: Any = None
    note: str = ""


SIGNED_IN = (401, 200, 200, 200, 200)
OWNERS = (401, 200, 404, 404, 404)
OWNERS_WHO_DRAW = (401, 200, 404, 403, 404)
OWNERS_AND_REVIEWERS = (401, 200, 404, 404, 200)
REVIEWERS = (401, 403, 403, 403, 200)
EVERYBODY = (200, 200, 200, 200, 200)
API = "/api/v1"

MATRIX = [
    Row("POST", f"{API}/generations", (401, 202, 202, 403, 202), body=PROMPT),
    Row("GET", f"{API}/generations", SIGNED_IN),
    Row("GET", f"{API}/generations/{{generation_id}}", OWNERS, Things.generation),
    Row("GET", f"{API}/generations/{{generation_id}}/events", OWNERS, Things.generation),
    Row(
        "POST",
        f"{API}/generations/{{generation_id}}/cancel",
        (401, 409, 404, 404, 404),
        Things.generation,
        note="ended",
    ),
    Row("GET", f"{API}/events", SIGNED_IN),
    Row("GET", f"{API}/images", SIGNED_IN),
    Row("GET", f"{API}/images/{{image_id}}", OWNERS_AND_REVIEWERS, Things.image),
    Row("GET", f"{API}/images/{{image_id}}", OWNERS_AND_REVIEWERS, Things.held, note="held"),
    Row("GET", f"{API}/images/{{image_id}}/content", OWNERS_AND_REVIEWERS, Things.image),
    Row(
        "GET",
        f"{API}/images/{{image_id}}/content",
        (401, 404, 404, 404, 200),
        Things.held,
        note="held",
    ),
    Row("GET", f"{API}/moderation/flags", REVIEWERS),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/review",
        REVIEWERS,
        Things.flag,
        body={"decision": "release"},
    ),
    Row("GET", WEBHOOKS, SIGNED_IN),
    Row("POST", WEBHOOKS, (401, 201, 201, 403, 201), body={"url": NOWHERE}),
    Row("GET", f"{WEBHOOKS}/{{webhook_id}}", OWNERS, Things.webhook),
    Row("PATCH", f"{WEBHOOKS}/{{webhook_id}}", OWNERS_WHO_DRAW, Things.webhook, body={}),
    Row("DELETE", f"{WEBHOOKS}/{{webhook_id}}", (401, 204, 404, 404, 404), Things.webhook),
    Row("POST", f"{WEBHOOKS}/{{webhook_id}}/rotate", OWNERS_WHO_DRAW, Things.webhook),
    Row("POST", f"{WEBHOOKS}/{{webhook_id}}/test", (401, 202, 404, 403, 404), Things.webhook),
    Row("GET", f"{WEBHOOKS}/{{webhook_id}}/deliveries", OWNERS, Things.webhook),
    Row(
        "POST",
        f"{WEBHOOKS}/deliveries/{{delivery_id}}/redeliver",
        (401, 202, 404, 403, 404),
        Things.delivery,
    ),
    Row("GET", f"{API}/models", SIGNED_IN),
    Row("GET", f"{API}/me", SIGNED_IN),
    Row("GET", f"{API}/me/api-keys", SIGNED_IN),
    Row("POST", f"{API}/me/api-keys", (401, 201, 201, 201, 201), body={"name": "script"}),
    Row("DELETE", f"{API}/me/api-keys/{{key_id}}", (401, 204, 404, 404, 404), Things.key),
    Row("GET", "/i/{image_id}", (303,) * 5, Things.held),
    Row("GET", "/healthz", EVERYBODY),
    Row("GET", "/readyz", EVERYBODY),
    Row("GET", "/metrics", EVERYBODY),
    Row("GET", "/docs", EVERYBODY),
    Row("GET", "/openapi.json", EVERYBODY),
    Row("GET", "/auth/login", (303,) * 5),
    Row("GET", "/auth/signed-out", EVERYBODY),
    Row("POST", "/auth/logout", EVERYBODY),
    Row("GET", "/auth/{name}/callback", (404,) * 5, lambda _things: "nosuch"),
]
MOUNTED_WITH_TESTS_OF_THEIR_OWN = {"/idp"}


@pytest.fixture(scope="module")
def things(shared_studio: Studio) -> Things:
    return Things(shared_studio, add_user(shared_studio.context.database, "designer"))


def client_of(things: Things, person: str) -> Client:
    match person:
        case "anonymous":
            return things.studio.actors.anonymous()
        case "owner":
            return things.browser()
        case "other":
            return things.studio.actors.browser("designer")
        case role:
            return things.studio.actors.browser(role)


@contextmanager
def streams_ending(notifier: Notifier) -> Iterator[None]:
    """End open event streams again and again: a test client waits for the whole of an answer."""
    done = threading.Event()

    def end_them() -> None:
        while not done.wait(0.05):
            events.say_stopping(notifier)

    thread = threading.Thread(target=end_them)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.path} {row.note}")
def test_answers(things: Things, row: Row, person: str) -> None:
    before, _, rest = row.path.partition("{")
    named = things.named_by(row)
    path = f"{before}{named}{rest.partition('}')[2]}"
    with streams_ending(things.studio.context.notifier):
        answer = client_of(things, person).request(row.method, path, json=row.body)
    assert answer.status_code == row.answers[PEOPLE.index(person)], answer.text


def test_every_route_has_a_row(shared_studio: Studio) -> None:
    routes = {
        (method, str(context.path))
        for context in iter_route_contexts(shared_studio.app.routes)
        for method in (context.methods or {"mounted"}) - {"HEAD"}
    }
    rows = {(row.method, row.path) for row in MATRIX}
    mounted = {("mounted", path) for path in MOUNTED_WITH_TESTS_OF_THEIR_OWN}
    assert routes - rows == mounted
    assert rows <= routes


def test_a_person_whose_role_is_taken_away_may_not_from_the_next_request_on(
    things: Things,
) -> None:
    studio = things.studio
    user = add_user(studio.context.database, "admin")
    ada = studio.actors.browser(user=user)
    assert ada.get(f"{API}/moderation/flags").status_code == 200
    with studio.context.database.write() as session:
        session.get_one(User, user.id).role = "marketing"
    assert ada.get(f"{API}/moderation/flags").status_code == 403
    with studio.context.database.write() as session:
        session.get_one(User, user.id).active = False
    assert ada.get(f"{API}/models").status_code == 401

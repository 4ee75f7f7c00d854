"""Who may do what: every route of the application, tried by everybody.

A row says what each kind of person is answered. `owner` is the designer whose things the path names;
`other` is another designer. `deactivated` is the owner after they were shut out, with a session and a key from
before: they are answered as strangers are, and so have no column. A route without a row fails, so nobody can add one and forget to decide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlmodel import col, delete

from backend.accounts.models import Role, Standing, Team, User
from backend.comparisons.models import Comparison, ComparisonPair
from backend.galleries.schemas import Visibility
from backend.generations import events
from backend.generations.models import queue
from backend.kit.clock import utc_now
from backend.kit.ids import new_id
from backend.kit.notifier import Notifier
from backend.kit.queue import State
from backend.policies.builtin import BUILTIN
from backend.policies.digests import digest_of
from backend.presets.models import Preset
from backend.presets.schemas import PresetParameters
from backend.stops.models import EmergencyStop
from backend.stops.schemas import Scope
from backend.uploads.models import Upload
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.signatures import new_secret
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

PEOPLE = ("anonymous", "owner", "other", "marketing", "admin")
SHUT_OUT = ("deactivated", "deactivated's key")
PROMPT = {"prompt": "a red dress"}
API = "/api/v1"
WEBHOOKS = f"{API}/webhooks"
QUOTA = {"of": "role", "subject": "designer", "credits_per_day": 1000}
PRESET = {"name": "Ink", "parameters": {"template": "an ink drawing of {prompt}"}}
RECIPE = {"title": "Ink", "steps": [{"over": "nothing", "prompt": "a dress"}]}
GRID = {"base": PROMPT, "x": {"setting": "seed", "values": [1]}}
SEVERAL = {"flag_ids": ["nosuch"], "category": "restricted", "decision": "reject"}
POLICY = {
    "document": {"categories": []},
    "digest": digest_of(BUILTIN.model_copy(update={"sampled": 0.0})),
}
NOWHERE = "https://hooks.example.com/atelier"
TAKER = "01m7xxtq72y599hfwczfvzjz52"


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

    def lifted_stop(self) -> str:
        row = EmergencyStop(scope=Scope.EVERYTHING, reason="A fire drill.", lifted_at=utc_now())
        with self.studio.context.database.write() as session:
            session.add(row)
        return row.id

    def flag(self) -> str:
        return str(self.studio.flag_of(self.held())["id"])

    def policy(self) -> str:
        return "1"

    def draft(self) -> str:
        """A draft of the policy, as it was copied."""
        admin = self.studio.actors.browser("admin")
        return str(admin.post(f"{API}/policies", json={}).json()["number"])

    def changed_draft(self) -> str:
        number = self.draft()
        admin = self.studio.actors.browser("admin")
        admin.put(f"{API}/policies/{number}", json=POLICY).raise_for_status()
        return number

    def proposal(self) -> str:
        number = self.changed_draft()
        admin = self.studio.actors.browser("admin")
        admin.post(f"{API}/policies/{number}/propose").raise_for_status()
        return number

    def grid(self) -> str:
        return str(self.browser().post(f"{API}/grids", json=GRID).json()["id"])

    def recipe(self) -> str:
        return str(self.browser().post(f"{API}/recipes", json=RECIPE).json()["id"])

    def run(self) -> str:
        """A run that has ended."""
        browser = self.browser()
        begun = browser.post(f"{API}/recipes/{self.recipe()}/runs", json={})
        [run] = begun.json()["items"]
        generation = run["steps"][0]["generation"]["id"]
        browser.get(f"{API}/generations/{generation}/events").raise_for_status()
        return str(run["id"])

    def comparison(self) -> str:
        """A comparison of the owner's, who has no vote in it, with one pair that is drawn."""
        return self._pair()[0]

    def pair(self) -> str:
        """What stands between the ends of a path that names a comparison and a pair of it."""
        comparison, pair = self._pair()
        return f"{comparison}/pairs/{pair}"

    def side(self) -> str:
        return f"{self.pair()}/left"

    def _pair(self) -> tuple[str, str]:
        drawn = self.generation()
        row = Comparison(
            owner_id=self.owner.id, first="one", first_sha256="1", second="other", second_sha256="2"
        )
        with self.studio.context.database.write() as session:
            session.add(row)
            session.flush()
            pair = ComparisonPair(
                comparison_id=row.id, prompt="a dress", seed=1, first_id=drawn, second_id=drawn
            )
            session.add(pair)
        return row.id, pair.id

    def key(self) -> str:
        return str(self.browser().post("/api/v1/me/api-keys", json={"name": "k"}).json()["id"])

    def whose_key(self) -> str:
        """What stands between the ends of a path that names a person and a key of theirs."""
        return f"{self.owner.id}/api-keys/{self.key()}"

    def session(self) -> str:
        listed = self.browser().get("/api/v1/me/sessions").json()
        return str(listed[0]["id"])

    def webhook(self) -> str:
        row = Webhook(owner_id=self.owner.id, url=NOWHERE, kinds=[], secret=new_secret())
        with self.studio.context.database.write() as session:
            session.add(row)
        return row.id

    def no_webhooks(self) -> str:
        """Make room for another one: those of the requests before are as many as a person may have."""
        browser = self.browser()
        for row in browser.get(WEBHOOKS).json():
            browser.delete(f"{WEBHOOKS}/{row['id']}")
        self.made.pop("webhook", None)
        return ""

    def upload(self) -> str:
        # A file of its own: one that is deleted takes its own with it.
        key = self.studio.context.storage.put(new_id().encode(), suffix=".webp")
        row = Upload(owner_id=self.owner.id, width=1, height=1, size_bytes=1, storage_key=key)
        with self.studio.context.database.write() as session:
            session.add(row)
        return row.id

    def search(self) -> str:
        body = {"name": "linen", "query": "linen"}
        return str(self.browser().post(f"{API}/library/searches", json=body).json()["id"])

    def preset(self) -> str:
        row = Preset(
            owner_id=self.owner.id,
            name="Ink",
            visibility=Visibility.PRIVATE,
            parameters=PresetParameters(num_inference_steps=8),
        )
        with self.studio.context.database.write() as session:
            session.add(row)
        return row.id

    def delivery(self) -> str:
        """A delivery that was given up."""
        sent = self.browser().post(f"{WEBHOOKS}/{self.webhook()}/test").json()["id"]
        with self.studio.context.database.write() as session:
            session.get_one(Delivery, sent).state = State.FAILED
        return str(sent)

    def dead(self) -> str:
        return str(self.studio.draw(self.browser(), "broken")["id"])

    def invite(self) -> str:
        admin = self.studio.actors.browser("admin")
        return str(admin.post(f"{API}/invites", json={}).json()["id"])

    def quota(self) -> str:
        answer = self.studio.actors.browser("admin").put(f"{API}/quotas", json=QUOTA)
        return str(answer.json()["id"])

    def gallery(self) -> str:
        return str(self.browser().post(f"{API}/galleries", json={"name": "g"}).json()["id"])

    def shown_gallery(self) -> str:
        """A gallery that everyone may open."""
        body = {"name": "g", "visibility": "everyone"}
        return str(self.browser().post(f"{API}/galleries", json=body).json()["id"])

    def whose_gallery(self) -> str:
        """What stands between the ends of a path that names a gallery and somebody who is to be a member."""
        return f"{self.gallery()}/members/{self.person()}"

    def whose_membership(self) -> str:
        path = self.whose_gallery()
        self.browser().put(f"{API}/galleries/{path}", json={"role": "viewer"}).raise_for_status()
        return path

    def link(self) -> str:
        """What stands between the ends of a path that names a gallery and a link to it."""
        gallery = self.gallery()
        made = self.browser().post(f"{API}/galleries/{gallery}/links", json={}).json()
        return f"{gallery}/links/{made['id']}"

    def comment(self) -> str:
        path = f"{API}/images/{self.image()}/comments"
        return str(self.browser().post(path, json={"text": "wider"}).json()["id"])

    def leaver(self) -> str:
        return add_user(self.studio.context.database, email="leaver@example.com").id

    def giver(self) -> str:
        """Somebody whose work goes to the one of `TAKER`, who is made once."""
        with self.studio.context.database.read() as session:
            made = session.get(User, TAKER)
        if made is None:
            add_user(self.studio.context.database, id=TAKER)
        return self.leaver()

    def erasure(self) -> str:
        admin = self.studio.actors.browser("admin")
        body = {"confirm": "leaver@example.com"}
        told = admin.post(f"{API}/people/{self.leaver()}/erase", json=body).json()
        return str(told["id"])

    def legal_hold(self) -> str:
        admin = self.studio.actors.browser("admin")
        body = {"subject": f"person:{self.leaver()}", "reason": "a dispute"}
        return str(admin.post(f"{API}/legal-holds", json=body).json()["id"])

    def person(self) -> str:
        return add_user(self.studio.context.database, "marketing").id

    def team(self) -> str:
        team = Team(name=new_id())
        with self.studio.context.database.write() as session:
            session.add(team)
        return team.id

    def no_such_team(self) -> str:
        """Make way for the team that is made next."""
        with self.studio.context.database.write() as session:
            session.exec(delete(Team).where(col(Team.name) == "Knits"))
        return ""

    def role(self) -> str:
        role = Role(name=f"r{new_id()}", rank=1)
        with self.studio.context.database.write() as session:
            session.add(role)
        return role.name

    def model(self) -> str:
        return self.studio.inference.cards[0].name

    def unknown_token(self) -> str:
        return "x" * 43

    def image_by_unknown_token(self) -> str:
        return f"{self.unknown_token()}/images/{self.image()}"

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

    def answer_of(self, person: str) -> int:
        return self.answers[0 if person in SHUT_OUT else PEOPLE.index(person)]


VOTERS = (401, 200, 200, 403, 200)
SIGNED_IN = (401, 200, 200, 200, 200)
OWNERS = (401, 200, 404, 404, 404)
OWNERS_WHO_DRAW = (401, 200, 404, 403, 404)
OWNERS_AND_REVIEWERS = (401, 200, 404, 404, 200)
ADMINISTRATORS = (401, 403, 403, 403, 200)
REVIEWERS = (401, 403, 403, 403, 200)
EVERYBODY = (200, 200, 200, 200, 200)
NOBODYS = (404, 404, 404, 404, 404)

MATRIX = [
    Row("POST", f"{API}/generations", (401, 202, 202, 403, 202), body=PROMPT),
    Row("GET", f"{API}/generations", SIGNED_IN),
    Row("GET", f"{API}/generations/{{generation_id}}", OWNERS, Things.generation),
    Row("PATCH", f"{API}/generations/{{generation_id}}", OWNERS, Things.generation, body={}),
    Row("GET", f"{API}/generations/{{generation_id}}/events", OWNERS, Things.generation),
    Row(
        "POST",
        f"{API}/generations/{{generation_id}}/cancel",
        (401, 409, 404, 404, 404),
        Things.generation,
        note="ended",
    ),
    *(
        Row(
            "POST",
            f"{API}/generations/{{generation_id}}/{verb}",
            (401, 409, 404, 404, 404),
            Things.generation,
            body={},
            note="ended",
        )
        for verb in ("pause", "resume", "move")
    ),
    Row("POST", f"{API}/grids", (401, 202, 202, 403, 202), body=GRID),
    Row("GET", f"{API}/grids", SIGNED_IN),
    Row("GET", f"{API}/grids/{{grid_id}}", OWNERS, Things.grid),
    Row("POST", f"{API}/grids/{{grid_id}}/cancel", OWNERS, Things.grid),
    Row("GET", f"{API}/grids/{{grid_id}}/sheet", OWNERS, Things.grid),
    Row("GET", f"{API}/recipes", SIGNED_IN),
    Row("POST", f"{API}/recipes", (401, 201, 201, 403, 201), body=RECIPE),
    Row("GET", f"{API}/recipes/{{recipe_id}}", OWNERS, Things.recipe),
    Row("PATCH", f"{API}/recipes/{{recipe_id}}", OWNERS_WHO_DRAW, Things.recipe, body={}),
    Row(
        "POST",
        f"{API}/recipes/{{recipe_id}}/runs",
        (401, 202, 404, 403, 404),
        Things.recipe,
        body={},
    ),
    Row("DELETE", f"{API}/recipes/{{recipe_id}}", (401, 204, 404, 403, 404), Things.recipe),
    Row("GET", f"{API}/runs", SIGNED_IN),
    Row("GET", f"{API}/runs/{{run_id}}", OWNERS, Things.run),
    Row(
        "POST", f"{API}/runs/{{run_id}}/cancel", (401, 409, 404, 404, 404), Things.run, note="ended"
    ),
    Row(
        "POST", f"{API}/runs/{{run_id}}/retry", (401, 409, 404, 403, 404), Things.run, note="ended"
    ),
    Row("GET", f"{API}/images/{{image_id}}/steps", OWNERS_AND_REVIEWERS, Things.image),
    Row("GET", f"{API}/events", SIGNED_IN),
    Row("GET", f"{API}/system", ADMINISTRATORS),
    Row("GET", f"{API}/notice", SIGNED_IN),
    Row("PUT", f"{API}/notice", ADMINISTRATORS, body={"kind": "info", "text": "News."}),
    Row("DELETE", f"{API}/notice", (401, 403, 403, 403, 204)),
    Row("GET", f"{API}/queue", ADMINISTRATORS),
    Row("POST", f"{API}/queue/drain", ADMINISTRATORS),
    Row("POST", f"{API}/queue/resume", ADMINISTRATORS),
    Row(
        "POST",
        f"{API}/queue/{{generation_id}}/cancel",
        (401, 403, 403, 403, 409),
        Things.generation,
        note="ended",
    ),
    Row("GET", f"{API}/queue/dead", ADMINISTRATORS),
    Row("POST", f"{API}/queue/dead/{{generation_id}}/retry", ADMINISTRATORS, Things.dead),
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
    Row("GET", f"{API}/library", SIGNED_IN),
    Row("GET", f"{API}/library/facets", SIGNED_IN),
    Row("GET", f"{API}/library/suggestions", SIGNED_IN),
    Row("GET", f"{API}/library/months", SIGNED_IN),
    Row("GET", f"{API}/library/thumbs", SIGNED_IN),
    Row("POST", f"{API}/library/changes", SIGNED_IN, body={"image_ids": ["none"], "starred": True}),
    Row("GET", f"{API}/library/export.csv", SIGNED_IN),
    Row(
        "POST",
        f"{API}/library/export",
        (401, 422, 422, 422, 422),
        body={"image_ids": ["none"]},
        note="of nothing",
    ),
    Row("POST", f"{API}/library/trash/empty", SIGNED_IN),
    Row("GET", f"{API}/library/searches", SIGNED_IN),
    Row(
        "POST",
        f"{API}/library/searches",
        (401, 201, 201, 201, 201),
        body={"name": "linen", "query": "linen"},
    ),
    Row("PATCH", f"{API}/library/searches/{{search_id}}", OWNERS, Things.search, body={}),
    Row(
        "DELETE", f"{API}/library/searches/{{search_id}}", (401, 204, 404, 404, 404), Things.search
    ),
    Row("GET", f"{API}/library/{{image_id}}", OWNERS_AND_REVIEWERS, Things.image),
    Row("GET", f"{API}/library/{{image_id}}", OWNERS_AND_REVIEWERS, Things.held, note="held"),
    Row("GET", f"{API}/library/{{image_id}}/similar", OWNERS_AND_REVIEWERS, Things.image),
    Row("GET", f"{API}/library/{{image_id}}/lineage", OWNERS_AND_REVIEWERS, Things.image),
    Row("GET", f"{API}/galleries", SIGNED_IN),
    Row("POST", f"{API}/galleries", (401, 201, 201, 201, 201), body={"name": "Spring"}),
    Row("GET", f"{API}/galleries/{{gallery_id}}", OWNERS, Things.gallery),
    Row("GET", f"{API}/galleries/{{gallery_id}}", SIGNED_IN, Things.shown_gallery, note="shown"),
    Row("PATCH", f"{API}/galleries/{{gallery_id}}", OWNERS, Things.gallery, body={}),
    Row(
        "PATCH",
        f"{API}/galleries/{{gallery_id}}",
        (401, 200, 403, 403, 403),
        Things.shown_gallery,
        body={"brief": ""},
        note="shown",
    ),
    Row("DELETE", f"{API}/galleries/{{gallery_id}}", (401, 204, 404, 404, 404), Things.gallery),
    Row("GET", f"{API}/galleries/{{gallery_id}}/members", OWNERS, Things.gallery),
    Row("GET", f"{API}/galleries/{{gallery_id}}/candidates", OWNERS, Things.gallery),
    Row(
        "PUT",
        f"{API}/galleries/{{gallery_id}}/members/{{user_id}}",
        OWNERS,
        Things.whose_gallery,
        body={"role": "viewer"},
    ),
    Row(
        "DELETE",
        f"{API}/galleries/{{gallery_id}}/members/{{user_id}}",
        (401, 204, 404, 404, 404),
        Things.whose_membership,
    ),
    Row("GET", f"{API}/galleries/{{gallery_id}}/images", OWNERS, Things.gallery),
    *(
        Row(
            method,
            f"{API}/galleries/{{gallery_id}}/images",
            OWNERS,
            Things.gallery,
            body={"image_ids": [TAKER]},
        )
        for method in ("POST", "DELETE")
    ),
    Row("GET", f"{API}/galleries/{{gallery_id}}/links", OWNERS, Things.gallery),
    Row(
        "POST",
        f"{API}/galleries/{{gallery_id}}/links",
        (401, 201, 404, 404, 404),
        Things.gallery,
        body={},
    ),
    Row(
        "DELETE",
        f"{API}/galleries/{{gallery_id}}/links/{{link_id}}",
        (401, 204, 404, 404, 404),
        Things.link,
    ),
    Row("GET", f"{API}/images/{{image_id}}/comments", OWNERS, Things.image),
    Row(
        "POST",
        f"{API}/images/{{image_id}}/comments",
        (401, 201, 404, 404, 404),
        Things.image,
        body={"text": "wider"},
    ),
    Row("DELETE", f"{API}/comments/{{comment_id}}", (401, 204, 404, 404, 404), Things.comment),
    Row("POST", f"{API}/uploads", (401, 415, 415, 403, 415), note="a body that is no form"),
    Row("GET", f"{API}/uploads", SIGNED_IN),
    Row("GET", f"{API}/uploads/{{upload_id}}", OWNERS, Things.upload),
    Row("GET", f"{API}/uploads/{{upload_id}}/content", OWNERS, Things.upload),
    Row("DELETE", f"{API}/uploads/{{upload_id}}", (401, 204, 404, 404, 404), Things.upload),
    Row("GET", f"{API}/presets", SIGNED_IN),
    Row("GET", f"{API}/presets/built-in", SIGNED_IN),
    Row("POST", f"{API}/presets", (401, 201, 201, 403, 201), body=PRESET),
    Row("PATCH", f"{API}/presets/{{preset_id}}", OWNERS_WHO_DRAW, Things.preset, body={}),
    Row("DELETE", f"{API}/presets/{{preset_id}}", (401, 204, 404, 403, 404), Things.preset),
    Row("POST", f"{API}/restorations", (401, 415, 415, 403, 415), note="a body that is no form"),
    Row("POST", f"{API}/verify", (415,) * 5, note="a body that is no form"),
    Row("GET", f"{API}/verify/root.pem", EVERYBODY),
    Row("GET", "/verify", EVERYBODY),
    Row("POST", "/verify", (415,) * 5, body={}, note="a body that is no form"),
    Row("GET", f"{API}/emergency", ADMINISTRATORS),
    Row("GET", f"{API}/emergency/reach", (401, 403, 403, 403, 422), note="of nothing"),
    Row(
        "POST",
        f"{API}/emergency/stops",
        (401, 403, 403, 403, 422),
        body={"scope": "category", "name": "nowhere", "reason": "A fire drill."},
        note="no such category",
    ),
    Row("POST", f"{API}/emergency/stops/{{stop_id}}/lift", ADMINISTRATORS, Things.lifted_stop),
    Row(
        "POST",
        f"{API}/emergency/sweep",
        (401, 403, 403, 403, 409),
        body={"category": "minors", "reason": "A fire drill.", "expected": 1},
        note="there are none",
    ),
    Row("GET", f"{API}/images/{{image_id}}/takedown", REVIEWERS, Things.image),
    Row(
        "POST",
        f"{API}/images/{{image_id}}/takedown",
        REVIEWERS,
        Things.image,
        body={"category": "restricted", "reason": "A fire drill."},
    ),
    Row("GET", f"{API}/moderation/flags", REVIEWERS),
    Row("POST", f"{API}/moderation/screen", ADMINISTRATORS, body={"text": "a dress"}),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/review",
        REVIEWERS,
        Things.flag,
        body={"decision": "release"},
    ),
    Row("GET", f"{API}/moderation/summary", REVIEWERS),
    Row("GET", f"{API}/moderation/flags/{{flag_id}}", REVIEWERS, Things.flag),
    Row("GET", f"{API}/moderation/flags/{{flag_id}}/blurred", REVIEWERS, Things.flag),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/reveal",
        (401, 403, 403, 403, 409),
        Things.flag,
        body={"confirm": True},
        note="it is not sealed",
    ),
    Row("POST", f"{API}/moderation/flags/{{flag_id}}/claim", REVIEWERS, Things.flag),
    Row(
        "DELETE",
        f"{API}/moderation/flags/{{flag_id}}/claim",
        (401, 403, 403, 403, 204),
        Things.flag,
    ),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/escalate",
        REVIEWERS,
        Things.flag,
        body={"note": "why"},
    ),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/undo",
        (401, 403, 403, 403, 409),
        Things.flag,
        note="nobody decided",
    ),
    Row(
        "POST",
        f"{API}/moderation/flags/{{flag_id}}/purge",
        (401, 403, 403, 403, 409),
        Things.flag,
        body={},
        note="nobody rejected it",
    ),
    Row("POST", f"{API}/moderation/flags/reviews", REVIEWERS, body=SEVERAL),
    Row("GET", f"{API}/images/{{image_id}}/moderation", (401, 200, 404, 404, 404), Things.image),
    Row(
        "POST",
        f"{API}/images/{{image_id}}/appeal",
        (401, 409, 404, 404, 404),
        Things.image,
        body={"text": "why?"},
        note="it was released",
    ),
    Row("GET", f"{API}/moderation/quality", REVIEWERS),
    Row("GET", f"{API}/policies", ADMINISTRATORS),
    Row("POST", f"{API}/policies", (401, 403, 403, 403, 201), body={}),
    Row("GET", f"{API}/policies/{{number}}", ADMINISTRATORS, Things.policy),
    Row("GET", f"{API}/policies/{{number}}/difference", ADMINISTRATORS, Things.policy),
    Row("POST", f"{API}/policies/{{number}}/trial", ADMINISTRATORS, Things.policy, body={}),
    Row("PUT", f"{API}/policies/{{number}}", ADMINISTRATORS, Things.draft, body=POLICY),
    Row("DELETE", f"{API}/policies/{{number}}", (401, 403, 403, 403, 204), Things.draft),
    Row("POST", f"{API}/policies/{{number}}/propose", ADMINISTRATORS, Things.changed_draft),
    Row("POST", f"{API}/policies/{{number}}/withdraw", ADMINISTRATORS, Things.proposal),
    Row(
        "POST",
        f"{API}/policies/{{number}}/activate",
        (401, 403, 403, 403, 409),
        Things.proposal,
        body={"digest": "0" * 64},
        note="of another document than the one that was proposed",
    ),
    Row(
        "POST",
        f"{API}/policies/{{number}}/rollback",
        (401, 403, 403, 403, 409),
        Things.policy,
        body={"reason": "to see"},
        note="to the version that is active",
    ),
    Row(
        "POST",
        f"{API}/policies/{{number}}/hold",
        ADMINISTRATORS,
        Things.policy,
        body={"image_ids": [TAKER], "reason": "to see"},
    ),
    Row("GET", WEBHOOKS, SIGNED_IN),
    Row("POST", WEBHOOKS, (401, 201, 201, 403, 201), Things.no_webhooks, body={"url": NOWHERE}),
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
    Row("GET", f"{API}/models/choices", ADMINISTRATORS),
    Row(
        "PATCH",
        f"{API}/models/{{model}}",
        ADMINISTRATORS,
        Things.model,
        body={"stage": "available"},
    ),
    Row("GET", f"{API}/models/{{model}}/moves", ADMINISTRATORS, Things.model),
    Row(
        "POST",
        f"{API}/models/rollback",
        (401, 403, 403, 403, 409),
        body={},
        note="without a default before",
    ),
    Row("GET", f"{API}/comparisons", ADMINISTRATORS),
    Row(
        "POST",
        f"{API}/comparisons",
        (401, 403, 403, 403, 422),
        body={"models": ["none", "neither"]},
        note="of nothing",
    ),
    Row("GET", f"{API}/comparisons/{{comparison_id}}", ADMINISTRATORS, Things.comparison),
    Row("POST", f"{API}/comparisons/{{comparison_id}}/close", ADMINISTRATORS, Things.comparison),
    Row("GET", f"{API}/ballots", VOTERS),
    Row("GET", f"{API}/ballots/{{comparison_id}}", (401, 403, 200, 403, 200), Things.comparison),
    Row(
        "PUT",
        f"{API}/ballots/{{comparison_id}}/pairs/{{pair_id}}",
        (401, 403, 204, 403, 204),
        Things.pair,
        body={"choice": "left"},
    ),
    Row(
        "GET",
        f"{API}/ballots/{{comparison_id}}/pairs/{{pair_id}}/{{side}}",
        (401, 403, 200, 403, 200),
        Things.side,
    ),
    Row("POST", f"{API}/prompts/reading", (401, 200, 200, 403, 200), body=PROMPT),
    Row("GET", f"{API}/me", SIGNED_IN),
    Row("GET", f"{API}/me/api-keys", SIGNED_IN),
    Row("POST", f"{API}/me/api-keys", (401, 201, 201, 201, 201), body={"name": "script"}),
    Row("DELETE", f"{API}/me/api-keys/{{key_id}}", (401, 204, 404, 404, 404), Things.key),
    Row("POST", f"{API}/me/api-keys/{{key_id}}/rotate", (401, 201, 404, 404, 404), Things.key),
    Row("GET", f"{API}/me/sessions", SIGNED_IN),
    Row("DELETE", f"{API}/me/sessions", (401, 204, 204, 204, 204)),
    Row("DELETE", f"{API}/me/sessions/{{session_id}}", (401, 204, 404, 404, 404), Things.session),
    Row("GET", f"{API}/invites", ADMINISTRATORS),
    Row("POST", f"{API}/invites", (401, 403, 403, 403, 201), body={"role": "designer"}),
    Row("DELETE", f"{API}/invites/{{invite_id}}", (401, 403, 403, 403, 204), Things.invite),
    Row("GET", f"{API}/me/usage", SIGNED_IN),
    Row("GET", f"{API}/usage/report", ADMINISTRATORS),
    Row("GET", f"{API}/usage/report.csv", ADMINISTRATORS),
    Row("GET", f"{API}/quotas", ADMINISTRATORS),
    Row("PUT", f"{API}/quotas", ADMINISTRATORS, body=QUOTA),
    Row("DELETE", f"{API}/quotas/{{quota_id}}", (401, 403, 403, 403, 204), Things.quota),
    Row("POST", f"{API}/me/export", SIGNED_IN),
    Row("POST", f"{API}/people/{{person_id}}/export", ADMINISTRATORS, Things.leaver),
    Row(
        "POST",
        f"{API}/people/{{person_id}}/transfer",
        ADMINISTRATORS,
        Things.giver,
        body={"to": TAKER},
    ),
    Row(
        "POST",
        f"{API}/people/{{person_id}}/erase",
        (401, 403, 403, 403, 202),
        Things.leaver,
        body={"confirm": "leaver@example.com"},
    ),
    Row("GET", f"{API}/erasures", ADMINISTRATORS),
    Row("GET", f"{API}/erasures/{{erasure_id}}", ADMINISTRATORS, Things.erasure),
    Row("GET", f"{API}/legal-holds", ADMINISTRATORS),
    Row(
        "POST",
        f"{API}/legal-holds",
        (401, 403, 403, 403, 404),
        body={"subject": "person:nobody", "reason": "a dispute"},
        note="of nobody",
    ),
    Row("POST", f"{API}/legal-holds/{{hold_id}}/lift", ADMINISTRATORS, Things.legal_hold),
    Row("GET", f"{API}/people", ADMINISTRATORS),
    Row("GET", f"{API}/people/{{person_id}}", ADMINISTRATORS, Things.person),
    Row("PATCH", f"{API}/people/{{person_id}}", ADMINISTRATORS, Things.person, body={}),
    Row(
        "DELETE",
        f"{API}/people/{{person_id}}/sessions",
        (401, 403, 403, 403, 204),
        Things.person,
    ),
    Row(
        "DELETE",
        f"{API}/people/{{person_id}}/api-keys/{{key_id}}",
        (401, 403, 403, 403, 204),
        Things.whose_key,
    ),
    Row("GET", f"{API}/teams", ADMINISTRATORS),
    Row(
        "POST",
        f"{API}/teams",
        (401, 403, 403, 403, 201),
        Things.no_such_team,
        body={"name": "Knits"},
    ),
    Row("PATCH", f"{API}/teams/{{team_id}}", ADMINISTRATORS, Things.team, body={"name": "Shoes"}),
    Row("DELETE", f"{API}/teams/{{team_id}}", (401, 403, 403, 403, 204), Things.team),
    Row("GET", f"{API}/roles", ADMINISTRATORS),
    Row(
        "POST",
        f"{API}/roles",
        (401, 403, 403, 403, 201),
        body={"name": "stylist", "permissions": []},
    ),
    Row("PATCH", f"{API}/roles/{{name}}", ADMINISTRATORS, Things.role, body={}),
    Row("DELETE", f"{API}/roles/{{name}}", (401, 403, 403, 403, 204), Things.role),
    Row("GET", f"{API}/audit", ADMINISTRATORS),
    Row("GET", f"{API}/audit/export", ADMINISTRATORS),
    Row("GET", f"{API}/audit/verify", ADMINISTRATORS),
    Row("GET", "/i/{image_id}", (303,) * 5, Things.held),
    Row("GET", "/s/{token}", NOBODYS, Things.unknown_token),
    Row("POST", "/s/{token}", NOBODYS, Things.unknown_token),
    Row("GET", "/s/{token}/shown", NOBODYS, Things.unknown_token),
    Row("GET", "/s/{token}/images/{image_id}", NOBODYS, Things.image_by_unknown_token),
    Row("GET", "/healthz", EVERYBODY),
    Row("GET", "/readyz", EVERYBODY),
    Row("GET", "/metrics", EVERYBODY),
    Row("GET", "/docs", EVERYBODY),
    Row("GET", "/openapi.json", EVERYBODY),
    Row("POST", "/csp-reports", (204,) * 5, body={}),
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
        case "deactivated":
            return shut_out(things, things.studio.actors.browser)
        case "deactivated's key":
            return shut_out(things, things.studio.actors.program)
        case role:
            return things.studio.actors.browser(role)


def shut_out(things: Things, come_in: Callable[..., Client]) -> Client:
    """Return a designer who came in and was then shut out, by a row alone: nothing else was ended."""
    database = things.studio.context.database
    user = add_user(database, "designer")
    client = come_in(user=user)
    with database.write() as session:
        session.get_one(User, user.id).standing = Standing.DEACTIVATED
    return client


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


@pytest.mark.parametrize("person", [*PEOPLE, *SHUT_OUT])
@pytest.mark.parametrize("row", MATRIX, ids=lambda row: f"{row.method} {row.path} {row.note}")
def test_answers(things: Things, row: Row, person: str) -> None:
    before, _, rest = row.path.partition("{")
    named = things.named_by(row)
    path = f"{before}{named}{rest.rpartition('}')[2]}"
    with streams_ending(things.studio.context.notifier):
        answer = client_of(things, person).request(row.method, path, json=row.body)
    assert answer.status_code == row.answer_of(person), answer.text
    with things.studio.context.database.write() as session:
        queue.gate.open(session)  # for whoever draws next


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


def test_every_answer_is_described(shared_studio: Studio) -> None:
    paths = shared_studio.app.openapi()["paths"]
    silent = {
        (row.method, row.path, status)
        for row in MATRIX
        if row.path in paths
        for status in row.answers
        if str(status) not in paths[row.path][row.method.lower()]["responses"]
    }
    assert silent == set()


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
        session.get_one(User, user.id).standing = Standing.DEACTIVATED
    assert ada.get(f"{API}/models").status_code == 401

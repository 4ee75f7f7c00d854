"""Credits over HTTP: what people see of theirs, and what administrators set."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.accounts.models import Team
from backend.kit.ids import new_id
from backend.kit.settings import Settings
from backend.usage.models import Quota, QuotaOf
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

API = "/api/v1"
EACH = 64 * 64 * 4 / 1e6


@pytest.fixture
def studio_settings(studio_settings: Settings) -> Settings:
    return studio_settings.model_copy(update={"dispatch_concurrency": 0, "credits_per_day": 1.0})


@pytest.fixture
def admin(studio: Studio) -> Client:
    return studio.actors.browser("admin")


def put(admin: Client, **wanted: Any) -> Any:
    return admin.put(f"{API}/quotas", json=wanted)


class TestMine:
    def test_says_what_was_spent_and_what_is_left(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        studio.submit(dana)
        seen = dana.get(f"{API}/me/usage").json()
        assert (seen["today"]["used"], seen["today"]["limit"]) == (EACH, 1)
        assert seen["today"]["remaining"] == 1 - EACH
        assert (
            seen["this_month"]["limit"] is seen["this_month"]["remaining"] is seen["team"] is None
        )
        resets = datetime.fromisoformat(seen["today"]["resets_at"])
        assert (resets - datetime.now(UTC)).total_seconds() <= 86400
        assert resets.hour == 0

    def test_and_what_ones_team_has(self, studio: Studio, admin: Client) -> None:
        with studio.context.database.write() as session:
            team = Team(name=f"Knitwear {new_id()}")
            session.add(team)
        put(admin, of="team", subject=team.id, credits_per_month=50)
        people = [add_user(studio.context.database, team_id=team.id) for _ in range(2)]
        first, second = (studio.actors.browser(user=one) for one in people)
        studio.submit(first)
        seen = second.get(f"{API}/me/usage").json()
        assert seen["today"]["used"] == 0
        assert seen["team"]["name"] == team.name
        assert (seen["team"]["this_month"]["used"], seen["team"]["this_month"]["limit"]) == (
            EACH,
            50,
        )

    def test_a_dry_run_says_price_and_what_is_left(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        studio.submit(dana)
        asked = dana.post(f"{API}/generations?dry_run=true", json={"prompt": "x"}).json()
        assert (asked["credits"], asked["remaining"]) == (EACH, 1 - EACH)
        assert asked["resets_at"].endswith("00:00:00Z")

    def test_a_refusal_names_what_was_spent_the_limit_the_price_and_the_time(
        self, studio: Studio, admin: Client
    ) -> None:
        dana = studio.actors.browser()
        put(admin, of="person", subject=dana.user_id, credits_per_day=EACH)
        studio.submit(dana)
        refused = dana.post(f"{API}/generations", json={"prompt": "x"})
        assert refused.status_code == 429
        assert refused.json()["code"] == "quota_exceeded"
        assert "costs 0.016384 credits. You have used 0.016384 of 0.016384" in refused.text
        assert 1 <= int(refused.headers["retry-after"]) <= 86400
        too_large = dana.post(f"{API}/generations", json={"prompt": "x", "num_images": 2})
        assert (too_large.status_code, too_large.json()["code"]) == (422, "quota_too_small")


class TestQuotas:
    def test_are_set_listed_and_removed(self, studio: Studio, admin: Client) -> None:
        made = put(admin, of="role", subject="marketing", credits_per_day=2.5).json()
        assert (made["credits_per_day"], made["credits_per_month"]) == (2.5, None)
        again = put(admin, of="role", subject="marketing", credits_per_month=30).json()
        assert again["id"] == made["id"]
        listed = admin.get(f"{API}/quotas", params={"of": "role"}).json()
        assert listed["items"] == [again]
        assert listed["otherwise"] == {"credits_per_day": 1.0, "credits_per_month": None}
        assert admin.get(f"{API}/quotas", params={"of": "team"}).json()["items"] == []
        assert admin.delete(f"{API}/quotas/{made['id']}").status_code == 204
        assert admin.delete(f"{API}/quotas/{made['id']}").status_code == 404
        verbs = [one.verb for one in studio.audited("quota:role:marketing")]
        assert verbs == ["quota.set", "quota.set", "quota.remove"]

    def test_are_named_and_say_what_was_spent(self, studio: Studio, admin: Client) -> None:
        with studio.context.database.write() as session:
            team = Team(name=f"Knitwear {new_id()}")
            session.add(team)
        user = add_user(studio.context.database, name="Dana", team_id=team.id)
        studio.submit(studio.actors.browser(user=user))
        put(admin, of="team", subject=team.id, credits_per_month=50)
        put(admin, of="role", subject="marketing")
        said = put(admin, of="person", subject=user.id, credits_per_day=2).json()
        assert (said["name"], said["email"]) == ("Dana", user.email)
        assert (said["used_today"], said["used_this_month"]) == (EACH, EACH)
        listed = {one["of"]: one for one in admin.get(f"{API}/quotas").json()["items"]}
        assert listed["person"] == said
        assert (listed["team"]["name"], listed["team"]["used_today"]) == (team.name, EACH)
        role = listed["role"]
        assert (role["name"], role["email"], role["used_today"]) == ("marketing", None, None)

    def test_of_somebody_who_is_gone_has_no_name(self, studio: Studio, admin: Client) -> None:
        with studio.context.database.write() as session:
            session.add(Quota(of=QuotaOf.TEAM, subject="gone"))
        put(admin, of="role", subject="marketing", credits_per_day=1)
        (left,) = admin.get(f"{API}/quotas", params={"subject": "gone"}).json()["items"]
        assert (left["name"], left["used_today"], left["used_this_month"]) == ("", 0, 0)

    def test_holds_from_the_next_request_on(self, studio: Studio, admin: Client) -> None:
        dana = studio.actors.browser()
        put(admin, of="role", subject="designer", credits_per_day=0)
        assert dana.post(f"{API}/generations", json={"prompt": "x"}).status_code == 422
        put(admin, of="role", subject="designer")
        studio.submit(dana)

    @pytest.mark.parametrize(
        ("wanted", "field"),
        [
            ({"of": "person", "subject": "nobody"}, "subject"),
            ({"of": "team", "subject": "nosuch"}, "subject"),
            ({"of": "role", "subject": "king"}, "subject"),
            ({"of": "planet", "subject": "x"}, "of"),
            ({"of": "role", "subject": "designer", "credits_per_day": -1}, "credits_per_day"),
            ({"of": "role", "subject": "designer", "credits_per_day": 1e10}, "credits_per_day"),
            ({"of": "role", "subject": "designer", "credits_per_hour": 1}, "credits_per_hour"),
        ],
    )
    def test_nonsense_is_refused_with_the_field(
        self, admin: Client, wanted: Any, field: str
    ) -> None:
        refused = put(admin, **wanted)
        assert refused.status_code == 422
        assert refused.json()["fields"][0]["field"] == field

"""Who may come in when they are new: at once, after approval, by an invite; and as what, each time."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from backend.accounts import admission
from backend.accounts.admission import Identity
from backend.accounts.models import Standing, Team, User
from backend.accounts.service import ensure_roles
from backend.audit import service as audit
from backend.audit.schemas import AuditFilter
from backend.kit.database import Database
from backend.kit.settings import Registration, Settings
from tests.backend.accounts.conftest import BuildApp
from tests.fixtures.actors import Actors, Client
from tests.fixtures.issuer import ISSUER, Issuer, come_back, provider_at

U1 = f"{ISSUER}#u1"


class Door:
    """A studio with one provider, whose registration and maps a test chooses."""

    def __init__(self, app: FastAPI, settings: Settings, **given: Any) -> None:
        self.issuer = Issuer()
        self.issuer.userinfo = {"sub": "u1", "email": "u1@issuer.test", "email_verified": True}
        self.app = app
        app.state.providers = {"corp": provider_at("corp", self.issuer, settings, **given)}

    def knock(self, browser: Client | None = None, **query: str) -> Any:
        return come_back(browser or self.browser(), "corp", self.issuer, **query)

    def browser(self) -> Client:
        return Actors(self.app).anonymous()

    def people(self) -> list[User]:
        with Actors(self.app).context.database.read() as session:
            return list(session.exec(select(User)))

    def team_of(self, user: User) -> str | None:
        with Actors(self.app).context.database.read() as session:
            team = session.get(Team, user.team_id) if user.team_id else None
            return team.name if team else None

    def change(self, **changed: Any) -> None:
        """Change the one person there is, as an administrator does."""
        with Actors(self.app).context.database.write() as session:
            user = session.exec(select(User)).one()
            for name, value in changed.items():
                setattr(user, name, value)

    def verbs(self) -> list[str]:
        with Actors(self.app).context.database.read() as session:
            return [one.verb for one in audit.find(session, AuditFilter(), limit=100)][::-1]


@pytest.fixture
def open_door(build_app: BuildApp, settings: Settings) -> Any:
    def opened(
        registration: str = "open", *, admin_subjects: tuple[str, ...] = (), **given: Any
    ) -> Door:
        changed = {
            "registration": Registration(registration),
            "admin_subjects": list(admin_subjects),
            "admin_emails": given.pop("admin_emails", []),
        }
        configured = settings.model_copy(update=changed)
        return Door(build_app(configured), configured, **given)

    return opened


class TestOpen:
    def test_lets_somebody_new_in(self, open_door: Any) -> None:
        door = open_door()
        assert door.knock().status_code == 303
        assert [user.standing for user in door.people()] == [Standing.ACTIVE]
        assert door.verbs() == ["person.register", "session.begin"]

    def test_writes_down_what_the_settings_would_have_to_name(self, open_door: Any) -> None:
        door = open_door()
        door.knock()
        with Actors(door.app).context.database.read() as session:
            (told,) = audit.find(session, AuditFilter(verb="person.register"), limit=9)
        assert told.detail is not None
        assert told.detail["subject"] == U1


class TestApproval:
    def test_makes_an_account_that_waits_and_has_no_session(self, open_door: Any) -> None:
        door = open_door("approval")
        browser = door.browser()
        page = door.knock(browser)
        assert (page.status_code, "waits for an administrator" in page.text) == (403, True)
        assert browser.get("/api/v1/me").status_code == 401
        assert "atelier_session" not in browser.cookies
        assert [user.standing for user in door.people()] == [Standing.WAITING]
        assert door.verbs() == ["person.register"]

    def test_is_asked_for_once_and_then_remembered(self, open_door: Any) -> None:
        door = open_door("approval")
        door.knock()
        assert door.knock().status_code == 403
        door.change(standing=Standing.ACTIVE)
        assert door.knock().status_code == 303
        assert len(door.people()) == 1

    def test_is_not_asked_of_whom_the_settings_name(self, open_door: Any) -> None:
        door = open_door("approval", admin_subjects=[U1])
        assert door.knock().status_code == 303
        assert door.people()[0].role == "admin"

    def test_frees_somebody_who_waited_once_the_settings_name_them(self, open_door: Any) -> None:
        open_door("approval").knock()
        door = open_door("approval", admin_emails=["U1@issuer.test"])
        assert door.knock().status_code == 303

    def test_of_nobody_who_was_in_before(self, open_door: Any) -> None:
        open_door().knock()
        assert open_door("approval").knock().status_code == 303

    def test_does_not_bring_back_who_was_deactivated(self, open_door: Any) -> None:
        open_door().knock()
        door = open_door("approval", admin_subjects=[U1])
        door.change(standing=Standing.DEACTIVATED)
        assert door.knock().status_code == 403
        assert door.people()[0].standing is Standing.DEACTIVATED


class TestInviteOnly:
    def test_turns_somebody_new_away_and_keeps_nothing_of_them(self, open_door: Any) -> None:
        door = open_door("invite")
        page = door.knock()
        assert (page.status_code, "needs an invite" in page.text) == (403, True)
        assert door.people() == []
        assert door.verbs() == []

    def test_lets_in_whom_the_settings_name(self, open_door: Any) -> None:
        door = open_door("invite", admin_subjects=[U1])
        assert door.knock().status_code == 303

    def test_the_first_to_sign_in_is_nobody_special(self, open_door: Any) -> None:
        door = open_door()
        door.knock()
        assert door.people()[0].role == "designer"


class TestEachTime:
    def test_the_role_is_what_the_provider_says_today(self, open_door: Any) -> None:
        door = open_door(role_map={"artists": "designer", "bosses": "admin"})
        door.issuer.userinfo["groups"] = ["bosses"]
        door.knock()
        assert door.people()[0].role == "admin"
        door.issuer.userinfo["groups"] = ["artists"]
        door.knock()
        assert door.people()[0].role == "designer"
        assert "person.role" in door.verbs()

    def test_a_pinned_role_outlives_what_the_provider_says(self, open_door: Any) -> None:
        door = open_door(role_map={"bosses": "admin"})
        door.knock()
        door.change(pinned_role="marketing")
        door.issuer.userinfo["groups"] = ["bosses"]
        door.knock()
        assert door.people()[0].role == "marketing"

    def test_a_role_that_does_not_exist_gives_nothing(self, open_door: Any) -> None:
        door = open_door(role_map={"bosses": "emperor"})
        door.issuer.userinfo["groups"] = ["bosses"]
        door.knock()
        assert door.people()[0].role == "marketing"

    def test_a_team_of_the_map_is_made_once_and_followed(self, open_door: Any) -> None:
        door = open_door(team_map={"bags": "Bags", "shoes": "Shoes"})
        for group, team in (("bags", "Bags"), ("shoes", "Shoes"), ("bags", "Bags")):
            door.issuer.userinfo["groups"] = [group]
            door.knock()
            assert door.team_of(door.people()[0]) == team
        assert door.verbs().count("team.create") == 2
        assert door.verbs().count("person.team") == 2

    def test_a_team_set_by_hand_stays_unless_the_map_says_another(self, open_door: Any) -> None:
        door = open_door(team_map={"bags": "Bags"})
        door.knock()
        with Actors(door.app).context.database.write() as session:
            by_hand = Team(name="By hand")
            session.add(by_hand)
        door.change(team_id=by_hand.id)
        door.issuer.userinfo["groups"] = ["others"]
        door.knock()
        assert door.team_of(door.people()[0]) == "By hand"
        door.issuer.userinfo["groups"] = ["bags"]
        door.knock()
        assert door.team_of(door.people()[0]) == "Bags"

    def test_domains_are_checked_of_those_who_are_in_too(self, open_door: Any) -> None:
        door = open_door(allowed_domains=["issuer.test"])
        assert door.knock().status_code == 303
        door.issuer.userinfo["email_verified"] = False
        page = door.knock()
        assert (page.status_code, "Only accounts of issuer.test" in page.text) == (403, True)


def test_both_databases_keep_teams_and_standings(database: Database, settings: Settings) -> None:
    waiting = settings.model_copy(update={"registration": Registration.APPROVAL})
    ids = []
    for subject in ("s1", "s2"):
        who = Identity("i", subject, "", "S", ("designer",), "corp", team="Bags")
        with database.write() as session:
            ensure_roles(session)
            user = admission.admit(session, waiting, who)
            ids.append(user.team_id)
            assert user.standing is Standing.WAITING
    with database.read() as session:
        assert [team.id for team in session.exec(select(Team))] == list(set(ids))
        assert {user.standing for user in session.exec(select(User))} == {Standing.WAITING}

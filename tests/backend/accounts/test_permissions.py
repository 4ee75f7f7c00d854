"""A role is a row: what an endpoint asks for is a permission, and rows decide who has it."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from sqlmodel import select

from backend.accounts import service
from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires
from backend.accounts.models import Role, RolePermission
from backend.accounts.permissions import ALL, GENERATE, REVIEW
from tests.fixtures.actors import Actors, add_user


@pytest.fixture
def guarded(app: FastAPI) -> Actors:
    @app.get("/draw")
    def draw(actor: Annotated[Actor, Depends(requires(GENERATE))]) -> str:
        return actor.role

    @app.get("/review")
    def review(actor: Annotated[Actor, Depends(requires(REVIEW))]) -> str:
        return actor.role

    return Actors(app)


class TestRequires:
    @pytest.mark.parametrize(
        ("role", "draw", "review"),
        [("designer", 200, 403), ("marketing", 403, 403), ("admin", 200, 200)],
    )
    def test_lets_in_who_has_the_permission(
        self, guarded: Actors, role: str, draw: int, review: int
    ) -> None:
        for client in (guarded.browser(role), guarded.program(role)):
            assert client.get("/draw").status_code == draw
            assert client.get("/review").status_code == review

    def test_does_not_know_a_stranger(self, guarded: Actors) -> None:
        answer = guarded.anonymous().get("/draw")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")

    def test_says_what_is_missing(self, guarded: Actors) -> None:
        problem = guarded.browser("marketing").get("/draw").json()
        assert problem["code"] == "forbidden"
        assert "'generate'" in problem["detail"]

    def test_a_new_role_is_rows_and_nothing_else(self, guarded: Actors) -> None:
        with guarded.context.database.write() as session:
            session.add(Role(name="intern", rank=5))
            session.flush()
            session.add(RolePermission(role="intern", permission=REVIEW))
        user = add_user(guarded.context.database, "intern")
        browser = guarded.browser(user=user)
        assert (browser.get("/draw").status_code, browser.get("/review").status_code) == (403, 200)


class TestEnsureRoles:
    def test_leaves_what_an_operator_changed(self, anywhere: Actors) -> None:
        with anywhere.context.database.write() as session:
            session.delete(session.get_one(RolePermission, ("admin", REVIEW)))
        with anywhere.context.database.write() as session:
            service.ensure_roles(session)
        with anywhere.context.database.read() as session:
            query = select(RolePermission.permission).where(RolePermission.role == "admin")
            assert frozenset(session.exec(query)) == ALL - {REVIEW}

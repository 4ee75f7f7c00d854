"""Rows of presets on both databases: who may use them, what a search finds, and a team that goes."""

from __future__ import annotations

from backend.accounts.models import Team
from backend.galleries.schemas import Visibility
from backend.kit.database import Database
from backend.presets import repository, service
from backend.presets.models import Preset
from backend.presets.schemas import PresetCreate, PresetParameters
from tests.fixtures.actors import actor_of, add_user

LOOK = PresetParameters(template="an ink drawing of {prompt}", guidance_scale=2.5)


def test_everybody_finds_what_is_for_them(database: Database) -> None:
    with database.write() as session:
        session.add(team := Team(name="Knits"))
    owner, mate, other = (
        actor_of(add_user(database, team_id=of)) for of in (team.id, team.id, None)
    )
    admin = actor_of(add_user(database, "admin"))
    with database.write() as session:
        for who, visibility in (
            (owner, Visibility.PRIVATE),
            (owner, Visibility.TEAM),
            (admin, Visibility.EVERYONE),
        ):
            wanted = PresetCreate(name=f"{visibility} 100%", visibility=visibility, parameters=LOOK)
            service.create(session, who, wanted)
    with database.read() as session:
        found = {
            who.id: [
                row.visibility.value
                for row in repository.page(session, who, search="0%", cursor=None, limit=10)[0]
            ]
            for who in (owner, mate, other)
        }
        assert repository.page(session, owner, search="_", cursor=None, limit=10) == ([], None)
    assert found[owner.id] == ["everyone", "team", "private"]
    assert found[mate.id] == ["everyone", "team"]
    assert found[other.id] == ["everyone"]


def test_a_teams_presets_go_where_its_people_go_or_home(database: Database) -> None:
    with database.write() as session:
        session.add_all([old := Team(name="Knits"), new := Team(name="Shoes")])
    owner = actor_of(add_user(database, team_id=old.id))
    wanted = PresetCreate(name="Ink", visibility=Visibility.TEAM, parameters=LOOK)
    with database.write() as session:
        kept = service.create(session, owner, wanted)
        repository.move_team(session, old.id, new.id)
    with database.write() as session:
        row = session.get_one(Preset, kept.id)
        assert (row.visibility, row.team_id, row.parameters) == (Visibility.TEAM, new.id, LOOK)
        repository.move_team(session, new.id, None)
    with database.read() as session:
        row = session.get_one(Preset, kept.id)
        assert (row.visibility, row.team_id) == (Visibility.PRIVATE, None)

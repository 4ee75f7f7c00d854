"""Whatever is asked: a grid comes to distinct cells that a submission would take, or says what is wrong with which value.

And on a real database: all of its cells are accepted together, or nothing of it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import func, select

from backend.accounts.actor import Actor
from backend.generations.models import Generation
from backend.generations.origin import Origin
from backend.grids import service
from backend.grids.models import Grid, GridCell
from backend.grids.schemas import LARGEST_NUMBER, MOST_CELLS, MOST_ON_SHEET, GridCreate, Setting
from backend.grids.spreading import DEFAULT, Spread, spread
from backend.kit.context import Context
from backend.kit.errors import AtelierError, Unprocessable
from backend.usage.models import UsageCharge
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD

PROMPT = "a red dress on a cream background"
CARDS = {DEFAULT: CARD, "scripted": CARD}
VALUES = st.one_of(
    st.integers(-2, 130),
    st.floats(-LARGEST_NUMBER, LARGEST_NUMBER),
    st.sampled_from(
        [
            "red",
            "navy",
            "a",
            "",
            "ddim",
            "euler",
            "scripted",
            "64x64",
            "128x64",
            "64×128",
            "9x9",
            "4242",
        ]
    ),
    st.text(max_size=6),
)
AXES = st.builds(
    lambda setting, values: {"setting": setting.value, "values": values},
    st.sampled_from([one for one in Setting if one is not Setting.MODEL]),
    st.lists(VALUES, min_size=1, max_size=7),
)


@given(
    x=AXES,
    y=st.none() | AXES,
    z=st.none() | AXES,
    over=st.sampled_from([{}, {"init_image": "01over"}]),
)
def test_it_comes_to_cells_or_names_what_is_wrong(
    x: Any, y: Any, z: Any, over: dict[str, str]
) -> None:
    base = {"prompt": PROMPT, **over}
    wanted = GridCreate.model_validate({"base": base, "x": x, "y": y, "z": z})
    found = _spread(wanted)
    if isinstance(found, Unprocessable):
        assert found.fields
        for problem in found.fields:
            axis, _, place = problem.field.partition(".values.")
            shapes = {f"{name}.setting" for name in "xyz"} | {"y.values", "z.values"}
            asked = {"x": x, "y": y, "z": z}
            assert problem.field in shapes or 0 <= int(place) < len(asked[axis]["values"])
        return
    assert len(found.cells) == found.axes.total <= MOST_CELLS
    assert found.axes.columns * found.axes.rows <= MOST_ON_SHEET
    drawn = [cell.completed(seed=0) for cell in found.cells]
    assert len({one.model_dump_json() for one in drawn}) == len(drawn)
    assert all(one.num_images == 1 for one in drawn)
    if Setting.SEED not in {axis.setting for axis in wanted.axes.values()}:
        assert len({one.seed for one in drawn}) == 1
    assert len({one.variation_seed for one in drawn if one.variation_strength}) <= 1
    assert {one.init_image for one in drawn} == {over.get("init_image")}


def _spread(wanted: GridCreate) -> Spread | Unprocessable:
    try:
        return spread(wanted, CARDS)
    except Unprocessable as error:
        return error


@pytest.fixture
def waiting(studio: Studio) -> Iterator[Studio]:
    """A studio in which nothing gets ahead, so that what is there is what was accepted."""
    with studio.inference.hold():
        yield studio


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    columns=st.integers(1, 4),
    rows=st.integers(1, 3),
    sheets=st.integers(1, 2),
    outstanding=st.integers(1, 14),
    queued=st.integers(1, 40),
    credits_a_day=st.sampled_from([0.0, 0.05, 0.1, 0.3]),
    steps=st.integers(1, 8),
)
def test_all_of_it_is_accepted_or_nothing_is_there(  # noqa: PLR0913, PLR0917
    waiting: Studio,
    columns: int,
    rows: int,
    sheets: int,
    outstanding: int,
    queued: int,
    credits_a_day: float,
    steps: int,
) -> None:
    context = waiting.context
    limits = {
        "max_outstanding": outstanding,
        "max_queued": queued,
        "credits_per_day": credits_a_day,
    }
    context = replace(context, settings=context.settings.model_copy(update=limits))
    actor = actor_of(add_user(context.database))
    wanted = GridCreate.model_validate(
        {
            "base": {"prompt": PROMPT, "num_inference_steps": steps},
            "x": {"setting": "seed", "values": list(range(columns))},
            "y": {"setting": "guidance_scale", "values": list(range(1, rows + 1))},
            "z": {"setting": "scheduler", "values": ["ddim", "euler"][:sheets]},
        }
    )
    for _ in range(3):
        before = _of(context, actor)
        accepted = False
        with suppress(AtelierError), context.database.write() as session:
            service.submit(session, context, actor, wanted, spread(wanted, CARDS), origin=Origin())
            accepted = True
        after = _of(context, actor)
        cells = columns * rows * sheets
        added = [b - a for a, b in zip(before, after, strict=True)]
        assert added == ([1, cells, cells, cells] if accepted else [0, 0, 0, 0])
        assert after[2] <= outstanding


def _of(context: Context, actor: Actor) -> list[int]:
    owners = (
        select(func.count()).select_from(Grid).where(Grid.owner_id == actor.id),
        select(func.count()).select_from(GridCell).join(Grid).where(Grid.owner_id == actor.id),
        select(func.count()).select_from(Generation).where(Generation.owner_id == actor.id),
        select(func.count()).select_from(UsageCharge).where(UsageCharge.user_id == actor.id),
    )
    with context.database.read() as session:
        return [session.exec(query).one() for query in owners]

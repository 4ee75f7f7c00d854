"""The cards of the models that a grid names: asked for before a transaction is begun."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Depends

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires_before
from backend.accounts.permissions import GENERATE
from backend.catalog.service import CatalogDep
from backend.grids.schemas import EXAMPLES, AxisCreate, GridCreate, Setting
from backend.grids.spreading import DEFAULT, Spread, refused, spread
from backend.kit.errors import FieldProblem, Unprocessable
from inference.protocol import ModelCard

GridBody = Annotated[GridCreate, Body(openapi_examples=EXAMPLES)]
EarlyGenerator = Annotated[Actor, Depends(requires_before(GENERATE))]


async def spread_of(actor: EarlyGenerator, wanted: GridBody, catalog: CatalogDep) -> Spread:
    """Return what is asked, cell by cell; turns away by itself whoever may not generate."""
    named = "model" in wanted.base.model_fields_set
    cards: dict[str | None, ModelCard] = {}
    problems: list[FieldProblem] = []
    by_canary = False
    try:
        chosen = await catalog.choose_for(actor, wanted.base.model if named else None)
        cards[DEFAULT], by_canary = chosen.card, chosen.by_canary
    except Unprocessable as error:
        problems += [_at("base.model", one) for one in error.fields]
    for name, axis in wanted.axes.items():
        for place, value in enumerate(_models_in(axis)):
            try:
                cards[value] = await catalog.resolve_for(actor, value)
            except Unprocessable as error:
                problems += [_at(f"{name}.values.{place}", one) for one in error.fields]
    if problems:
        raise refused(problems)
    return spread(wanted, cards, by_canary=by_canary)


SpreadDep = Annotated[Spread, Depends(spread_of)]


def _models_in(axis: AxisCreate) -> list[str]:
    return axis.values if axis.setting is Setting.MODEL else []


def _at(field: str, problem: FieldProblem) -> FieldProblem:
    return problem.model_copy(update={"field": field})

"""What a submission asks for, and which model is to draw it: asked before a transaction is begun.

Whoever may not generate is turned away here, and learns nothing else.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Depends

from backend.accounts.actor import Actor
from backend.accounts.dependencies import requires_before
from backend.accounts.permissions import GENERATE
from backend.catalog.service import CatalogDep
from backend.generations.examples import SUBMITTED
from backend.generations.foresight import Wanted
from backend.generations.schemas import GenerationParameters

ParametersBody = Annotated[GenerationParameters, Body(openapi_examples=SUBMITTED)]
EarlyGenerator = Annotated[Actor, Depends(requires_before(GENERATE))]


async def wanted_generation(
    actor: EarlyGenerator, parameters: ParametersBody, catalog: CatalogDep
) -> Wanted:
    """Return what is asked for, with the model that is named, or else the one that draws for the caller."""
    named = "model" in parameters.model_fields_set
    chosen = await catalog.choose_for(actor, parameters.model if named else None)
    return Wanted(parameters, chosen.card, by_canary=chosen.by_canary)


# The card comes first among the dependencies: asking inference for it must not hold a transaction.
# So it must turn strangers away by itself.
WantedDep = Annotated[Wanted, Depends(wanted_generation)]

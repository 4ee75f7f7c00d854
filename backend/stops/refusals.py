"""How somebody is told that what they want is stopped."""

from __future__ import annotations

from typing import Self

from backend.kit.errors import FieldProblem, NotReady, Unprocessable
from backend.stops.models import EmergencyStop

CODE_MODEL = "model_stopped"
CODE_ALL = "drawing_stopped"


class ModelStopped(Unprocessable):
    """An administrator stopped the model in an emergency: nobody draws with it until it is lifted."""

    code = CODE_MODEL
    title = "This model is stopped"

    @classmethod
    def of(cls, stop: EmergencyStop) -> Self:
        """Return the refusal, with the reason."""
        message = explained(stop)
        problem = FieldProblem(field="model", message=message, limit="a model that is not stopped")
        return cls(message, fields=[problem])


class DrawingStopped(NotReady):
    """An administrator stopped all drawing in an emergency."""

    code = CODE_ALL
    title = "Drawing is stopped"


def code_of(stop: EmergencyStop) -> str:
    """Return the stable word for why a generation was ended."""
    return CODE_MODEL if stop.name else CODE_ALL


def explained(stop: EmergencyStop) -> str:
    """Return what whoever wanted to draw reads."""
    if stop.name:
        return f"{stop.name} was stopped by an administrator: {stop.reason} Choose another model."
    return f"All drawing was stopped by an administrator: {stop.reason}"

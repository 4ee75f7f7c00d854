"""By which request a generation came: what people quote when they ask for help, and operators search logs and traces for."""

from __future__ import annotations

from pydantic import BaseModel, Field, computed_field

from inference.request_ids import trace_id_of


class Requested(BaseModel):
    """The ids of a request."""

    request_id: str | None = Field(
        default=None,
        description="Of the request that it came by, as logs, traces and errors name it; null: not kept.",
    )

    @computed_field(description="Of that request's trace, where traces are collected.")  # type: ignore[prop-decorator] # mypy's gap
    @property
    def trace_id(self) -> str | None:
        """Return the id of its trace."""
        return trace_id_of(self.request_id) if self.request_id else None

"""What Prometheus collects, over HTTP: everything this process counted, and how queue and reviews stand now."""

from __future__ import annotations

from functools import partial
from hmac import compare_digest
from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from backend.generations.metrics import queue_gauges
from backend.kit.context import ContextDep
from backend.kit.errors import NotFound
from backend.kit.settings import Settings
from backend.kit.telemetry import metrics_text
from backend.moderation.metrics import review_gauges

router = APIRouter(include_in_schema=False)
_MEASURED_NOW: Final = (queue_gauges, review_gauges)


@router.get("/metrics")
def read_metrics(
    context: ContextDep, authorization: Annotated[str | None, Header()] = None
) -> Response:
    """Return what Prometheus collects, to whom it was set up for."""
    check_may_measure(context.settings, authorization)
    body, media_type = metrics_text(*(partial(each, context.database) for each in _MEASURED_NOW))
    return Response(body, media_type=media_type)


def check_may_measure(settings: Settings, authorization: str | None) -> None:
    """Return if that header opens the metrics, which tell how busy people are.

    Raises:
        NotFound: It does not, or nothing was set up and not only this machine can ask.
    """
    token = settings.metrics_token.get_secret_value()
    given = (authorization or "").removeprefix("Bearer ")
    if not (settings.on_loopback if not token else compare_digest(given.encode(), token.encode())):
        raise NotFound("There are no metrics here; ATELIER_METRICS_TOKEN says who may read them.")

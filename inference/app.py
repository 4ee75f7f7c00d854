"""The inference app: an engine behind HTTP. The same app runs in-process, under uvicorn and in Ray Serve.

    POST   /v1/generate              GenerationRequest → server-sent GenerationEvents
    GET    /v1/jobs/{id}             how far it is        DELETE stops it
    GET    /v1/jobs/{id}/images/{k}  the bytes of a finished image
    GET    /v1/models                the cards of the models on offer
    POST   /v1/prompts/length        {prompt, model?} → how many tokens and chunks it is; draws nothing
    POST   /predict  /generate       {prompt, …} → an image, for scripts and the study
    GET    /healthz  /readyz  /metrics

Errors are `{code, message, retryable}` with the status of their class. No users, no SQL, no policy.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from inference import plain, sse
from inference.asked_for import AskedFor
from inference.engine import Engine
from inference.generation import Generation
from inference.imaging import WEBP
from inference.protocol import (
    Failed,
    GenerationParameters,
    GenerationRequest,
    ImageReady,
    InferenceHealth,
    InvalidParameters,
    ModelCard,
    Pictures,
    PreviewsWanted,
    PromptLength,
    UnknownGeneration,
    new_generation_id,
)
from inference.protocol.checks import prose
from inference.refusals import refuse_in_words
from inference.siblings import Alone, Siblings

ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"


class GenerateBody(BaseModel):
    """A `GenerationRequest` whose id may come as the header `Idempotency-Key`, or be left to us."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(default=None, pattern=ID_PATTERN)
    parameters: GenerationParameters
    pictures: Pictures = Pictures()
    previews: PreviewsWanted = PreviewsWanted.MEASURED


class PromptBody(BaseModel):
    """A prompt that is only measured, perhaps while somebody still types it."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, AfterValidator(prose)]
    model: str | None = Field(default=None, max_length=100)


class GenerationStatus(BaseModel):
    """How far a generation is."""

    id: str
    state: str
    parameters: GenerationParameters
    step: int
    total: int
    images: list[ImageReady]
    error: Failed | None


def status_of(generation: Generation) -> GenerationStatus:
    """Return what is told of a generation that this replica holds."""
    events = [letter.event for letter in generation.mailbox.after(0)]
    return GenerationStatus(
        id=generation.id,
        state=generation.state,
        parameters=generation.parameters,
        step=generation.steps_done,
        total=generation.steps_to_take,
        images=[event for event in events if isinstance(event, ImageReady)],
        error=next((event for event in events if isinstance(event, Failed)), None),
    )


def engine_of(request: Request) -> Engine:
    """Return the engine that this app stands in front of."""
    engine: Engine = request.app.state.engine
    return engine


def siblings_of(request: Request) -> Siblings:
    """Return the other replicas, which may hold what this one does not."""
    siblings: Siblings = request.app.state.siblings
    return siblings


EngineDep = Annotated[Engine, Depends(engine_of)]
SiblingsDep = Annotated[Siblings, Depends(siblings_of)]


def create_app(engine: Engine, siblings: Siblings | None = None) -> FastAPI:
    """Return the app in front of `engine`; starting and stopping the engine stays with the caller."""
    app = FastAPI(title="Atelier inference", docs_url="/docs", redoc_url=None)
    app.state.engine = engine
    app.state.siblings = siblings or Alone()
    refuse_in_words(app)
    app.add_middleware(AskedFor)
    app.post("/v1/generate", response_class=StreamingResponse)(generate)
    app.get("/v1/jobs/{generation_id}", response_model=GenerationStatus)(status)
    app.delete("/v1/jobs/{generation_id}", status_code=204)(cancel)
    app.get("/v1/jobs/{generation_id}/images/{index}", response_class=Response)(image)
    app.get("/v1/models")(models)
    app.post("/v1/prompts/length")(length_of)
    app.post("/predict", response_class=Response)(plain.predict)
    app.post("/generate", response_class=Response)(plain.predict)
    app.get("/healthz")(alive)
    app.get("/readyz")(ready)
    app.get("/metrics", response_class=Response)(metrics)
    return app


async def generate(
    engine: EngineDep,
    body: GenerateBody,
    idempotency_key: Annotated[str | None, Header(pattern=ID_PATTERN)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Draw, or attach to the generation of the same id, and stream its events to the end."""
    if body.id and idempotency_key and body.id != idempotency_key:
        raise InvalidParameters(
            "the body's id and the Idempotency-Key differ; send one, or the same"
        )
    generation_id = body.id or idempotency_key or new_generation_id()
    generation = engine.submit(
        GenerationRequest(
            id=generation_id,
            parameters=body.parameters,
            pictures=body.pictures,
            previews=body.previews,
        )
    )
    return StreamingResponse(
        sse.stream(generation.mailbox, sse.last_number(last_event_id)),
        media_type=sse.MEDIA_TYPE,
        headers={**sse.HEADERS, "X-Generation-Id": generation_id},
    )


async def status(
    engine: EngineDep, siblings: SiblingsDep, generation_id: str
) -> GenerationStatus | dict[str, Any]:
    """Say how far a generation is."""
    try:
        return status_of(engine.find(generation_id))
    except UnknownGeneration:
        elsewhere = await siblings.status(generation_id)
        if elsewhere is None:
            raise
        return elsewhere


async def cancel(engine: EngineDep, siblings: SiblingsDep, generation_id: str) -> None:
    """Stop a generation before its next step; twice, or an unknown one, is no error."""
    try:
        engine.find(generation_id)
    except UnknownGeneration:
        await siblings.cancel(generation_id)
    else:
        engine.cancel(generation_id)


async def image(
    engine: EngineDep, siblings: SiblingsDep, generation_id: str, index: int
) -> Response:
    """Return a finished image."""
    try:
        data = engine.image(generation_id, index)
    except UnknownGeneration:
        elsewhere = await siblings.image(generation_id, index)
        if elsewhere is None:
            raise
        data = elsewhere
    return Response(data, media_type=WEBP)


def models(engine: EngineDep) -> list[ModelCard]:
    """Return the models on offer; the first is the default."""
    return engine.models()


def length_of(engine: EngineDep, body: PromptBody) -> PromptLength:
    """Say how long a prompt is as a model reads it."""
    return engine.length_of(body.prompt, body.model)


def alive() -> dict[str, str]:
    """Say that the process answers, be the model loaded or not."""
    return {"status": "alive"}


def ready(engine: EngineDep, response: Response) -> InferenceHealth:
    """Say whether it can draw now; 503 while it cannot."""
    health = engine.health()
    response.status_code = 200 if health.ready else 503
    return health


def metrics(engine: EngineDep) -> Response:
    """Return what Prometheus collects."""
    return Response(engine.metrics.text(), media_type="text/plain; version=0.0.4")

"""Puts the backend together: what it opens and in which order, what every request passes through.

`create_app` opens nothing; entering the application's lifespan opens everything, and leaving it closes
everything in the opposite order. The pages are not here: `webui.server` mounts them on this app.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from backend import api, migrations
from backend.accounts import installation
from backend.accounts import service as accounts
from backend.accounts.cookies import SESSION_COOKIES, is_https
from backend.accounts.query_keys import KeysBelongInHeaders
from backend.accounts.throttle import Throttle
from backend.accounts.watch import Watch
from backend.accounts.witness import Witness
from backend.catalog.service import Catalog, DemoCheckerRefused
from backend.dispatch.deliveries import Deliverer
from backend.dispatch.dispatcher import Dispatcher
from backend.generations import events, glimpses
from backend.kit import probes, reference, reports
from backend.kit.bodies import BodyLimit, largest_form
from backend.kit.client_address import client_address, parse_networks
from backend.kit.context import Context
from backend.kit.csrf import SameSiteOnly
from backend.kit.database import Database
from backend.kit.doors import Farewell
from backend.kit.errors import NotReady
from backend.kit.headers import SecurityHeaders
from backend.kit.keyring import ring_of
from backend.kit.metering import Meter
from backend.kit.notifier import Notifier
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.notifier.postgres import PostgresNotifier
from backend.kit.onehost import sole_host
from backend.kit.openapi import describe, named_for_its_function
from backend.kit.problems import LastResort, answer_with_problems
from backend.kit.settings import Settings
from backend.kit.stopping import heard_before_stopping
from backend.kit.storage import open_storage
from backend.kit.telemetry import RequestTelemetry
from backend.oversight import anchors
from backend.provenance.authority import authority_of
from backend.restorations.router import PATH as RESTORATIONS
from backend.system import metrics
from backend.uploads.router import PATH as UPLOADS
from backend.verify import router as verify
from backend.webhooks.sealing import reseal
from inference import tracing
from inference.client import connect
from inference.protocol import InferenceClient, InferenceError

MAX_BODY_BYTES = 1024 * 1024
CHECKER_KNOWN_WITHIN_S = 60.0
_log = logging.getLogger("atelier.app")

# Once a process: FastAPI makes of each route what answers it when the first request comes, which takes it a third of
# a second, and none of them knows in which application it is.
_ROUTES = APIRouter(generate_unique_id_function=named_for_its_function)
for _router in (
    api.router,
    api.pages,
    probes.router,
    metrics.router,
    reference.router,
    reports.router,
):
    _ROUTES.include_router(_router)

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(settings: Settings, *, inference: InferenceClient | None = None) -> FastAPI:
    """Return the backend. A given `inference` stays the caller's to close."""
    app = FastAPI(
        title="Atelier",
        version=version("atelier"),
        description="The image studio that a creative team runs for itself.",
        lifespan=_lifespan(settings, inference),
        generate_unique_id_function=named_for_its_function,
        docs_url=None,
        redoc_url=None,
    )
    app.openapi = partial(describe, app)  # type: ignore[method-assign] # FastAPI's own way to extend it
    app.router.routes.extend(_ROUTES.routes)
    answer_with_problems(app)
    _wrap(app, settings)
    return app


def _wrap(app: FastAPI, settings: Settings) -> None:
    """Add what every request passes through. The last one added is the outermost."""
    installation.install(app, settings)
    special = dict.fromkeys((UPLOADS, RESTORATIONS, verify.PATH), largest_form(settings))
    special |= {verify.PAGE: verify.MOST_SENT, reports.PATH: reports.LARGEST_BYTES}
    sizes = {("POST", path): size for path, size in special.items()}
    app.add_middleware(BodyLimit, usual=MAX_BODY_BYTES, special=sizes)
    # Inside the next: what another site makes a browser send uses up nothing of its owner's.
    address_of = partial(client_address, trusted=parse_networks(settings.trusted_proxies))
    app.add_middleware(Throttle, settings=settings, address_of=address_of)
    app.add_middleware(SameSiteOnly, allowed_origins=[_origin(settings)], cookies=SESSION_COOKIES)
    # Nobody else's origin: without this, Gradio adds a policy of its own that reflects any.
    app.add_middleware(CORSMiddleware, allow_origins=[_origin(settings)], allow_credentials=True)
    app.add_middleware(KeysBelongInHeaders)
    app.add_middleware(LastResort)
    app.add_middleware(Witness, settings=settings, address_of=address_of)
    app.add_middleware(RequestTelemetry)
    app.add_middleware(SecurityHeaders, https=is_https(settings))
    app.add_middleware(Farewell)


def _lifespan(settings: Settings, inference: InferenceClient | None) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            tracing.start("atelier")
            client = inference or await _open_inference(settings, opened)
            await opened.enter_async_context(sole_host(settings.resolved_database_url))
            # Closed after the notifier, by which work on it may still be woken; nothing is asked of it before.
            database = Database(settings.resolved_database_url)
            opened.callback(database.dispose)
            notifier = await _open_notifier(settings.resolved_database_url, opened)
            await _prepare_database(database, settings)
            context = Context(
                settings=settings,
                database=database,
                storage=open_storage(settings.resolved_storage_url),
                notifier=notifier,
                inference=client,
            )
            app.state.context = context
            app.state.meter = Meter(database)
            _share_glimpses(context, opened)
            app.state.watch = _open_watch(context, opened)
            _tell_anchors(context, opened)
            app.state.catalog = await _open_catalog(context, opened)
            winding_down = [*_open_dispatcher(context, opened), *_open_deliverer(context, opened)]
            opened.enter_context(
                heard_before_stopping(partial(_begin_to_stop, context, winding_down))
            )
            yield

    return lifespan


async def _open_inference(settings: Settings, opened: AsyncExitStack) -> InferenceClient:
    """Connect; an embedded server starts meanwhile, and `/readyz` says when it can draw."""
    client = connect(settings.inference_url, data_dir=settings.data_dir)
    opened.push_async_callback(client.aclose)
    opened.push_async_callback(_end, asyncio.create_task(_wake(client)))
    return client


async def _wake(client: InferenceClient) -> None:
    """Ask once, which starts an embedded server."""
    try:
        await client.health()
    except InferenceError as error:
        _log.warning("inference does not answer yet: %s", error.message)


async def _prepare_database(database: Database, settings: Settings) -> None:
    await asyncio.to_thread(migrations.upgrade, settings.resolved_database_url)
    await asyncio.to_thread(_prepare, database, settings)


async def _open_notifier(database_url: str, opened: AsyncExitStack) -> Notifier:
    """Listen where the other processes speak, on PostgreSQL; beside SQLite each is by itself.

    Before the schema is looked at: from here on a newer version sees this one, and takes nothing away from it.
    """
    if database_url.startswith("sqlite"):
        return MemoryNotifier()
    notifier = PostgresNotifier(database_url, migrations.newest())
    opened.push_async_callback(asyncio.to_thread, notifier.close)
    return await asyncio.to_thread(notifier.start)


def _share_glimpses(context: Context, opened: AsyncExitStack) -> None:
    """Have other processes show what this one draws, and the other way round, where there are any."""
    if not context.database.is_sqlite:
        sharing = asyncio.create_task(glimpses.exchange(context), name="glimpses")
        opened.push_async_callback(_end, sharing)


def _open_watch(context: Context, opened: AsyncExitStack) -> Watch:
    """Begin to look after who listens."""
    watch = Watch(context)
    looking = asyncio.create_task(watch.run(), name="watch")
    opened.push_async_callback(_end, looking)
    return watch


def _tell_anchors(context: Context, opened: AsyncExitStack) -> None:
    """Begin to say where the audit ends."""
    telling = asyncio.create_task(anchors.keep_telling(context), name="anchors")
    opened.push_async_callback(_end, telling)


def _prepare(database: Database, settings: Settings) -> None:
    with database.write() as session:
        accounts.ensure_roles(session)
        reseal(session, ring_of(settings))
    authority_of(settings)


async def _open_catalog(context: Context, opened: AsyncExitStack) -> Catalog:
    catalog = Catalog.over(context)
    opened.push_async_callback(catalog.aclose)
    if not catalog.accepts_demonstrations:
        await _refuse_demonstrations(catalog)
    return catalog


async def _refuse_demonstrations(catalog: Catalog) -> None:
    """Do not start in public with a demonstration of a safety checker.

    Where inference takes longer to answer than we wait, the catalogue refuses such models all the same.

    Raises:
        DemoCheckerRefused: A model on offer comes with one.
    """
    until = asyncio.get_running_loop().time() + CHECKER_KNOWN_WITHIN_S
    while asyncio.get_running_loop().time() < until:
        try:
            await catalog.cards()
        except DemoCheckerRefused:
            raise
        except NotReady:
            await asyncio.sleep(1)
        else:
            return


def _open_dispatcher(context: Context, opened: AsyncExitStack) -> list[Callable[[], None]]:
    """Start to dispatch, unless others do; return what winds it down."""
    if context.settings.dispatch_concurrency == 0:
        return []
    dispatcher = Dispatcher(context)
    running = asyncio.create_task(dispatcher.run(), name="dispatcher")
    opened.push_async_callback(_stop, dispatcher, running)
    return [dispatcher.wind_down]


def _open_deliverer(context: Context, opened: AsyncExitStack) -> list[Callable[[], None]]:
    """Start to send webhooks, unless others do; return what winds it down."""
    if context.settings.webhook_concurrency == 0:
        return []
    deliverer = Deliverer(context)
    running = asyncio.create_task(deliverer.run(), name="deliverer")

    async def stop() -> None:
        deliverer.stop()
        await running

    opened.push_async_callback(stop)
    return [deliverer.stop]


def _begin_to_stop(context: Context, winding_down: list[Callable[[], None]]) -> None:
    """Be ready for nothing more, give back what runs, end open streams; the server closes later."""
    context.stopping.set()
    for wind_down in winding_down:
        wind_down()
    events.say_stopping(context.notifier)


async def _stop(dispatcher: Dispatcher, running: asyncio.Task[None]) -> None:
    await dispatcher.stop()
    await running


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _origin(settings: Settings) -> str:
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}"

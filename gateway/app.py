"""The application.

    app = create_app(load())

Nothing happens at import; what runs is made when the application starts and closed when it stops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway import __version__, loop_lag
from gateway.access.guard import Guard
from gateway.admission import Admission
from gateway.background import background
from gateway.compat.mistral_answers import MistralFailure
from gateway.compat.paddle_jobs import JobFailure
from gateway.compat.paddlex_errors import FailureAnswer
from gateway.error_responses import HANDLERS
from gateway.jobs.jobs import open_jobs
from gateway.jobs.work import working
from gateway.metrics import Metrics
from gateway.middleware import RequestContext
from gateway.routes import docs, jobs, layout_parsing, mistral, ocr, paddle_jobs, service, ui
from gateway.services import choose_renderers, running
from gateway.settings import Settings
from gateway.tracing import tracer
from gateway.triton import InferenceClient

_DESCRIPTION = """Documents in, Markdown out: PaddleOCR-VL behind Triton, without the internet.

Every answer that is not a success has the form `{"error": {"type", "code", "message", "param", "request_id"}}`.
Paths that speak the API of another server, PaddleX's, PaddleOCR's or Mistral's, tell errors as that one does, and so
does `/ocr` to PP-OCR's clients.

Every answer has an `X-Request-Id`, taken from the request if it has one."""


def create_app(settings: Settings, triton: InferenceClient | None = None) -> FastAPI:
    """The gateway as an ASGI application; `triton` takes the place of a client of TRITON_URL, as tests want it.

    Raises SettingsError when settings ask for what is not installed, JOBS_DIR can't be used, or API_KEYS_FILE lists no
    keys.
    """
    renderers = choose_renderers(settings)
    metrics = Metrics(tracer(settings))
    guard = Guard(settings, metrics)
    admission = Admission(settings.max_requests, settings.max_queue, settings.client_share)
    metrics.watch("requests_in_flight", "Documents being read.", lambda: admission.in_flight)
    metrics.watch("requests_waiting", "Documents that wait for a turn.", lambda: admission.waiting)

    queue = open_jobs(settings, metrics) if settings.jobs else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(metrics.tracer.close)
            stack.push_async_callback(guard.close)
            await stack.enter_async_context(background(loop_lag.measure(metrics), *guard.works()))
            services = await stack.enter_async_context(running(settings, renderers, admission, metrics, queue, triton))
            app.state.services = services
            await stack.enter_async_context(working(services))
            yield

    app = FastAPI(
        title="PaddleOCR-VL server",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        docs_url=None,
        redoc_url=None,
        dependencies=guard.declared,
        responses=guard.refusals(),
        telemetry=metrics.tracer.telemetry,
    )
    app.state.admission = admission
    app.state.metrics = metrics
    app.include_router(ocr.router)
    app.include_router(jobs.router)
    app.include_router(layout_parsing.router, responses=guard.refusals(FailureAnswer))
    app.include_router(paddle_jobs.router, responses=guard.refusals(JobFailure))
    app.include_router(mistral.router, responses=guard.refusals(MistralFailure))
    app.include_router(service.router)
    app.include_router(ui.router)
    docs.mount(app)
    guard.mount(app)
    app.add_middleware(RequestContext, metrics=metrics)
    # First of all: the others go by the client's address.
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    return app

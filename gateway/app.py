"""The application.

    app = create_app(load())

Nothing happens at import; what runs is made when the application starts and closed when it stops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway import __version__
from gateway.admission import Admission
from gateway.error_responses import HANDLERS
from gateway.metrics import Metrics
from gateway.middleware import RequestContext
from gateway.routes import docs, ocr, service
from gateway.services import choose_renderers, running
from gateway.settings import Settings
from gateway.triton import InferenceClient

_DESCRIPTION = """Documents in, Markdown out: PaddleOCR-VL behind Triton, without the internet.

Every answer that is not a success has one form, `{"error": {"type", "code", "message", "param", "request_id"}}`.
Every answer has an `X-Request-Id`, taken from the request if it has one."""


def create_app(settings: Settings, triton: InferenceClient | None = None) -> FastAPI:
    """The gateway as an ASGI application; `triton` takes the place of a client of TRITON_URL, as tests want it.

    Raises SettingsError when PDF_RENDERER asks for what is not installed.
    """
    renderers = choose_renderers(settings)
    metrics = Metrics()
    admission = Admission(settings.max_requests, settings.max_queue, settings.client_share)
    metrics.watch("requests_in_flight", "Documents being read.", lambda: admission.in_flight)
    metrics.watch("requests_waiting", "Documents that wait for a turn.", lambda: admission.waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, renderers, admission, metrics, triton) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="PaddleOCR-VL server",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        docs_url=None,
        redoc_url=None,
    )
    app.state.admission = admission
    app.state.metrics = metrics
    app.include_router(ocr.router)
    app.include_router(service.router)
    docs.mount(app)
    app.add_middleware(RequestContext, metrics=metrics)
    return app

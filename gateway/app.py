"""The application.

    app = create_app(load())

Nothing happens at import; what runs is made when the application starts and closed when it stops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway import __version__
from gateway.admission import Admission
from gateway.errors import GatewayError, envelope, status_of
from gateway.metrics import Metrics
from gateway.middleware import RequestContext
from gateway.routes import docs, ocr, service
from gateway.services import running
from gateway.settings import Settings
from gateway.triton import InferenceClient

_DESCRIPTION = """Documents in, Markdown out: PaddleOCR-VL behind Triton, without the internet.

Every answer that is not a success has one form, `{"error": {"type", "code", "message", "param", "request_id"}}`, and every
answer has an `X-Request-Id`, taken from the request if it has one."""


def create_app(settings: Settings, triton: InferenceClient | None = None) -> FastAPI:
    """The gateway as an ASGI application; `triton` takes the place of a client of TRITON_URL, as tests want it."""
    metrics = Metrics()
    admission = Admission(settings.max_requests, settings.max_queue)
    metrics.watch("requests_in_flight", "Documents being read.", lambda: admission.in_flight)
    metrics.watch("requests_waiting", "Documents that wait for a turn.", lambda: admission.waiting)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, admission, metrics, triton) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="PaddleOCR-VL server",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.admission = admission
    app.state.metrics = metrics
    app.include_router(ocr.router)
    app.include_router(service.router)
    docs.mount(app)
    app.add_exception_handler(GatewayError, _gateway_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_middleware(RequestContext, metrics=metrics)
    return app


async def _gateway_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, GatewayError):
        raise error
    request.state.log["code"] = error.code
    request.app.state.metrics.errors.labels(error.code).inc()
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return JSONResponse(envelope(error, request.state.request_id), status_of(error), headers=headers)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """What routing refuses: an unknown path, a method that a path does not have."""
    if not isinstance(error, HTTPException):
        raise error
    code, message = {
        404: ("not_found", f"there is nothing at {request.url.path[:200]}: see /docs"),
        405: ("method_not_allowed", f"{request.url.path[:200]} does not take {request.method}: see /docs"),
    }.get(error.status_code, ("http_error", str(error.detail)))
    body = envelope(GatewayError(message), request.state.request_id)
    body["error"].update(type="invalid_request", code=code)
    request.state.log["code"] = code
    request.app.state.metrics.errors.labels(code).inc()
    return JSONResponse(body, error.status_code, headers=error.headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    """A path or query parameter that does not fit; the value itself is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    fault = error.errors()[0]
    name = str(fault["loc"][-1])
    body = envelope(GatewayError(f"{name}: {fault['msg']}", param=name), request.state.request_id)
    body["error"].update(type="invalid_request", code="invalid_field")
    request.state.log["code"] = "invalid_field"
    return JSONResponse(body, 422)

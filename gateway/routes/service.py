"""What the server tells about itself: GET /, /livez, /health, /metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from gateway import __version__
from gateway.health import Health
from gateway.negotiation import prefers_html
from gateway.services import Parts

router = APIRouter(tags=["Service"])


class About(BaseModel):
    """Who answers here."""

    name: str
    version: str
    engine: str | None
    model: str | None
    endpoints: dict[str, str]
    links: dict[str, str]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


@router.get("/", summary="About this server", response_model=About)
async def about(request: Request, response: Response, services: Parts) -> About | Response:
    """Name, version, engine (null until it has read something) and what else there is; addresses are relative.

    A browser is led to the page for people instead.
    """
    response.headers["Vary"] = "Accept"
    if prefers_html(request.headers.get("accept", "")):
        return RedirectResponse("ui", headers={"Vary": "Accept"})
    return About(
        name="PaddleOCR-VL server",
        version=__version__,
        engine=services.tritons.identity.engine,
        model=services.tritons.identity.model,
        endpoints={
            "POST /ocr": "read a document",
            "POST /jobs": "read a document in the background",
            "GET /health": "whether the job can be done",
            "GET /livez": "whether the process answers",
            "GET /metrics": "counters for Prometheus",
        },
        links={"ui": "ui", "docs": "docs", "redoc": "redoc", "openapi": "openapi.json"},
    )


@router.get("/livez", summary="Liveness")
async def livez() -> Alive:
    """200 as long as the process answers; it says nothing of Triton."""
    return Alive()


@router.get("/health", summary="Readiness", responses={503: {"model": Health}})
async def health(services: Parts, response: Response) -> Health:
    """The state of Triton, of each model by a canary inference, and of S3; 503 when nothing can be read."""
    state = await services.health.health()
    if not state.able:
        response.status_code = 503
    return state


@router.get("/metrics", summary="Metrics", response_class=Response)
async def metrics(services: Parts) -> Response:
    """Prometheus' text format."""
    return Response(services.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

"""GET /docs and /redoc: pages and scripts all from this package, so that they work where there is no internet."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

_STATIC = Path(__file__).parent.parent / "static"
router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def swagger() -> FileResponse:
    """The API, to try out."""
    return _page("docs.html")


@router.get("/redoc")
async def redoc() -> FileResponse:
    """The API, to read."""
    return _page("redoc.html")


def mount(app: FastAPI) -> None:
    """Serve the pages and what they load."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")


def _page(name: str) -> FileResponse:
    return FileResponse(_STATIC / name)

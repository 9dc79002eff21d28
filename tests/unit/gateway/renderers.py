"""Processes that draw pages, as tests start them, find them, and have others in their place."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from gateway.pages.pool import RendererPool


@asynccontextmanager
async def running_pool(**settings: Any) -> AsyncIterator[RendererPool]:
    """A pool of one process, or as `settings` say."""
    chosen: dict[str, Any] = {
        "workers": 1,
        "renderers": ("pdfium",),
        "seconds": 20,
        "memory_bytes": 2 << 30,
        "max_pixels": 50_000_000,
        **settings,
    }
    pool = RendererPool(**chosen)
    try:
        yield pool
    finally:
        await pool.close()


def workers() -> list[psutil.Process]:
    """Those that this process has started, and that live."""
    return [process for process in psutil.Process().children() if _draws(process)]


def _draws(process: psutil.Process) -> bool:
    try:
        return "gateway.pages.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


def stand_in(folder: Path, program: str) -> str:
    """A program that rendering processes run instead of Python; its arguments are the descriptor and the memory."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nimport sys\nsys.argv = sys.argv[2:]\n{program}")
    path.chmod(0o755)
    return str(path)

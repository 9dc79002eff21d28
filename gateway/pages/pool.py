"""The rendering processes: a few, long-lived, and shared by all documents.

    document = await pool.open(path, deadline)
    image = await pool.page(document, 0, dpi=200, deadline=deadline)

A process is taken for one page and given back, so a long document does not keep it from others; one that has the
document open already is preferred. A process that dies or hangs is replaced. What it worked at is asked of a fresh one
where it died, once: it may have been killed for want of memory, or by what it had read before. Only then, and where it
hangs, it costs its page, and that alone.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from gateway.deadline import Deadline
from gateway.errors import BadPdf, GatewayError, RenderFailed
from gateway.pages.kinds import HEADER_BYTES, Kind, sniff
from gateway.pages.process import RendererCrashed, RendererProcess, RendererTimedOut
from gateway.pages.raster import PageImage
from gateway.pages.worker import Command

T = TypeVar("T")
Renderer = Literal["pdfium", "poppler"]
Ended = Callable[[Literal["crashed", "timed_out", "recycled"]], None]

NOT_OFFLINE = "this system does not let rendering processes give up the network: a hostile file may reach it"
NOT_APART = (
    "this system has no Landlock: a hostile file may change files, and look into processes of the same user other than "
    "the gateway and its supervisor"
)
_LOG = logging.getLogger(__name__)
_RECYCLED_AFTER = 1000
"""Commands that a process serves before it is replaced: what a decoder leaks stays bounded."""


def _nobody(_: str) -> None:
    """Hear of nothing."""


@dataclass(frozen=True)
class SourceDocument:
    """A document that can be drawn: `path` on disk, `page_count` pages, and the renderer that opens it."""

    path: Path
    kind: Kind
    page_count: int
    renderers: tuple[Renderer, ...]


class RendererPool:
    """Draws pages of documents in `workers` processes, which start when they are first needed.

    `renderers` are tried in order, the next one where the last failed. `seconds` is allowed for each page. `ended`
    hears of each process that is replaced, and why: it crashed, timed_out, or was recycled.
    """

    def __init__(
        self,
        *,
        workers: int,
        renderers: tuple[Renderer, ...],
        seconds: float,
        memory_bytes: int,
        max_pixels: int,
        ended: Ended = _nobody,
    ) -> None:
        self._ended = ended
        self._renderers = renderers
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._max_pixels = max_pixels
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="renderer")
        self._lock = threading.Lock()
        self._idle: list[RendererProcess] = []
        self._busy: set[RendererProcess] = set()
        self._closed = False
        self._told: set[str] = set()

    @property
    def size(self) -> int:
        """Processes that there are now."""
        with self._lock:
            return len(self._idle) + len(self._busy)

    async def open(self, path: Path, deadline: Deadline) -> SourceDocument:
        """Tell what `path` holds and how many pages it has.

        Raises EmptyFile, UnsupportedFile, BadImage, BadPdf, EncryptedPdf, PageTooLarge, RenderFailed, DeadlineExceeded.
        """
        kind = await asyncio.to_thread(lambda: sniff(_header(path)))
        renderers = self._renderers if kind == "pdf" else self._renderers[:1]
        failure: GatewayError | None = None
        for place, renderer in enumerate(renderers):
            command = self._command(path, kind, renderer, None, 0)
            try:
                pages = await self._run(RendererProcess.page_count, command, deadline)
            except (BadPdf, RenderFailed) as error:
                failure = failure or error
            else:
                # A renderer that could not open the file is not asked for its pages either.
                return SourceDocument(path, kind, pages, renderers[place:])
        raise failure or BadPdf("the PDF can't be opened", param="file")

    async def page(self, document: SourceDocument, index: int, dpi: int, deadline: Deadline) -> PageImage:
        """Draw the page at `index`, counted from 0.

        Raises BadImage, PageTooLarge, RenderFailed, DeadlineExceeded.
        """
        failure: RenderFailed | None = None
        for renderer in document.renderers:
            command = self._command(document.path, document.kind, renderer, index, dpi)
            try:
                return await self._run(RendererProcess.page, command, deadline)
            except RenderFailed as error:
                failure = failure or error
        raise failure or RenderFailed("the page can't be drawn")

    async def close(self) -> None:
        """End every process; who still waits for one gets RenderFailed."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            busy = list(self._busy)
        for process in busy:
            process.kill()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for process in idle:
            process.close()

    def _command(self, path: Path, kind: Kind, renderer: Renderer, index: int | None, dpi: int) -> Command:
        return {
            "path": str(path),
            "kind": kind,
            "renderer": renderer,
            "index": index,
            "dpi": dpi,
            "max_pixels": self._max_pixels,
            "seconds": self._seconds,
        }

    async def _run(self, use: Callable[[RendererProcess, Command], T], command: Command, deadline: Deadline) -> T:
        """Run `use` with a process, in a thread; while it waits for one, cancelling it leaves nothing behind."""
        future = self._threads.submit(self._use, use, command, deadline)
        return await deadline.wait(asyncio.wrap_future(future))

    def _use(self, use: Callable[[RendererProcess, Command], T], command: Command, deadline: Deadline) -> T:
        try:
            return self._use_one(self._take(command["path"]), use, command)
        except RendererCrashed:
            if not deadline.remaining():
                raise
        return self._use_one(self._take(command["path"], fresh=True), use, command)

    def _use_one(self, process: RendererProcess, use: Callable[[RendererProcess, Command], T], command: Command) -> T:
        try:
            process.start()
            self._note(process)
            result = use(process, command)
        except (RendererCrashed, RendererTimedOut) as error:
            self._ended("timed_out" if isinstance(error, RendererTimedOut) else "crashed")
            self._drop(process)
            raise
        except GatewayError:
            self._give_back(process)
            raise
        except BaseException:
            self._drop(process)
            raise
        self._give_back(process)
        return result

    def _note(self, process: RendererProcess) -> None:
        lacking = {text for has, text in ((process.offline, NOT_OFFLINE), (process.apart, NOT_APART)) if not has}
        with self._lock:
            news = lacking - self._told
            self._told |= news
        for text in news:
            _LOG.warning(text)

    def _take(self, path: str, *, fresh: bool = False) -> RendererProcess:
        with self._lock:
            if self._closed:
                raise RenderFailed("the gateway is stopping")
            for dead in [process for process in self._idle if not process.alive]:
                self._idle.remove(dead)
                dead.close()
                self._ended("crashed")
            place = next((i for i, process in enumerate(self._idle) if process.last_path == path), 0)
            process = self._idle.pop(place) if self._idle else None
            if process is not None and fresh:
                # There are as many as there may be.
                process.close()
                process = None
            process = process or RendererProcess(self._memory_bytes)
            self._busy.add(process)
        return process

    def _give_back(self, process: RendererProcess) -> None:
        if process.served >= _RECYCLED_AFTER:
            self._ended("recycled")
            self._drop(process)
            return
        with self._lock:
            if not self._closed:
                self._busy.discard(process)
                self._idle.append(process)
                return
        self._drop(process)

    def _drop(self, process: RendererProcess) -> None:
        process.close()
        with self._lock:
            self._busy.discard(process)


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)

"""The rendering processes: a few, long-lived, and shared by all documents.

    document = await pool.open(path, deadline)
    image = await pool.page(document, 0, dpi=200, deadline=deadline)

A process is taken for one page and given back, so a long document does not keep it from others; one that has the
document open already is preferred. A process that dies or hangs is replaced, and so is one that goes on with a page
that nobody waits for. What it worked at is asked of a fresh one where it died, once: it may have been killed for want
of memory, or by what it had read before. Only then, and where it hangs, it costs its page, and that alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from gateway.deadline import Deadline
from gateway.errors import BadPdf, GatewayError, RenderFailed
from gateway.pages.draw import Draw
from gateway.pages.kinds import HEADER_BYTES, Kind, sniff
from gateway.pages.process import RendererCrashed, RendererProcess, RendererTimedOut, timed_out
from gateway.pages.processes import Ended, Processes, nobody, stopping
from gateway.pages.raster import PageImage
from gateway.pages.worker import Command
from gateway.turns import Turns

T = TypeVar("T")
Renderer = Literal["pdfium", "poppler"]

_GRACE_SECONDS = 1.0
"""What a page that nobody waits for any more may still take."""
_LEAST_PART = 0.25
"""Of the seconds of a page: what whoever tries it last has at least, however long the others took."""
_LATE_AT_MOST = 2
"""Pages of a document that may take too long before it is given up."""


@dataclass(frozen=True)
class SourceDocument:
    """A document that can be drawn: `path` on disk, `page_count` pages, and the renderers that open it.

    `late` are its pages that took too long.
    """

    path: Path
    kind: Kind
    page_count: int
    renderers: tuple[Renderer, ...]
    late: list[int] = field(default_factory=list)


class RendererPool:
    """Draws pages of documents in `workers` processes, which start when they are first needed.

    Clients take turns. One has `workers` at most; there is one more for the others, who so never wait for pages of his
    that don't end. `renderers` are tried in order, the next one where the last failed. `seconds` is allowed for each
    page. `reencode`: no image is handed on as it came. `ended` hears of each process that is replaced, and why.
    """

    def __init__(
        self,
        *,
        workers: int,
        renderers: tuple[Renderer, ...],
        seconds: float,
        memory_bytes: int,
        max_pixels: int,
        reencode: bool = False,
        ended: Ended = nobody,
    ) -> None:
        self._processes = Processes(memory_bytes, ended)
        self._renderers = renderers
        self._seconds = seconds
        self._max_pixels = max_pixels
        self._reencode = reencode
        self._threads = ThreadPoolExecutor(workers + 1, thread_name_prefix="renderer")
        self._turns = Turns(workers + 1, each=workers)
        self._left: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def size(self) -> int:
        """Processes that there are now."""
        return self._processes.size

    async def open(self, path: Path, deadline: Deadline, client: str = "") -> SourceDocument:
        """Tell what `path`, sent by `client`, holds and how many pages it has.

        Raises EmptyFile, UnsupportedFile, BadImage, BadPdf, EncryptedPdf, PageTooLarge, RenderFailed, DeadlineExceeded.
        """
        kind = await asyncio.to_thread(lambda: sniff(_header(path)))
        renderers = self._renderers if kind == "pdf" else self._renderers[:1]
        commands = [self._command(path, kind, renderer, None, 0) for renderer in renderers]

        def count(draw: Draw) -> tuple[int, int]:
            return self._first(draw, RendererProcess.page_count, commands, (BadPdf, RenderFailed), deadline)

        place, pages = await self._run(count, client, deadline)
        # A renderer that could not open the file is not asked for its pages either.
        return SourceDocument(path, kind, pages, renderers[place:])

    async def page(
        self, document: SourceDocument, index: int, dpi: int, deadline: Deadline, client: str = ""
    ) -> PageImage:
        """Draw the page at `index`, counted from 0, for `client`.

        Raises BadImage, PageTooLarge, RenderFailed, DeadlineExceeded.
        """
        commands = [
            self._command(document.path, document.kind, renderer, index, dpi) for renderer in document.renderers
        ]

        def draw_page(draw: Draw) -> PageImage:
            if len(document.late) >= _LATE_AT_MOST:
                raise RenderFailed(
                    f"{_LATE_AT_MOST} pages of the document took longer than RENDER_TIMEOUT allows: "
                    "the rest of it was not drawn"
                )
            try:
                return self._first(draw, RendererProcess.page, commands, (RenderFailed,), deadline)[1]
            except RendererTimedOut:
                document.late.append(index)
                raise

        return await self._run(draw_page, client, deadline)

    async def close(self) -> None:
        """End every process; who still waits for one gets RenderFailed."""
        self._closed = True
        self._turns.refuse(stopping())
        self._processes.stop()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._processes.close()

    def _command(self, path: Path, kind: Kind, renderer: Renderer, index: int | None, dpi: int) -> Command:
        return {
            "path": str(path),
            "kind": kind,
            "renderer": renderer,
            "index": index,
            "dpi": dpi,
            "max_pixels": self._max_pixels,
            "seconds": self._seconds,
            "reencode": self._reencode,
        }

    async def _run(self, work: Callable[[Draw], T], client: str, deadline: Deadline) -> T:
        """Run `work` in a thread, in the client's turn; left alone it soon ends, and keeps its turn until then."""
        draw = Draw()
        task = asyncio.create_task(self._in_turn(work, draw, client))
        try:
            return await deadline.wait(asyncio.shield(task))
        finally:
            if not task.done():
                self._leave(task, draw)

    async def _in_turn(self, work: Callable[[Draw], T], draw: Draw, client: str) -> T:
        async with self._turns.turn(client):
            if self._closed:
                raise stopping()
            draw.begun = True
            return await asyncio.wrap_future(self._threads.submit(work, draw))

    def _leave(self, task: asyncio.Task[T], draw: Draw) -> None:
        if not draw.begun:
            task.cancel()
            return
        self._left.add(task)
        task.add_done_callback(self._over)
        # Most pages are drawn in less, and a process costs more to start.
        asyncio.get_running_loop().call_later(_GRACE_SECONDS, draw.call_off)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            # Nobody wants to hear of it.
            task.exception()

    def _first(
        self,
        draw: Draw,
        use: Callable[[RendererProcess, Command], T],
        commands: list[Command],
        give_way: tuple[type[GatewayError], ...],
        deadline: Deadline,
    ) -> tuple[int, T]:
        """What the first of `commands` gives that does not end in one of `give_way`, and its place."""
        failure: GatewayError | None = None
        for place, command in enumerate(commands):
            try:
                return place, self._use(draw, use, command, deadline)
            except RendererTimedOut:
                # Of what all of them say, that can be helped.
                failure = timed_out(self._seconds)
            except give_way as error:
                failure = failure or error
            if draw.called_off:
                break
        raise failure or RenderFailed("there is nobody to draw it")

    def _use(self, draw: Draw, use: Callable[[RendererProcess, Command], T], command: Command, deadline: Deadline) -> T:
        try:
            return self._use_one(self._processes.take(command["path"]), draw, use, command)
        except RendererCrashed:
            if draw.called_off or not deadline.remaining():
                raise
        return self._use_one(self._processes.take(command["path"], fresh=True), draw, use, command)

    def _use_one(
        self, process: RendererProcess, draw: Draw, use: Callable[[RendererProcess, Command], T], command: Command
    ) -> T:
        try:
            with draw.using(process):
                process.start()
                self._processes.look_at(process)
                # One clock over all who try; whoever comes late has a chance still.
                left = max(self._seconds - draw.seconds, self._seconds * _LEAST_PART)
                with draw.counting():
                    result = use(process, {**command, "seconds": left})
        except BaseException as error:
            self._processes.take_back(process, error, cancelled=draw.killed)
            raise
        self._processes.take_back(process, None, cancelled=draw.killed)
        return result


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)

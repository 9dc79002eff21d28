"""Reads documents: their pages are drawn, sent to Triton as they come, and put together again in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from gateway.access.clients import sharer
from gateway.document import Document, Failure, Page, Progress, Task, Unheard, Warn
from gateway.errors import BadImage, EngineFailure, PageTooLarge, RenderFailed, ResultTooLarge
from gateway.metrics import Metrics
from gateway.pages.pool import RendererPool, SourceDocument
from gateway.restructuring import Restructurer
from gateway.retry import Retrier
from gateway.triton import PageResult
from gateway.tritons import Tritons
from gateway.turns import Turns

_OF_A_PAGE = (BadImage, RenderFailed, PageTooLarge, EngineFailure)
"""The errors that say something of one page; the others are of the request or of the server."""


_KEPT_PART = 16
"""One in so many places for pages is kept for others, however many documents one client sends."""


class DocumentReader:
    """Reads documents: at most `max_pages` of each, `per_document` pages in flight of one and `over_all` of all.

    What is kept of one has at most `max_bytes`.
    """

    def __init__(
        self,
        pool: RendererPool,
        tritons: Tritons,
        retrier: Retrier,
        restructurer: Restructurer,
        metrics: Metrics,
        *,
        max_pages: int,
        max_bytes: int,
        per_document: int,
        over_all: Callable[[], int],
    ) -> None:
        self._pool = pool
        self._tritons = tritons
        self._metrics = metrics
        self._retrier = retrier
        self._restructurer = restructurer
        self._max_pages = max_pages
        self._max_bytes = max_bytes
        self._per_document = per_document
        self._turns = Turns(over_all, each=lambda: over_all() - over_all() // _KEPT_PART)

    async def read(self, task: Task, progress: Progress | None = None) -> Document:
        """Read the chosen pages, telling `progress` of each.

        Raises the error of the first page that fails, with its number; then nothing further of the document is sent.
        With `on_error` "skip" errors of single pages are raised only when no page at all could be read. ResultTooLarge
        is raised as soon as the pages together are.
        """
        progress = progress or Unheard()
        source = await self._pool.open(task.path, task.deadline, sharer(task.client))
        indices = task.pages.select(source.page_count, self._max_pages)
        progress.opened(source.kind, source.page_count, indices)
        restructures = _restructures(task, len(indices))
        done = await self._read_pages(source, indices, _without_formatting(task) if restructures else task, progress)
        pages = [page for page in done if isinstance(page, Page)]
        failures = [failure for failure in done if isinstance(failure, Failure)]
        if not pages:
            raise failures[0].error
        # The models have answered with a page, so it is known who they are.
        document = Document(
            pages=pages,
            page_count=source.page_count,
            kind=source.kind,
            warnings=[warn for page in pages for warn in page.warnings],
            engine=self._tritons.identity.engine or "",
            model=self._tritons.identity.model or "",
            failures=failures,
        )
        return await self._restructurer.restructured(document, task) if restructures else document

    async def _read_pages(
        self, source: SourceDocument, indices: list[int], task: Task, progress: Progress
    ) -> list[Page | Failure]:
        slots = asyncio.Semaphore(self._per_document)
        size = 0

        async def one(index: int) -> Page | Failure:
            nonlocal size
            # Both are held while the page image exists, so no more of them exist than that.
            async with slots:
                # Who takes long to hear of pages holds up his own.
                await task.deadline.wait(progress.room(index))
                async with self._turns.turn(sharer(task.client)):
                    page = await self._read_or_skip(source, index, task)
            if isinstance(page, Failure):
                progress.read(page)
                return page
            kept = page.without_pictures() if task.forget_pictures else page
            size += kept.size
            if size > self._max_bytes:
                raise _too_large(self._max_bytes, task)
            progress.read(page)
            return kept

        tasks = [asyncio.create_task(one(index)) for index in indices]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for pending in tasks:
                pending.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _read_or_skip(self, source: SourceDocument, index: int, task: Task) -> Page | Failure:
        try:
            page = await self._read_page(source, index, task)
        except _OF_A_PAGE as error:
            named = error.on_page(task.pages.name_of(index)) if source.page_count > 1 else error
            if task.on_error == "skip":
                self._metrics.skipped.labels(error.code).inc()
                return Failure(index, named)
            raise named from None
        self._metrics.page_read(task.client)
        return page

    async def _read_page(self, source: SourceDocument, index: int, task: Task) -> Page:
        with self._metrics.stage("render", page=index + 1):
            image = await self._pool.page(source, index, task.dpi, task.deadline, sharer(task.client))
        data = image.data if image.data is not None else await asyncio.to_thread(source.path.read_bytes)
        with self._metrics.stage("infer", page=index + 1):
            result = await self._retrier.call(partial(self._ask, data, task), task.deadline, task.patience)
        warns = [Warn(index, "page_image", text) for text in image.warnings]
        warns += [Warn(index, str(item.get("type")), str(item.get("message"))) for item in result.warnings]
        return Page(
            index,
            result.result,
            result.markdown,
            result.images,
            result.tokens,
            tuple(warns),
            image=data if task.keep_images else None,
            width=image.width,
            height=image.height,
            drawings=result.drawings,
        )

    def _ask(self, data: bytes, task: Task) -> Awaitable[PageResult]:
        options = task.options.for_page()
        if task.visualize:
            options["visualize"] = True
        return self._tritons.read_page(data, options, task.deadline, task.request_id)


def _too_large(most: int, task: Task) -> ResultTooLarge:
    helps = "leave page_images out, " if task.keep_images else ""
    return ResultTooLarge(
        f"what is read of the document has more than {most} bytes with its pictures, and MAX_RESULT_BYTES is that: "
        f"{helps}choose fewer pages, or stream them from /ocr"
    )


def _restructures(task: Task, pages: int) -> bool:
    """Whether the reading of so many pages ends with work over page breaks; of one, only where that is asked for."""
    asked = task.options.restructurePages
    return pages > 1 if asked is None else asked


def _without_formatting(task: Task) -> Task:
    """The task of reading pages that are restructured afterwards: blocks are joined first, and formatted then."""
    return replace(task, options=task.options.model_copy(update={"formatBlockContent": None}))

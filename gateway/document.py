"""A document read: its pages drawn, sent to Triton as they come, and put together again in order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.deadline import Deadline
from gateway.errors import BadImage, EngineFailure, EngineOverloaded, PageTooLarge, RenderFailed, TooManyPages
from gateway.metrics import Metrics
from gateway.options import Options
from gateway.page_ranges import PageRanges
from gateway.pages.pool import RendererPool, SourceDocument
from gateway.triton import Models, PageResult

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Waits before a page that Triton had no room for is sent again; other gateways may share it."""

_OF_A_PAGE = (BadImage, RenderFailed, PageTooLarge, EngineFailure)
"""The errors that say something of one page; the others are of the request or of the server."""


@dataclass(frozen=True)
class Task:
    """One document to read: where it lies, which pages, how, and until when."""

    path: Path
    options: Options
    dpi: int
    deadline: Deadline
    request_id: str
    pages: PageRanges | None = None


@dataclass(frozen=True)
class Warn:
    """Something that the reader of the result should know; `page` is an index counted from 0, or None."""

    page: int | None
    type: str
    message: str


@dataclass(frozen=True)
class Page:
    """One page as it was read: `index` in the document, PaddleX's `prunedResult`, Markdown, and the pictures in it."""

    index: int
    result: dict[str, Any]
    markdown: str
    images: dict[str, bytes]


@dataclass(frozen=True)
class Document:
    """A whole reading."""

    pages: list[Page]
    page_count: int
    kind: str
    tokens: int
    warnings: list[Warn]
    engine: str
    model: str


class DocumentReader:
    """Reads documents: at most `max_pages` of each, `per_document` pages in flight of one and `over_all` of all."""

    def __init__(
        self, pool: RendererPool, models: Models, metrics: Metrics, *, max_pages: int, per_document: int, over_all: int
    ) -> None:
        self._pool = pool
        self._models = models
        self._metrics = metrics
        self._max_pages = max_pages
        self._per_document = per_document
        # Fair between documents: waiters are served in turn, and none has more than `per_document` of them.
        self._over_all = asyncio.Semaphore(over_all)

    async def read(self, task: Task) -> Document:
        """Read the chosen pages.

        Raises the error of the first page that fails, with its number; then nothing further of the document is sent.
        """
        source = await self._pool.open(task.path, task.deadline)
        indices = self._select(source, task)
        read = await self._read_pages(source, indices, task)
        pages = [
            Page(i, result.result, result.markdown, result.images) for i, (result, _) in zip(indices, read, strict=True)
        ]
        document = Document(
            pages=pages,
            page_count=source.page_count,
            kind=source.kind,
            tokens=sum(result.tokens for result, _ in read),
            warnings=[warn for _, warns in read for warn in warns],
            engine=read[0][0].engine,
            model=read[0][0].model,
        )
        if len(pages) < 2 or task.options.restructurePages is False:
            return document
        return await self._restructured(document, task)

    def _select(self, source: SourceDocument, task: Task) -> list[int]:
        indices = task.pages.select(source.page_count) if task.pages else list(range(source.page_count))
        if len(indices) > self._max_pages:
            raise TooManyPages(
                f"{len(indices)} pages are asked for, and MAX_PAGES is {self._max_pages}: choose fewer by pages",
                param="pages",
            )
        return indices

    async def _read_pages(
        self, source: SourceDocument, indices: list[int], task: Task
    ) -> list[tuple[PageResult, list[Warn]]]:
        slots = asyncio.Semaphore(self._per_document)

        async def one(index: int) -> tuple[PageResult, list[Warn]]:
            # Both slots are held while the page image exists, so no more of them exist than slots.
            async with slots, self._over_all:
                return await self._read_page(source, index, task)

        tasks = [asyncio.create_task(one(index)) for index in indices]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for pending in tasks:
                pending.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _read_page(self, source: SourceDocument, index: int, task: Task) -> tuple[PageResult, list[Warn]]:
        try:
            with self._metrics.stage("render"):
                image = await self._pool.page(source, index, task.dpi, task.deadline)
            data = image.data if image.data is not None else await asyncio.to_thread(source.path.read_bytes)
            with self._metrics.stage("infer"):
                result = await self._infer(data, task)
        except _OF_A_PAGE as error:
            if source.page_count > 1:
                raise error.on_page(index + 1) from None
            raise
        self._metrics.pages.inc()
        warns = [Warn(index, "page_image", text) for text in image.warnings]
        warns += [Warn(index, str(item.get("type")), str(item.get("message"))) for item in result.warnings]
        return result, warns

    async def _infer(self, data: bytes, task: Task) -> PageResult:
        waits = iter(_RETRY_SECONDS)
        while True:
            try:
                return await self._models.read_page(data, task.options.for_page(), task.deadline, task.request_id)
            except EngineOverloaded:
                wait = next(waits, None)
                if wait is None:
                    raise
                await task.deadline.wait(asyncio.sleep(wait))

    async def _restructured(self, document: Document, task: Task) -> Document:
        """`document` with what runs over its page breaks joined; as it was, with a warning, where that fails."""
        try:
            with self._metrics.stage("restructure"):
                pages = await self._restructure(document.pages, task)
        except EngineFailure as error:
            warn = Warn(
                None, "not_restructured", f"tables over page breaks and title levels are as read: {error.message}"
            )
            return replace(document, warnings=[*document.warnings, warn])
        return replace(document, pages=pages)

    async def _restructure(self, pages: list[Page], task: Task) -> list[Page]:
        merge = task.options.mergeTables is not False
        relevel = task.options.relevelTitles is not False
        runs = list(_runs(pages))
        if merge and len(runs) > 1:
            # Tables run on from one page to the next only; titles have their levels over all pages.
            joined = [
                page
                for run in runs
                for page in (await self._call(run, task, merge=True, relevel=False) if len(run) > 1 else run)
            ]
            return await self._call(joined, task, merge=False, relevel=relevel)
        return await self._call(pages, task, merge=merge, relevel=relevel)

    async def _call(self, pages: list[Page], task: Task, *, merge: bool, relevel: bool) -> list[Page]:
        options = {**task.options.for_markdown(), "mergeTables": merge, "relevelTitles": relevel}
        results = [page.result for page in pages]
        answers = await self._models.restructure(results, options, task.deadline, task.request_id)
        return [
            replace(page, result=answer.result, markdown=answer.markdown)
            for page, answer in zip(pages, answers, strict=True)
        ]


def _runs(pages: list[Page]) -> Iterator[list[Page]]:
    """`pages` cut where the document's pages do not follow each other."""
    for _, run in itertools.groupby(enumerate(pages), lambda item: item[1].index - item[0]):
        yield [page for _, page in run]

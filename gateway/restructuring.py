"""What runs over page breaks: tables joined and title levels set, by the `restructure` model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from gateway.deadline import Deadline
from gateway.document import Document, Page, Task, Warn
from gateway.errors import EngineFailure, InvalidRequest
from gateway.metrics import Metrics
from gateway.retry import Patience, Retrier
from gateway.triton import RestructuredPage
from gateway.tritons import Tritons


class Restructurer:
    """Works on the results of a document's pages, once all of them are read."""

    def __init__(self, tritons: Tritons, retrier: Retrier, metrics: Metrics) -> None:
        self._tritons = tritons
        self._retrier = retrier
        self._metrics = metrics

    async def restructured(self, document: Document, task: Task) -> Document:
        """`document` with what runs over its page breaks joined; as it was, with a warning, where that fails.

        Raises EngineOverloaded, EngineRestarting, DeadlineExceeded.
        """
        try:
            with self._metrics.stage("restructure"):
                pages = await self._restructure(document.pages, task)
        except (EngineFailure, InvalidRequest) as error:
            # Refused pages were read from a stranger's document: what he wrote into a table must not cost him the rest.
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
            return await self._last_call(joined, task, merge=False, relevel=relevel)
        return await self._last_call(pages, task, merge=merge, relevel=relevel)

    async def _last_call(self, pages: list[Page], task: Task, *, merge: bool, relevel: bool) -> list[Page]:
        if task.options.formatBlockContent:
            pages = [replace(page, result=_to_be_formatted(page.result)) for page in pages]
        return await self._call(pages, task, merge=merge, relevel=relevel)

    async def _call(self, pages: list[Page], task: Task, *, merge: bool, relevel: bool) -> list[Page]:
        options = {**task.options.for_markdown(), "mergeTables": merge, "relevelTitles": relevel}
        results = [page.result for page in pages]
        answers = await self.join(results, options, task.deadline, task.request_id, task.patience)
        return [
            replace(page, result=answer.result, markdown=answer.markdown)
            for page, answer in zip(pages, answers, strict=True)
        ]

    async def join(
        self,
        results: list[dict[str, Any]],
        options: dict[str, Any],
        deadline: Deadline,
        request_id: str,
        patience: Patience | None = None,
    ) -> list[RestructuredPage]:
        """The model's answer to the `prunedResult`s of a document's pages.

        Raises InvalidRequest, EngineOverloaded, EngineRestarting, EngineFailure, DeadlineExceeded.
        """
        return await self._retrier.call(
            partial(self._tritons.restructure, results, options, deadline, request_id), deadline, patience
        )


def _to_be_formatted(result: dict[str, Any]) -> dict[str, Any]:
    """A result whose blocks are formatted when it is next written down; so far they are as they were read."""
    return {**result, "model_settings": {**result["model_settings"], "format_block_content": True}}


def _runs(pages: list[Page]) -> Iterator[list[Page]]:
    """`pages` cut where the document's pages do not follow each other."""
    for _, run in itertools.groupby(enumerate(pages), lambda item: item[1].index - item[0]):
        yield [page for _, page in run]

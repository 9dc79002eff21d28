"""A reading told page by page, in the order of the document."""

from __future__ import annotations

import asyncio

from gateway.answer import UniqueImages, error_answer, page_answer, warning_answer
from gateway.document import Failure, Page
from gateway.event_stream import Emit
from gateway.schemas import OcrAnswer

_MOST_HELD = 16 * 1024 * 1024
"""Bytes of pages that are done before one in front of them is."""


class PageEvents:
    """Emits `opened`, then `page` or `page_error` for each page as soon as all before it are told."""

    def __init__(self, answer_id: str, emit: Emit) -> None:
        self._id = answer_id
        self._emit = emit
        self._images = UniqueImages()
        self._expected: list[int] = []
        self._done: dict[int, Page | Failure] = {}
        self._held = 0
        self._told = asyncio.Event()

    def opened(self, kind: str, page_count: int, indices: list[int]) -> None:
        """Tell what will be read."""
        self._expected = indices[::-1]
        self._emit("opened", {"id": self._id, "kind": kind, "page_count": page_count, "pages": indices})

    async def room(self, index: int) -> None:
        """Wait while much waits to be sent, or for a page before it; that page itself waits for none."""
        await self._emit.room()
        while self._held > _MOST_HELD and index != self._expected[-1]:
            self._told.clear()
            await self._told.wait()

    def read(self, page: Page | Failure) -> None:
        """Tell a page, and those after it that are done already."""
        self._done[page.page if isinstance(page, Failure) else page.index] = page
        self._held += _size(page)
        while self._expected and self._expected[-1] in self._done:
            next_page = self._done.pop(self._expected.pop())
            self._held -= _size(next_page)
            self._tell(next_page)
        self._told.set()

    def result(self, answer: OcrAnswer) -> None:
        """Tell the whole, without the pictures, which the pages had."""
        self._emit("result", answer.without_pictures().model_dump(mode="json"))

    def _tell(self, page: Page | Failure) -> None:
        if isinstance(page, Failure):
            self._emit("page_error", error_answer(page).model_dump(mode="json"))
            return
        warnings = [warning_answer(warn).model_dump(mode="json") for warn in page.warnings]
        answer = page_answer(self._images.page(page)).model_dump(mode="json")
        self._emit("page", {"page": answer, "warnings": warnings})


def _size(page: Page | Failure) -> int:
    return page.size if isinstance(page, Page) else 0

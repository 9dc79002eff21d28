"""The stream of a reading, JSON lines, made into events and the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from ocr_client.answers import error_event
from ocr_client.errors import BadAnswer, ConnectionLost
from ocr_client.events import Event, Opened, PageFailed, PageRead
from ocr_client.models import Page, PageError, Result, Warn


class Parser:
    """Takes the bytes of one answer as they come.

    Lines end with \\n alone: Unicode's other line ends, at which `str.splitlines` cuts, may stand within JSON.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._pages: dict[int, Page] = {}
        self._result: Result | None = None
        self.opened: Opened | None = None
        """What is being read; None until the server has told."""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that `chunk` completes. Raises the ApiError that ends the stream, BadAnswer."""
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            line = b"".join([*self._rest, end])
            self._rest = []
            if line.strip():
                yield from self._event(line)
        if rest:
            self._rest.append(rest)

    def result(self) -> Result:
        """The whole, with the pictures that the pages brought. Raises ConnectionLost where the stream lacks its end."""
        if self._result is None:
            raise ConnectionLost("the answer was cut short: it ended before the result")
        return self._result

    def _event(self, line: bytes) -> Iterator[Event]:
        try:
            told = json.loads(line)
            kind = told.pop("event")
            if kind == "error":
                raise error_event(told)
            if kind == "result":
                self._result = self._whole(told)
                return
            event = self._parsed(kind, told)
        except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
            raise BadAnswer(f"an event of the answer can't be read: {type(error).__name__}") from error
        if event is not None:
            yield event

    def _parsed(self, kind: str, told: dict[str, Any]) -> Event | None:
        if kind == "opened":
            self.opened = Opened(told["id"], told["kind"], told["page_count"], tuple(told["pages"]))
            return self.opened
        if kind == "page":
            page = Page.model_validate(told["page"])
            self._pages[page.index] = page
            return PageRead(page, tuple(Warn.model_validate(warn) for warn in told["warnings"]))
        if kind == "page_error":
            return PageFailed(PageError.model_validate(told))
        # A newer server may tell more.
        return None

    def _whole(self, told: dict[str, Any]) -> Result:
        result = Result.model_validate(told)
        return result.model_copy(update={"pages": tuple(map(self._with_pictures, result.pages))})

    def _with_pictures(self, page: Page) -> Page:
        read = self._pages.get(page.index)
        if read is None:
            return page
        return page.model_copy(update={"images": read.images, "image": read.image})

"""What a document is to the gateway: the task to read it, its pages, and the whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from gateway.deadline import Deadline
from gateway.errors import GatewayError
from gateway.options import Options
from gateway.page_ranges import EVERY_PAGE, PageRanges
from gateway.retry import Patience

OnError = Literal["fail", "skip"]
"""What becomes of a document when one of its pages can't be read."""


@dataclass(frozen=True)
class Task:
    """One document to read: where it lies, which pages, how, for whom, and until when.

    `patience` is how it waits for an engine that is away; None: as a request does.
    """

    path: Path
    options: Options
    dpi: int
    deadline: Deadline
    request_id: str
    client: str
    pages: PageRanges = EVERY_PAGE
    on_error: OnError = "fail"
    keep_images: bool = False
    visualize: bool = False
    patience: Patience | None = None
    forget_pictures: bool = False
    """Whether `progress` alone needs the pictures of a page: nothing is kept of them but their names."""


@dataclass(frozen=True)
class Warn:
    """Something that the reader of the result should know; `page` is an index counted from 0, or None."""

    page: int | None
    type: str
    message: str


@dataclass(frozen=True)
class Page:
    """One page as it was read: `index` in the document, PaddleX's `prunedResult`, Markdown, and the pictures in it.

    `image` is the page's own, encoded as the engine got it, where the task keeps it; `width` and `height` are its own.
    `drawings` are JPEGs of the page and of what was found on it, by PaddleX's names, where the task has them drawn.
    """

    index: int
    result: dict[str, Any]
    markdown: str
    images: dict[str, bytes]
    tokens: int = 0
    warnings: tuple[Warn, ...] = ()
    image: bytes | None = None
    width: int = 0
    height: int = 0
    drawings: dict[str, bytes] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that it takes, about: pictures, and the text, which stands in the Markdown and in the blocks."""
        pictures = (*self.images.values(), *self.drawings.values(), self.image or b"")
        return sum(map(len, pictures)) + 2 * len(self.markdown)

    def without_pictures(self) -> Page:
        """The same, its pictures forgotten but for their names."""
        return replace(self, images=dict.fromkeys(self.images, b""), image=None, drawings={})


@dataclass(frozen=True)
class Failure:
    """A page that could not be read, and why."""

    page: int
    error: GatewayError


@dataclass(frozen=True)
class Document:
    """A whole reading: its pages in order; `failures` are those left out, where that was asked for."""

    pages: list[Page]
    page_count: int
    kind: str
    warnings: list[Warn]
    engine: str
    model: str
    failures: list[Failure] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens that the engine decoded."""
        return sum(page.tokens for page in self.pages)


class Progress(Protocol):
    """Hears how a reading goes on, on the event loop; pages come in the order in which they are done."""

    def opened(self, kind: str, page_count: int, indices: list[int]) -> None:
        """The document is open: of its pages those at `indices` are to be read."""

    async def room(self, index: int) -> None:
        """Wait until there is room for the page at `index`; asked in the order of the document, before it is read."""

    def read(self, page: Page | Failure) -> None:
        """A page is done."""


class Unheard:
    """Nobody listens."""

    def opened(self, kind: str, page_count: int, indices: list[int]) -> None:
        """Nothing."""

    async def room(self, index: int) -> None:
        """There always is."""

    def read(self, page: Page | Failure) -> None:
        """Nothing."""

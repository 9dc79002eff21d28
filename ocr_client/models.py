"""What the API answers. Fields that a newer server adds are kept."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


def _from_base64(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _to_base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


Picture = Annotated[bytes, BeforeValidator(_from_base64), PlainSerializer(_to_base64, when_used="json")]
"""Bytes that are Base64 in JSON."""


class Model(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Block(Model):
    """One block of a page: `bbox` is x1, y1, x2, y2 in pixels of the page image, tables are HTML, formulas LaTeX."""

    label: str
    bbox: tuple[float, float, float, float]
    content: str
    order: int | None = None
    score: float | None = None


class Page(Model):
    """One page: `index` counts from 0, `width` and `height` are pixels, `images` are JPEG by their names.

    `image` is the page itself as a data: URI, where `page_images` asked for it.
    """

    index: int
    width: int
    height: int
    markdown: str
    blocks: tuple[Block, ...]
    images: dict[str, Picture]
    image: str | None = None


class Usage(Model):
    """What the reading took."""

    pages: int
    tokens: int
    seconds: float


class S3Saved(Model):
    """What the server uploaded: addresses by file name, or why not."""

    files: dict[str, str] = {}
    error: str | None = None


class Saved(Model):
    """Where the server kept the result."""

    local: str | None = None
    s3: S3Saved | None = None


class Warn(Model):
    """Something that the reader of the result should know; `page` counts from 0, None: the whole document."""

    page: int | None
    type: str
    message: str


class PageError(Model):
    """A page that was left out, as `on_error="skip"` asked; `page` counts from 0."""

    page: int
    type: str
    code: str
    message: str


class Result(Model):
    """A document that was read."""

    id: str
    engine: str
    model: str
    markdown: str
    pages: tuple[Page, ...]
    usage: Usage
    saved: Saved
    warnings: tuple[Warn, ...]
    errors: tuple[PageError, ...]

    @property
    def images(self) -> dict[str, bytes]:
        """The pictures of all pages, JPEG, by the names that the Markdown has for them."""
        return {name: data for page in self.pages for name, data in page.images.items()}

    def to_json(self) -> str:
        """The result as the API answers it."""
        return self.model_dump_json()


class Progress(Model):
    """Pages of a job: to read (None until the document is open), read, and left out."""

    total: int | None
    done: int
    failed: int


class JobError(Model):
    """Why a job failed."""

    type: str
    code: str
    message: str


class Job(Model):
    """A document that is read in the background; `expires_at` is when it is forgotten, known once it has ended."""

    id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: Progress
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    expires_at: datetime | None = None
    error: JobError | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("done", "failed", "cancelled")


class Jobs(Model):
    """Jobs, the newest first."""

    jobs: tuple[Job, ...]


class Check(Model):
    """The state of one part of the server."""

    status: str
    seconds: float
    message: str | None = None


class Health(Model):
    """The state of the server: `ok`, `degraded` when results can't be uploaded; else it can't read."""

    status: Literal["ok", "degraded", "draining", "blocked", "failed"]
    triton: Check
    models: dict[str, Check]
    s3: Check | None = None
    engine: str | None = None
    model: str | None = None

    @property
    def able(self) -> bool:
        """Whether the server can read documents."""
        return self.status in ("ok", "degraded")


class About(Model):
    """Who answers; `engine` and `model` are None until something was read."""

    name: str
    version: str
    engine: str | None = None
    model: str | None = None

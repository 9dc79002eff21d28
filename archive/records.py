"""What is remembered of the work: units, pages, failures, and the checkpoint of a unit that has been tried."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from archive.documents import Document


@dataclass(frozen=True)
class Unit:
    """Pages of a document that one request asks for: `first` to `last`, from 1; `last` of None: the whole document."""

    shard: int
    document: Document
    first: int = 1
    last: int | None = None

    @property
    def id(self) -> str:
        """The same in every run, for the same pages of the same version."""
        told = f"{self.document.version}\n{self.first}-{self.last}".encode("utf-8", "backslashreplace")
        return hashlib.sha256(self.document.digest + told).hexdigest()[:32]

    @property
    def pages(self) -> list[int] | list[None]:
        """The pages by their numbers; one None for a document whose pages nobody has counted."""
        return [None] if self.last is None else list(range(self.first, self.last + 1))

    def to_json(self) -> str:
        """As Ray carries it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Unit:
        """What `to_json` gave."""
        told = json.loads(text)
        return cls(**{**told, "document": Document(**told["document"])})


@dataclass(frozen=True)
class Page:
    """A row of the pages: `page` counts from 1, `blocks` is JSON, `images` are keys of the output.

    `seconds` is the page's share of the request's time.
    """

    document: str
    version: str
    page: int
    markdown: str
    blocks: str
    width: int
    height: int
    images: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float
    server: str
    engine: str
    model: str
    read_at: str


@dataclass(frozen=True)
class Failure:
    """Why a page could not be read; `page` of None: nothing of the document could, and nobody has counted its pages."""

    document: str
    version: str
    page: int | None
    code: str
    message: str
    server: str | None
    failed_at: str


@dataclass(frozen=True)
class Record:
    """What became of a unit, in the run `run`; `sent` counts the requests that a server may have worked on."""

    pages: tuple[Page, ...] = ()
    failures: tuple[Failure, ...] = ()
    sent: int = 0
    seconds: float = 0.0
    server: str | None = None
    unit: str = ""
    run: str = ""

    def to_json(self) -> bytes:
        """As a checkpoint has it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Record:
        """What `to_json` gave."""
        told = json.loads(data)
        pages = tuple(
            Page(**{**page, "images": tuple(page["images"]), "warnings": tuple(page["warnings"])})
            for page in told["pages"]
        )
        failures = tuple(Failure(**failure) for failure in told["failures"])
        return cls(**{**told, "pages": pages, "failures": failures})

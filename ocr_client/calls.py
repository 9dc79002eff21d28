"""Requests of the API, made without sending them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, Union

from typing_extensions import TypedDict

EVENTS = "application/x-ndjson"
"""The media type of answers that come page by page."""

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO]
"""A document: a path, an http or https address that the server fetches, its bytes, or a file opened for reading."""


class ReadFields(TypedDict, total=False):
    """How to read; what is left out is decided by the server. The same as the fields of POST /ocr."""

    pages: str | None
    """Which pages, counted from 1: "1-3,7", "5-"."""
    dpi: int | None
    """Resolution at which PDF pages are drawn."""
    options: Mapping[str, Any] | None
    """Options of the engine: {"layoutThreshold": 0.4}."""
    on_error: Literal["fail", "skip"] | None
    """Whether a page that can't be read fails the whole, or is left out and told in `errors`."""
    page_images: bool | None
    """Whether the image of each page is given too."""
    save: bool | None
    """Keep the result on the server."""
    s3: bool | Literal["presigned"] | None
    """Upload the result to the server's S3 storage."""
    timeout: float | None
    """Seconds that this request may take, in place of the client's own."""


@dataclass(frozen=True)
class Call:
    """One request: `fields` go as JSON, or beside `document` as multipart.

    `seconds` may pass before the server answers; `repeatable`: that it is done twice harms nothing.
    """

    method: str
    path: str
    accept: str = "application/json"
    fields: Mapping[str, Any] = field(default_factory=dict)
    document: Path | bytes | None = None
    seconds: float = 60.0
    repeatable: bool = True

    @contextmanager
    def arguments(self) -> Iterator[dict[str, Any]]:
        """What httpx2's `build_request` takes; the document is open meanwhile. Raises OSError."""
        arguments: dict[str, Any] = {"method": self.method, "url": self.path, "headers": {"Accept": self.accept}}
        if self.document is None:
            yield {**arguments, "json": dict(self.fields)} if self.fields else arguments
            return
        arguments["data"] = {name: _as_text(value) for name, value in self.fields.items()}
        # The file's own name is nobody's business, and may not fit into a header.
        if isinstance(self.document, bytes):
            yield {**arguments, "files": {"file": ("document", self.document)}}
            return
        with self.document.open("rb") as file:
            yield {**arguments, "files": {"file": ("document", file)}}


def read_call(source: Source, fields: ReadFields, timeout: float) -> Call:
    """POST /ocr, answered page by page."""
    seconds = float(fields.get("timeout") or timeout)
    values, document = sent_fields(source, fields)
    return Call(
        "POST",
        "ocr",
        accept=EVENTS,
        fields={**values, "timeout": seconds},
        document=document,
        seconds=seconds,
        repeatable=not (fields.get("save") or fields.get("s3")),
    )


def sent_fields(source: Source, fields: ReadFields) -> tuple[dict[str, Any], Path | bytes | None]:
    """What is sent beside the document, its address among it where it has one; and the document, if not."""
    values = {name: value for name, value in fields.items() if value is not None}
    document = _document(source)
    if isinstance(document, str):
        return {**values, "url": document}, None
    return values, document


def _document(source: Source) -> Path | bytes | str:
    """A path, bytes, or an address."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str):
        return source if source.lower().startswith(("http://", "https://")) else Path(source)
    if isinstance(source, os.PathLike):
        return Path(source)
    return source.read()


def _as_text(value: object) -> str:
    """A field as a part of multipart has it."""
    return value if isinstance(value, str) else json.dumps(value)

"""The body of a request: JSON with Base64 or a URL, or multipart with a file, made into fields and one file on disk.

What the fields are is the route's own matter: its `Form` says.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, TypeVar, cast

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from gateway.deadline import Deadline
from gateway.errors import (
    BodyTooLarge,
    ClientDisconnected,
    InvalidField,
    MalformedBody,
    UnsupportedBody,
)
from gateway.sources.data_uri import decode, too_large
from gateway.sources.form import F, Form, Parsed
from gateway.sources.json_text import FIELDS_BYTES, PAGES_VALUES, check_fields, parse_json
from gateway.sources.pace import Paced
from gateway.sources.url import Fetcher

T = TypeVar("T")

_TAIL_BYTES = 1024
_IN_MEMORY_BYTES = 1024 * 1024
"""Smaller bodies never touch the disk before they are parsed."""
_PARSED_AT_ONCE = 2
"""Parsing takes a core, and about three times the memory of the body."""
_HELD_AT_ONCE = 2
"""Documents of JSON stay in memory while they are worked on; the model that does so takes one at a time."""


class BodyReader:
    """Reads requests whose document has at most `max_bytes`, and which wait for a client at most `seconds`."""

    def __init__(self, fetcher: Fetcher, max_bytes: int, seconds: float) -> None:
        self._fetcher = fetcher
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._parsing = asyncio.Semaphore(_PARSED_AT_ONCE)
        self._holding = asyncio.Semaphore(_HELD_AT_ONCE)

    async def read(self, request: Request, form: Form[F], target: Path, deadline: Deadline) -> tuple[F, Deadline]:
        """Write the document to `target`, and give the other fields and the deadline that the request asks for.

        Raises an InvalidRequest of the right kind, BodyTooLarge, BodyTooSlow, DeadlineExceeded, ClientDisconnected.
        """
        try:
            if form.multipart and _content_type(request) == "multipart/form-data":
                return await self._multipart(request, form, target, deadline)
            parsed, has_file = await self._json(request, partial(self._store, form, target), deadline)
        except ClientDisconnect:
            raise _gone() from None
        except UnsupportedBody as error:
            raise _unsupported(error, form) from None
        deadline = _deadline(parsed, deadline)
        if not has_file or parsed.url is not None:
            await self._fetch(parsed.url, target, deadline, has_file=has_file)
        return parsed.fields, deadline

    @asynccontextmanager
    async def reading_json(
        self, request: Request, parse: Callable[[dict[str, Any]], T], deadline: Deadline
    ) -> AsyncIterator[T]:
        """A body whose document is JSON itself, as `parse` makes it; few are held at once, each while its block lasts.

        Raises what `read` raises.
        """
        try:
            async with self._received(request, deadline) as spool:
                await deadline.wait(self._holding.acquire())
                try:
                    yield await self._parse(spool, parse, PAGES_VALUES)
                finally:
                    self._holding.release()
        except ClientDisconnect:
            raise _gone() from None

    async def _json(self, request: Request, parse: Callable[[dict[str, Any]], T], deadline: Deadline) -> T:
        async with self._received(request, deadline) as spool:
            return await self._parse(spool, parse, FIELDS_BYTES)

    @asynccontextmanager
    async def _received(self, request: Request, deadline: Deadline) -> AsyncIterator[IO[bytes]]:
        """A body of JSON: while it trickles in it lies on disk."""
        if _content_type(request) != "application/json":
            raise UnsupportedBody(
                f"send application/json; this is {_content_type(request) or 'without a Content-Type'}"
            )
        counted = self._counted(request, (self._max_bytes + 2) // 3 * 4 + self._max_bytes // 32 + FIELDS_BYTES)
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as spool:
            await deadline.wait(_receive(Request(request.scope, counted), UploadFile(cast(BinaryIO, spool))))
            yield spool

    async def _parse(self, spool: IO[bytes], parse: Callable[[dict[str, Any]], T], most_values: int) -> T:
        async with self._parsing:
            return await asyncio.to_thread(_parsed, spool, parse, most_values)

    async def _multipart(self, request: Request, form: Form[F], target: Path, deadline: Deadline) -> tuple[F, Deadline]:
        counted = self._counted(request, self._max_bytes + FIELDS_BYTES)
        _check_charset(request.headers["content-type"])
        try:
            parts = await deadline.wait(Request(request.scope, counted).form(max_files=1, max_fields=32))
        except HTTPException as error:
            raise MalformedBody(f"the multipart body can't be read: {error.detail}") from None
        try:
            if not _is_closed(request.headers["content-type"], counted.tail):
                raise MalformedBody("the multipart body is cut short: its closing boundary is missing")
            file, fields = _form_fields(parts, form.json_parts)
            parsed = form.parse(fields)
            deadline = _deadline(parsed, deadline)
            if file is not None and parsed.url is None:
                if (file.size or 0) > self._max_bytes:
                    raise too_large(self._max_bytes)
                await asyncio.to_thread(_copy, file.file, target)
            else:
                await self._fetch(parsed.url, target, deadline, has_file=file is not None)
        finally:
            await parts.close()
        return parsed.fields, deadline

    async def _fetch(self, url: str | None, target: Path, deadline: Deadline, *, has_file: bool) -> None:
        if url is None:
            raise InvalidField("send the document: as a file, or by its address", param="file")
        if has_file:
            raise InvalidField("url: the document is there already, as file: send one, not both", param="url")
        await self._fetcher.fetch(url, target, deadline)

    def _store(self, form: Form[F], target: Path, fields: dict[str, Any]) -> tuple[Parsed[F], bool]:
        """The fields of a JSON body, and whether there was a document in it, which then lies at `target`."""
        parsed = form.parse(fields)
        check_fields(fields, parsed.file or "")
        if parsed.file is not None:
            target.write_bytes(decode(parsed.file, self._max_bytes))
        return replace(parsed, file=None), parsed.file is not None

    def _counted(self, request: Request, limit: int) -> Counted:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise too_large(self._max_bytes)
        return Counted(Paced(request.receive, self._seconds), limit, too_large(self._max_bytes))


class Counted:
    """What a request receives: at most `limit` bytes, counted as they come, so that a chunked body is bounded too."""

    def __init__(self, receive: Receive, limit: int, over: BodyTooLarge) -> None:
        self._receive = receive
        self._left = limit
        self._over = over
        self.tail = b""
        """The last bytes, among which multipart's closing boundary must be."""

    async def __call__(self) -> Message:
        """The next message. Raises `over` past the limit."""
        message = await self._receive()
        chunk = message.get("body", b"")
        self._left -= len(chunk)
        if self._left < 0:
            raise self._over
        self.tail = (self.tail + chunk)[-_TAIL_BYTES:]
        return message


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _gone() -> ClientDisconnected:
    return ClientDisconnected("the client went away while it was sending")


def _unsupported(error: UnsupportedBody, form: Form[Any]) -> UnsupportedBody:
    if not form.multipart:
        return error
    return UnsupportedBody(error.message.replace(";", ", or multipart/form-data with the file attached;"))


def _parsed(spool: IO[bytes], parse: Callable[[dict[str, Any]], T], most_values: int) -> T:
    spool.seek(0)
    return parse(parse_json(spool.read(), most_values=most_values))


def _form_fields(form: FormData, json_parts: Collection[str]) -> tuple[UploadFile | None, dict[str, Any]]:
    file: UploadFile | None = None
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name in fields or (name == "file" and file is not None):
            raise InvalidField(f"{name[:100]} is there twice", param=name[:100])
        if isinstance(value, UploadFile):
            if name != "file":
                raise InvalidField(f"{name[:100]} is a file; only file may be one", param=name[:100])
            file = value
        elif name == "file":
            raise InvalidField("file is text: attach the file itself (curl -F file=@page.pdf)", param="file")
        else:
            fields[name] = value
    check_fields(fields, "")
    for name in json_parts:
        if name in fields:
            fields[name] = _json_part(name, fields[name])
    return file, fields


def _check_charset(content_type: str) -> None:
    """Raise MalformedBody for another encoding than UTF-8: Python has some that always fail."""
    charset = parse_options_header(content_type)[1].get(b"charset", b"utf-8").lower()
    if charset not in (b"utf-8", b"utf8", b"us-ascii"):
        raise MalformedBody("the multipart body says that it is not in UTF-8, which alone is read")


def _is_closed(content_type: str, tail: bytes) -> bool:
    """Whether a multipart body ends as it should; Starlette's parser drops the part that was cut without a word."""
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    return b"--" + boundary + b"--" in tail


def _json_part(name: str, text: str) -> dict[str, Any]:
    try:
        return parse_json(text.encode())
    except MalformedBody as error:
        raise InvalidField(f"{name}: {error.message.replace('the body', 'it')}", param=name) from None


def _deadline(parsed: Parsed[Any], deadline: Deadline) -> Deadline:
    return deadline if parsed.timeout is None else deadline.shortened(parsed.timeout)


async def _receive(request: Request, spool: UploadFile) -> None:
    async for chunk in request.stream():
        await spool.write(chunk)


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)

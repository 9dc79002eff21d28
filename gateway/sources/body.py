"""The body of a request: JSON with Base64 or a URL, or multipart with a file, made into fields and one file on disk."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO, cast

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
from gateway.schemas import OcrRequest
from gateway.sources.data_uri import decode, too_large
from gateway.sources.fields import parse_json, validate
from gateway.sources.url import Fetcher

_FIELDS_BYTES = 1024 * 1024
"""What a body may hold beside the document: the other fields, the frames of multipart."""
_TAIL_BYTES = 1024
_IN_MEMORY_BYTES = 1024 * 1024
"""Smaller bodies never touch the disk before they are parsed."""
_PARSED_AT_ONCE = 2
"""Parsing takes a core, and about three times the memory of the body."""


class BodyReader:
    """Reads requests whose document has at most `max_bytes`."""

    def __init__(self, fetcher: Fetcher, max_bytes: int) -> None:
        self._fetcher = fetcher
        self._max_bytes = max_bytes
        self._parsing = asyncio.Semaphore(_PARSED_AT_ONCE)

    async def read(self, request: Request, target: Path, deadline: Deadline) -> tuple[OcrRequest, Deadline]:
        """Write the document to `target`, and give the other fields and the deadline that the request asks for.

        Raises an InvalidRequest of the right kind, BodyTooLarge, DeadlineExceeded, ClientDisconnected.
        """
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            if content_type == "multipart/form-data":
                return await self._multipart(request, target, deadline)
            if content_type == "application/json":
                return await self._json(request, target, deadline)
        except ClientDisconnect:
            raise ClientDisconnected("the client went away while it was sending") from None
        raise UnsupportedBody(
            "send application/json with file (Base64) or url, or multipart/form-data with file or url; "
            f"this is {content_type or 'without a Content-Type'}"
        )

    async def _json(self, request: Request, target: Path, deadline: Deadline) -> tuple[OcrRequest, Deadline]:
        counted = self._counted(request, (self._max_bytes + 2) // 3 * 4 + self._max_bytes // 32 + _FIELDS_BYTES)
        # While a body trickles in it lies on disk; it is in memory only while it is parsed, and few are at once.
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as spool:
            await deadline.wait(_receive(Request(request.scope, counted), UploadFile(cast(BinaryIO, spool))))
            async with self._parsing:
                parsed, has_file = await asyncio.to_thread(self._parse, spool, target)
        deadline = _deadline(parsed, deadline)
        if not has_file or parsed.url is not None:
            await self._fetch(parsed.url, target, deadline, has_file=has_file)
        return parsed, deadline

    async def _multipart(self, request: Request, target: Path, deadline: Deadline) -> tuple[OcrRequest, Deadline]:
        counted = self._counted(request, self._max_bytes + _FIELDS_BYTES)
        try:
            form = await deadline.wait(Request(request.scope, counted).form(max_files=1, max_fields=32))
        except HTTPException as error:
            raise MalformedBody(f"the multipart body can't be read: {error.detail}") from None
        try:
            if not _is_closed(request.headers["content-type"], counted.tail):
                raise MalformedBody("the multipart body is cut short: its closing boundary is missing")
            file, fields = _form_fields(form)
            parsed = validate(fields)
            deadline = _deadline(parsed, deadline)
            if file is not None and parsed.url is None:
                if (file.size or 0) > self._max_bytes:
                    raise too_large(self._max_bytes)
                await asyncio.to_thread(_copy, file.file, target)
            else:
                await self._fetch(parsed.url, target, deadline, has_file=file is not None)
        finally:
            await form.close()
        return parsed, deadline

    async def _fetch(self, url: str | None, target: Path, deadline: Deadline, *, has_file: bool) -> None:
        if url is None:
            raise InvalidField("send the document: as file, or as url", param="file")
        if has_file:
            raise InvalidField("send file or url, not both", param="url")
        await self._fetcher.fetch(url, target, deadline)

    def _parse(self, spool: IO[bytes], target: Path) -> tuple[OcrRequest, bool]:
        """The fields of a JSON body, and whether there was a document in it, which then lies at `target`."""
        spool.seek(0)
        parsed = validate(parse_json(spool.read()))
        if parsed.file is None:
            return parsed, False
        target.write_bytes(decode(parsed.file, self._max_bytes))
        return parsed.model_copy(update={"file": None}), True

    def _counted(self, request: Request, limit: int) -> Counted:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise too_large(self._max_bytes)
        return Counted(request.receive, limit, too_large(self._max_bytes))


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


def _form_fields(form: FormData) -> tuple[UploadFile | None, dict[str, Any]]:
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
    if "options" in fields:
        fields["options"] = _options(fields["options"])
    return file, fields


def _is_closed(content_type: str, tail: bytes) -> bool:
    """Whether a multipart body ends as it should; Starlette's parser drops the part that was cut without a word."""
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    return b"--" + boundary + b"--" in tail


def _options(text: str) -> dict[str, Any]:
    try:
        return parse_json(text.encode())
    except MalformedBody as error:
        raise InvalidField(f"options: {error.message.replace('the body', 'it')}", param="options") from None


def _deadline(parsed: OcrRequest, deadline: Deadline) -> Deadline:
    return deadline if parsed.timeout is None else deadline.shortened(parsed.timeout)


async def _receive(request: Request, spool: UploadFile) -> None:
    async for chunk in request.stream():
        await spool.write(chunk)


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file, 1024 * 1024)

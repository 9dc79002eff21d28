"""Answers that lie on disk, sent piece by piece: however slowly a client reads, none of it is in memory."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import anyio
from anyio import AsyncFile
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_PIECE = 256 * 1024


class FileAnswer(Response):
    """A file as it is, or its lines as `line` makes them. Open from the beginning: it may be removed meanwhile."""

    def __init__(
        self,
        file: AsyncFile[bytes],
        media_type: str,
        headers: Mapping[str, str] | None = None,
        line: Callable[[bytes], bytes] | None = None,
    ) -> None:
        super().__init__(media_type=media_type, headers=headers)
        self._file = file
        self._line = line
        if line is None:
            self.headers["content-length"] = str(os.fstat(file.wrapped.fileno()).st_size)
        else:
            del self.headers["content-length"]

    @classmethod
    async def of(
        cls,
        path: Path,
        media_type: str,
        headers: Mapping[str, str] | None = None,
        line: Callable[[bytes], bytes] | None = None,
    ) -> FileAnswer:
        """The answer of the file at `path`. Raises FileNotFoundError."""
        return cls(await anyio.open_file(path, "rb"), media_type, headers, line)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send it."""
        async with self._file:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for piece in self._pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._line is not None:
            async for line in self._file:
                yield self._line(line)
            return
        while piece := await self._file.read(_PIECE):
            yield piece

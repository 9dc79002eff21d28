"""What runs in a rendering process: one command at a time from the gateway, over a socket.

    python -m gateway.pages.worker FD MEMORY_BYTES

It begins with `{"offline", "apart"}`: whether the system lets it give up the network, and shut itself off from files
and from other processes. A command is a JSON object, see `Command`. So is the answer: `{"pages"}`, `{"width", "height",
"warnings", "as_is"}` or `{"error", "message", "param"}`; after a page that is not `as_is` follows one message of its
encoded bytes. Nothing is pickled: a process that a hostile file has taken over can send bytes, but no objects.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol, TypedDict

from gateway.errors import GatewayError, RenderFailed
from gateway.pages.confinement import forbid_network, give_up_privileges, limit_resources
from gateway.pages.images import ImageDocument
from gateway.pages.kinds import Kind
from gateway.pages.landlock import shut_off
from gateway.pages.pdfium import PdfiumDocument
from gateway.pages.poppler import PopplerDocument
from gateway.pages.raster import PageImage


class Command(TypedDict):
    """What the gateway asks for: the number of pages when `index` is None, else that page."""

    path: str
    kind: Kind
    renderer: str
    index: int | None
    dpi: int
    max_pixels: int
    seconds: float
    reencode: bool


class Document(Protocol):
    """An open document."""

    page_count: int

    def page(self, index: int, dpi: int, /) -> PageImage:
        """The page at `index`, counted from 0; `dpi` matters to PDFs."""
        ...

    def close(self) -> None:
        """Give the file back."""


class Worker:
    """Keeps the document of the last command open, so that a PDF is parsed once for many of its pages."""

    def __init__(self) -> None:
        self._key: tuple[str, str] | None = None
        self._document: Document | None = None

    def answer(self, command: Command) -> tuple[dict[str, Any], bytes | None]:
        """Carry out `command`; errors come back as an answer too."""
        _limit_cpu(command["seconds"])
        try:
            document = self._open(command)
            if command["index"] is None:
                return {"pages": document.page_count}, None
            page = document.page(command["index"], command["dpi"])
        except GatewayError as error:
            return {"error": error.code, "message": error.message, "param": error.param}, None
        except Exception as error:  # noqa: BLE001 - whatever a stranger's file provokes is a fault of that file
            failed = RenderFailed(f"the page can't be drawn ({type(error).__name__})")
            return {"error": failed.code, "message": failed.message, "param": None}, None
        head = {"width": page.width, "height": page.height, "warnings": page.warnings, "as_is": page.data is None}
        return head, page.data

    def _open(self, command: Command) -> Document:
        key = (command["path"], command["renderer"])
        if self._document is None or self._key != key:
            self._close()
            self._document = _open(command)
            self._key = key
        return self._document

    def _close(self) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None


def _open(command: Command) -> Document:
    path, max_pixels = Path(command["path"]), command["max_pixels"]
    if command["kind"] != "pdf":
        return ImageDocument(path, command["kind"], max_pixels, reencode=command["reencode"])
    if command["renderer"] == "poppler":
        return PopplerDocument(path, max_pixels)
    return PdfiumDocument(path, max_pixels)


def _limit_cpu(seconds: float) -> None:
    """End this process when one command uses more CPU than wall time allows, even if the gateway has gone away."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def confine(memory_bytes: int) -> dict[str, bool]:
    """Give up for good whatever drawing pages does not need; what the gateway is told of it."""
    limit_resources(memory_bytes)
    give_up_privileges()
    return {"apart": shut_off(), "offline": forbid_network()}


def main() -> None:
    """Serve the socket whose descriptor is the first argument, in as many bytes of memory as the second says."""
    connection = Connection(int(sys.argv[1]))
    connection.send_bytes(json.dumps(confine(int(sys.argv[2]))).encode())
    # From here on strangers' files speak, through libraries that complain of them.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    worker = Worker()
    while True:
        try:
            command: Command = json.loads(connection.recv_bytes())
        except EOFError:
            return
        head, data = worker.answer(command)
        connection.send_bytes(json.dumps(head).encode())
        if data is not None:
            connection.send_bytes(data)


if __name__ == "__main__":
    main()

"""What runs in the process that puts documents together: one at a time, over a socket.

    python -m engines.page.document_worker FD

It begins with an empty message once it has imported what it needs. A document is two messages, the JSON of its pages
and that of its options; so is the answer: an error of the engines on the wire, or nothing, and the JSON of the results.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from engines.errors import EngineError, EngineFailure, InvalidInput
from engines.page.document_options import DocumentOptions
from engines.page.offline import forbid_downloads

MOST_SECONDS = 120.0
"""What one document may take: the next ones wait for it. Two hundred pages of one table take as long."""
_MOST_MEMORY = 4 << 30
"""Bytes. PaddleX takes 100 a cell of a joined table, for pages and for what they become."""

Restructure = Callable[[list[dict[str, Any]], DocumentOptions], list[Any]]


def serve(connection: Connection, restructure: Restructure) -> None:
    """Answer documents until the other side hangs up."""
    memory = _allowed(resource.RLIMIT_DATA, _MOST_MEMORY)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    connection.send_bytes(b"")
    while True:
        try:
            pages, options = connection.recv_bytes(), connection.recv_bytes()
        except EOFError:
            return
        _limit_cpu()
        error, results = _answer(pages, options, restructure)
        connection.send_bytes(error.to_wire().encode() if error else b"")
        connection.send_bytes(results)


def _answer(pages: bytes, options: bytes, restructure: Restructure) -> tuple[EngineError | None, bytes]:
    try:
        restructured = restructure(_pages(pages), DocumentOptions.from_json(options))
        results = [{"prunedResult": page.result, "markdown": page.markdown} for page in restructured]
        return None, json.dumps(results, ensure_ascii=False).encode()
    except EngineError as error:
        return error, b""
    except MemoryError:
        return InvalidInput("PAGES takes too much memory to put together: send fewer pages, or mergeTables off"), b""
    except Exception as error:  # noqa: BLE001 - whatever it is, this document must be answered, and alone
        return EngineFailure(f"the pages can't be put together ({type(error).__name__})"), b""


def _pages(text: bytes) -> list[dict[str, Any]]:
    try:
        pages = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"PAGES is no JSON: {error}") from error
    if not isinstance(pages, list) or not all(isinstance(page, dict) for page in pages):
        raise InvalidInput("PAGES must be a JSON list of prunedResult objects")
    return pages


def _limit_cpu() -> None:
    """End this process when a document takes more CPU than it may, even if nobody is left to kill it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + MOST_SECONDS) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (_allowed(resource.RLIMIT_CPU, soft), hard))


def _allowed(kind: int, most: int) -> int:
    """The limit, or what the system allows where that is less."""
    hard = resource.getrlimit(kind)[1]
    return most if hard == resource.RLIM_INFINITY else min(most, hard)


def main() -> None:
    """Serve the socket whose descriptor is the only argument."""
    forbid_downloads()
    import sklearn.cluster  # noqa: F401 - PaddleX imports it at the first title

    from engines.page.document import restructure

    serve(Connection(int(sys.argv[1])), restructure)


if __name__ == "__main__":
    main()

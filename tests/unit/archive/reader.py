"""A reader of one scan, by two servers that are functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from archive.documents import Document
from archive.fleet import Fleet
from archive.layout import read_key
from archive.reading import Reader, Reading, Told
from archive.records import Record, Unit
from archive.stores import Store
from archive.supply import Supply
from ocr_client import Client, Retries

ONE, OTHER = "http://one.example", "http://other.example"
Handler = Callable[[httpx2.Request], Any]
ReadIt = Callable[..., Told]
BAD_GATEWAY = httpx2.Response(502, html="<h1>502 Bad Gateway</h1>")


def reader(root: Path, scan: Document) -> ReadIt:
    """Reads pages of `scan` into `root`, and does not wait where that can't be fetched."""

    def read(one: Handler, other: Handler, *, pages: tuple[int, int | None] = (1, 2), **more: Any) -> Told:
        reading = Reading(
            str(root), (ONE, OTHER), **{"each": 1, "fields": {}, "attempts": 3, "timeout": 60, "patience": 0.01, **more}
        )
        clients = {
            url: Client(url, retries=Retries(attempts=1), transport=httpx2.MockTransport(handler))
            for url, handler in ((ONE, one), (OTHER, other))
        }
        supply = Supply(reading.attempts, reading.patience, sleep=lambda _: None)
        return Reader(reading, Fleet(clients, 1, reading.patience), supply)(Unit(0, scan, *pages))

    return read


def record(output: Store, told: Told) -> Record:
    return Record.from_json(output.read(read_key(0, told.unit)))

"""Units that were under way when an engine went down."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from archive.fleet import Fleet
from archive.records import Unit
from archive.sending import Answered, Sender, Sending
from ocr_client import ApiError, Client, Result, Retries
from tests.unit.ocr_client.server import events, stream

from .made import document

URL = "http://one.example"
RESTARTING = {
    "event": "error",
    "error": {"type": "unavailable", "code": "engine_restarting", "message": "again", "param": None, "request_id": "r"},
}
OK = {"status": "ok", "triton": {"status": "ok", "seconds": 0.1}, "models": {}}


class Server:
    """Its engine goes down with the document `fatal`, and with it goes all that is under way beside.

    The first `rounds` times it waits for so many as are sent `at_once`.
    """

    def __init__(self, fatal: bytes, at_once: int, rounds: int) -> None:
        self.fatal = fatal
        self.together: list[set[bytes]] = []
        self._waiting = at_once * rounds
        self._all_there = threading.Barrier(at_once)
        self._under_way: list[bytes] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx2.Request) -> Any:
        if request.url.path == "/health":
            return httpx2.Response(200, json=OK)
        name = request.read().partition(b"document-")[2][:1]
        with self._lock:
            waits = len(self.together) < self._waiting
            self._under_way.append(name)
            self.together.append(set(self._under_way))
        if waits:
            self._all_there.wait(30)
        else:
            # Whoever else is sent comes meanwhile.
            time.sleep(0.3)
        with self._lock:
            broken = waits or self.fatal in self._under_way
            self._under_way.remove(name)
        return stream(events(0)[0], RESTARTING) if broken else stream(*events(0))


def test_a_document_that_breaks_engines_takes_no_other_with_it(tmp_path: Path) -> None:
    server = Server(b"0", at_once=4, rounds=2)
    client = Client(URL, retries=Retries(attempts=1), transport=httpx2.MockTransport(server))
    sender = Sender(Fleet({URL: client}, 4, 60), 3, {})

    def send(number: int) -> Answered:
        path = tmp_path / str(number)
        path.write_text(f"document-{number}")
        return sender.send(Sending(Unit(0, document(str(number)))), path)

    with ThreadPoolExecutor(4) as threads:
        answered = list(threads.map(send, range(4)))
    assert server.together[3] == server.together[7] == {b"0", b"1", b"2", b"3"}
    assert [len(names) for names in server.together[8:]] == [1] * 4
    fatal, *others = [one.outcome for one in answered]
    assert isinstance(fatal, ApiError)
    assert fatal.code == "engine_restarting"
    assert all(isinstance(one, Result) for one in others)

"""What a real gateway says while its engine is down, and what a reader makes of it."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image
from tritonclient.utils import InferenceServerException

from archive.documents import Source, listed
from archive.fleet import Fleet
from archive.layout import read_key
from archive.reading import Reader, Reading, Told
from archive.records import Record, Unit
from archive.stores import Store
from gateway.app import create_app
from gateway.settings import Settings
from ocr_client import Client, Retries
from tests.unit.gateway.documents import encoded
from tests.unit.gateway.fake_triton import FakeResult, FakeTriton
from tests.waiting import until

FATAL_WIDTH = 77
DOWN = InferenceServerException("Stub process 'ocr_0_0' is not healthy.", status="500")


class FragileTriton(FakeTriton):
    """Its engine dies of a page as wide as that, and is back for the next one."""

    async def _page(self, image: bytes, options: dict[str, Any]) -> FakeResult:
        if Image.open(io.BytesIO(image)).width == FATAL_WIDTH:
            self.pages.append(image)
            raise DOWN
        return await super()._page(image, options)


@pytest.fixture
def triton() -> FragileTriton:
    return FragileTriton()


@pytest.fixture
def url(triton: FragileTriton, tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        output_dir=tmp_path / "output", jobs=False, render_workers=1, retry_seconds=0, health_cache_seconds=0
    )
    server = uvicorn.Server(uvicorn.Config(create_app(settings, triton), log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def read(output: Store, root: Path, folder: Path, url: str, patience: float = 60) -> list[Told]:
    reading = Reading(str(root), (url,), each=1, fields={}, attempts=2, timeout=60, patience=patience)
    with Client(url, retries=Retries(attempts=1)) as client:
        reader = Reader(reading, Fleet({url: client}, 1, patience))
        return [reader(Unit(0, document)) for document in listed(Source(str(folder), "in"), "/elsewhere")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "fatal.png").write_bytes(encoded(Image.new("RGB", (FATAL_WIDTH, 40), "white")))
    (folder / "good.png").write_bytes(encoded(Image.new("RGB", (60, 40), "white")))
    return folder


def test_a_page_that_kills_the_engine_is_told_and_the_archive_goes_on(
    output: Store, root: Path, folder: Path, url: str, triton: FragileTriton
) -> None:
    fatal, good = read(output, root, folder, url)
    assert (fatal.failures, fatal.sent, fatal.stop) == (1, 2, None)
    kept = Record.from_json(output.read(read_key(0, fatal.unit)))
    assert [one.code for one in kept.failures] == ["engine_restarting"]
    assert (good.pages, good.stop) == (1, None)


def test_an_engine_that_stays_down_condemns_no_page(
    output: Store, root: Path, folder: Path, url: str, triton: FragileTriton
) -> None:
    triton.failures = dict.fromkeys(("ocr", "layout", "vlm"), DOWN)
    told = read(output, root, folder, url, patience=2)
    assert [one.stop for one in told] == ["no_server"] * 2
    assert not any((root / read_key(0, one.unit)).exists() for one in told)

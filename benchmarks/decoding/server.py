"""Pages a second through gateway and Triton against `paddlex --serve`, on the same made weights and pages."""

from __future__ import annotations

import base64
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import yaml

from benchmarks.made import kept_weights
from benchmarks.running import running_product
from engines.page.official import official_config
from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from scripts.made_weights.pages import png
from scripts.made_weights.standard_pages import STANDARD_PAGES
from supervisor.free_ports import settings_on_free_ports

START_SECONDS = 180
PAGES_A_CLIENT = 2

Ask = Callable[[bytes], str]
"""A page as PNG to its Markdown."""


def server_ratios(clients: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """For each number of clients: the pages a second of the official server, and of this one.

    Raises:
        AssertionError: a page's Markdown differs.
    """
    weights = kept_weights("tiny")
    pages = [png(page) for page in STANDARD_PAGES]
    environment = {"ENGINE": "paddle", "MODEL_DIR": str(weights), "VLM_COLOUR_ORDER": "bgr"}
    with _official_server(weights) as official:
        known = {page: official(page) for page in pages}
        rates = [_rate(official, pages, count, known) for count in clients]
    with running_product(**environment) as stack, httpx.Client(timeout=600) as client:

        def ours(page: bytes) -> str:
            answer = client.post(f"{stack.gateway_url}/ocr", files={"file": page}).raise_for_status()
            return str(answer.json()["pages"][0]["markdown"])

        for count, rate in zip(clients, rates, strict=True):
            yield count, rate, _rate(ours, pages, count, known)


def _rate(ask: Ask, pages: Sequence[bytes], clients: int, known: dict[bytes, str]) -> float:
    """Pages a second of so many clients that each send one page after the other."""
    wanted = list(itertools.islice(itertools.cycle(pages), max(len(pages), PAGES_A_CLIENT * clients)))
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(ask, pages[:clients]))  # warms up
        start = time.perf_counter()
        answers = list(threads.map(ask, wanted))
        seconds = time.perf_counter() - start
    for page, answer in zip(wanted, answers, strict=True):
        assert answer == known[page], f"the Markdown differs:\n{answer}\nofficial:\n{known[page]}"
    return len(wanted) / seconds


@contextmanager
def _official_server(weights: Path) -> Iterator[Ask]:
    """PaddleX's server on these weights, as its command starts it."""
    found = find_weights(EngineSettings(engine="paddle", model_dir=weights))
    config = {**official_config(found.version), "use_queues": True}
    config["SubModules"]["LayoutDetection"]["model_dir"] = str(found.layout.path)
    config["SubModules"]["VLRecognition"]["model_dir"] = str(found.vlm.path) if found.vlm else None
    with tempfile.TemporaryDirectory() as folder, httpx.Client(timeout=600) as client:
        pipeline, port = Path(folder, "pipeline.yaml"), settings_on_free_ports(Path(folder)).gateway_port
        pipeline.write_text(yaml.safe_dump(config))
        program = Path(sys.executable).with_name("paddlex")
        where = ("--port", str(port), "--host", "127.0.0.1", "--device", "cpu")
        log = Path(folder, "log")
        with log.open("wb") as output:
            server = subprocess.Popen(
                [program, "--serve", "--pipeline", pipeline, *where], stdout=output, stderr=output
            )
        url = f"http://127.0.0.1:{port}"

        def ask(page: bytes) -> str:
            body = {"file": base64.b64encode(page).decode(), "fileType": 1, "visualize": False}
            answer = client.post(f"{url}/layout-parsing", json=body).raise_for_status().json()
            [result] = answer["result"]["layoutParsingResults"]
            # The gateway's answer begins and ends with text.
            return str(result["markdown"]["text"]).strip()

        try:
            _wait(client, url, server, log)
            yield ask
        finally:
            server.terminate()
            server.wait()


def _wait(client: httpx.Client, url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 4):
        if server.poll() is not None:
            raise SystemExit(f"the official server did not start:\n{log.read_text()[-3000:]}")
        try:
            client.get(f"{url}/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.25)
        else:
            return
    raise SystemExit(f"the official server does not come up:\n{log.read_text()[-3000:]}")

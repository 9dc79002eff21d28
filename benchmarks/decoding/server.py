"""Pages a second through gateway and Triton against `paddlex --serve`, on the same made weights and pages."""

from __future__ import annotations

import base64
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx

from benchmarks.made import kept_weights
from benchmarks.official_server import official_server
from benchmarks.running import running_product
from scripts.made_weights.pages import png
from scripts.made_weights.standard_pages import STANDARD_PAGES

ROUNDS = 2
THEIR_PAGES_A_CLIENT, OUR_PAGES_A_CLIENT = 2, 8
"""At least. Both sides run for about as long: at the end of a run, when clients have nothing left to ask, a server that
reads many pages at once idles, and in a short one that would count."""

Ask = Callable[[bytes], str]
"""A page as PNG to its Markdown."""


def server_ratios(clients: Sequence[int]) -> Iterator[tuple[int, float, float]]:
    """For each number of clients: the pages a second of the official server, and of this one.

    Both run all the time and are asked in turn, so that what else the machine does meets both; means of `ROUNDS`.

    Raises:
        AssertionError: a page's Markdown differs.
    """
    weights = kept_weights("tiny")
    pages = [png(page) for page in STANDARD_PAGES]
    environment = {"ENGINE": "paddle", "MODEL_DIR": str(weights), "VLM_COLOUR_ORDER": "bgr"}
    with (
        official_server(weights) as url,
        running_product(**environment) as stack,
        httpx.Client(timeout=600) as client,
    ):
        official = _asking(client, url)
        known = {page: official(page) for page in pages}

        def ours(page: bytes) -> str:
            answer = client.post(f"{stack.gateway_url}/ocr", files={"file": page}).raise_for_status()
            return str(answer.json()["pages"][0]["markdown"])

        for count in clients:
            sides = ((official, THEIR_PAGES_A_CLIENT), (ours, OUR_PAGES_A_CLIENT))
            rounds = [[_rate(ask, pages, count, least, known) for ask, least in sides] for _ in range(ROUNDS)]
            theirs, own = (statistics.mean(rates) for rates in zip(*rounds, strict=True))
            yield count, theirs, own


def _rate(ask: Ask, pages: Sequence[bytes], clients: int, least: int, known: dict[bytes, str]) -> float:
    """Pages a second of so many clients that each send `least` pages or more, one after the other.

    Every page comes as often.
    """
    wanted = [*pages] * math.ceil(least * clients / len(pages))
    with ThreadPoolExecutor(clients) as threads:
        list(threads.map(ask, pages[:clients]))  # warms up
        start = time.perf_counter()
        answers = list(threads.map(ask, wanted))
        seconds = time.perf_counter() - start
    for page, answer in zip(wanted, answers, strict=True):
        assert answer == known[page], f"the Markdown differs:\n{answer}\nofficial:\n{known[page]}"
    return len(wanted) / seconds


def _asking(client: httpx.Client, url: str) -> Ask:
    """Asks PaddleX's server."""

    def ask(page: bytes) -> str:
        body = {
            "file": base64.b64encode(page).decode(),
            "fileType": 1,
            "visualize": False,
            "useDocOrientationClassify": False,
            "useDocUnwarping": False,
        }
        answer = client.post(f"{url}/layout-parsing", json=body).raise_for_status().json()
        [result] = answer["result"]["layoutParsingResults"]
        # The gateway's answer begins and ends with text.
        return str(result["markdown"]["text"]).strip()

    return ask

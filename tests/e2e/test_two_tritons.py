"""One gateway before two real Tritons, one of which is killed while pages are in flight."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from unittest import mock

import httpx2 as httpx
import pytest

from supervisor.free_ports import settings_on_free_ports
from supervisor.stack import Stack
from tests.unit.gateway.gateway_process import gateway, wait_for
from tests.waiting import until

_FORGIVING = {"OCR_MAX_IN_FLIGHT": "24", "WATCH_INTERVAL": "0.2", "RESTARTS_MAX": "100", "RESTART_DELAY_MAX": "1"}
_PAGES = 16


@pytest.fixture(scope="module")
def tritons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stack]]:
    with ExitStack() as started:
        stacks = []
        for _ in range(2):
            with mock.patch.dict(os.environ, _FORGIVING):
                stack = Stack(settings_on_free_ports(tmp_path_factory.mktemp("triton")), only_triton=True)
            stacks.append(started.enter_context(stack))
        yield stacks


@pytest.fixture(scope="module")
def client(tritons: list[Stack], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("gateway")
    settings = {
        "TRITON_URL": ",".join(stack.triton_url for stack in tritons),
        "JOBS_DIR": str(folder / "jobs"),
        "OUTPUT_DIR": str(folder / "output"),
        "HEALTH_CACHE_SECONDS": "0.2",
        "MAX_PAGES_IN_FLIGHT": "16",
    }
    with gateway(**settings) as (_, url), httpx.Client(base_url=url, timeout=180) as client:
        wait_for(f"{url}/livez")
        yield client


def metric(client: httpx.Client, name: str) -> float:
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith(name)]
    return sum(float(line.split()[-1]) for line in lines)


def pages_read(stack: Stack) -> float:
    lines = [line for line in httpx.get(stack.metrics_url).text.splitlines() if line.startswith("ocr_pages_total{")]
    return sum(float(line.split()[-1]) for line in lines if 'outcome="ok"' in line)


def until_up(client: httpx.Client, tritons: int) -> None:
    until(lambda: metric(client, "ocr_gateway_tritons_up") == tritons, 90)


def test_pages_are_spread(client, tritons, page_image):
    until_up(client, 2)
    before = [pages_read(stack) for stack in tritons]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post("/ocr", files={"file": page_image}), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert all(pages_read(stack) > count for stack, count in zip(tritons, before, strict=True))


def test_no_page_is_lost_when_one_dies(client, tritons, page_image):
    until_up(client, 2)
    markdown = client.post("/ocr", files={"file": page_image}).json()["markdown"]
    with ThreadPoolExecutor(_PAGES) as pool:
        pending = [pool.submit(client.post, "/ocr", files={"file": page_image}) for _ in range(_PAGES)]
        until(lambda: metric(client, 'ocr_gateway_stage_in_flight{stage="infer"}') >= 8)
        os.kill(tritons[0].triton_pid, signal.SIGKILL)
        until_up(client, 1)
        assert client.get("/health").status_code == 200
        answers = [sent.result() for sent in pending]
    assert [answer.status_code for answer in answers] == [200] * _PAGES
    assert {answer.json()["markdown"] for answer in answers} == {markdown}
    assert metric(client, "ocr_gateway_retries_total") > 0
    until_up(client, 2)


def test_one_that_stops_hands_over(client, tritons, page_image):
    """SIGTERM, as an orchestrator sends it: what it has in flight ends, and what comes meanwhile goes elsewhere."""
    until_up(client, 2)
    with ThreadPoolExecutor(_PAGES) as pool:
        pending = [pool.submit(client.post, "/ocr", files={"file": page_image}) for _ in range(_PAGES)]
        until(lambda: metric(client, 'ocr_gateway_stage_in_flight{stage="infer"}') >= 8)
        os.kill(tritons[1].triton_pid, signal.SIGTERM)
        answers = [sent.result() for sent in pending]
    assert [answer.status_code for answer in answers] == [200] * _PAGES
    until_up(client, 2)

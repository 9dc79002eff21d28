"""Things are killed while the product works: requests in flight are told, and it comes back by itself."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import psutil
import pytest

from tests.waiting import until


def stub(stack, model: str) -> int:
    """The process of a Triton model."""
    return next(
        process.pid
        for process in psutil.Process(stack.triton_pid).children()
        if any(f"/{model}/" in word for word in process.cmdline())
    )


def while_working(client, page_image, harm) -> list[httpx.Response | httpx.TransportError]:
    """What eight clients get whose pages are in flight when the harm is done."""

    def send(_: int) -> httpx.Response | httpx.TransportError:
        try:
            return client.post("/ocr", files={"file": page_image})
        except httpx.TransportError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(send, number) for number in range(8)]
        time.sleep(0.6)
        harm()
        return [sent.result(timeout=60) for sent in pending]


def assert_none_is_lost(answers, markdown: str) -> None:
    """Every request was answered: read, most of them in a second try, or told plainly to come back."""
    assert all(isinstance(answer, httpx.Response) for answer in answers)
    for answer in answers:
        if answer.status_code == 200:
            assert answer.json()["markdown"] == markdown
            continue
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["error"]["message"]
    assert any(answer.status_code == 200 for answer in answers)


def retries(client) -> float:
    """How often the gateway has sent a page again."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("ocr_gateway_retries_total"))


@pytest.mark.parametrize("model", ["layout", "vlm", "ocr"])
def test_a_dead_stub_is_seen_and_replaced(client, stack, page_image, until_healthy, model):
    until_healthy()
    before, markdown = retries(client), client.post("/ocr", files={"file": page_image}).json()["markdown"]
    answers = while_working(client, page_image, lambda: os.kill(stub(stack, model), signal.SIGKILL))
    assert_none_is_lost(answers, markdown)
    assert retries(client) > before
    until_healthy()
    assert client.post("/ocr", files={"file": page_image}).status_code == 200


def test_a_dead_triton_is_replaced(client, stack, page_image, until_healthy):
    until_healthy()
    before, markdown = retries(client), client.post("/ocr", files={"file": page_image}).json()["markdown"]
    answers = while_working(client, page_image, lambda: os.kill(stack.triton_pid, signal.SIGKILL))
    assert_none_is_lost(answers, markdown)
    assert retries(client) > before
    until_healthy()
    assert client.post("/ocr", files={"file": page_image}).status_code == 200


def test_the_gateway_says_meanwhile_that_it_can_do_nothing(client, stack, until_healthy):
    until_healthy()
    os.kill(stack.triton_pid, signal.SIGKILL)
    assert client.get("/livez").status_code == 200
    until(lambda: client.get("/health").status_code != 200, 10)
    until_healthy()


def test_a_dead_gateway_is_replaced(client, stack, page_image, until_healthy):
    until_healthy()
    os.kill(stack.gateway_pid, signal.SIGKILL)
    until_healthy()
    assert client.post("/ocr", files={"file": page_image}).status_code == 200

"""Models of the offline weights' engine are killed while they work: pages in flight are told, and it comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from scripts.made_weights.pages import png
from scripts.made_weights.standard_pages import standard_page
from supervisor.stack import Stack
from tests.e2e.test_faults import assert_none_is_lost, stub, while_working

PAGE = png(standard_page("article"))


@pytest.fixture(scope="module")
def client(paddle_stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=paddle_stack.gateway_url, timeout=120) as client:
        yield client


@pytest.mark.parametrize("model", ["layout", "vlm"])
def test_a_dead_stub_is_seen_and_replaced(client, paddle_stack, until_healthy, model):
    until_healthy()
    before = client.post("/ocr", files={"file": PAGE})
    answers = while_working(client, PAGE, lambda: os.kill(stub(paddle_stack, model), signal.SIGKILL))
    assert_none_is_lost(answers, before.json()["markdown"])
    until_healthy()
    after = client.post("/ocr", files={"file": PAGE})
    assert (before.status_code, after.status_code) == (200, 200)
    assert before.json()["markdown"] == after.json()["markdown"]

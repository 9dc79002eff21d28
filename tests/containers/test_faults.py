"""Fifty requests are in flight and something is killed: each is answered, rightly or with an error that says to come
back, and the product is back by itself. How long that took stands in the last lines of the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import httpx2
import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.conftest import png
from tests.waiting import until

REQUESTS = 50
DEADLINE = 90
"""Seconds that each request names as its own."""
MARGIN = 10
LINES = 12


@dataclass(frozen=True)
class Outcome:
    """What became of one request."""

    number: int
    seconds: float
    answer: httpx2.Response | httpx2.TransportError

    @property
    def is_read(self) -> bool:
        return isinstance(self.answer, httpx2.Response) and self.answer.status_code == 200


def page(number: int) -> bytes:
    """A page whose every line names its request."""
    picture = Image.new("RGB", (900, 80 + 60 * LINES), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=30)
    for line in range(LINES):
        draw.text((40, 40 + 60 * line), f"Consignment {number} of harbour office, row {line + 1}", "black", font)
    return png(picture)


def send(url: str, number: int) -> Outcome:
    start = time.monotonic()
    answer: httpx2.Response | httpx2.TransportError
    try:
        answer = httpx2.post(
            f"{url}/ocr",
            files={"file": page(number)},
            data={"timeout": str(DEADLINE)},
            timeout=DEADLINE + MARGIN,
            trust_env=False,
        )
    except httpx2.TransportError as error:
        answer = error
    return Outcome(number, time.monotonic() - start, answer)


def assert_right(outcome: Outcome) -> None:
    """The text is that of this request's page, and of no other."""
    assert isinstance(outcome.answer, httpx2.Response)
    written = outcome.answer.json()["markdown"]
    assert written.count(f"Consignment {outcome.number} of") >= LINES - 2, written
    assert written.count("Consignment") == written.count(f"Consignment {outcome.number} of"), written


def assert_told_to_retry(outcome: Outcome, *, connection_may_break: bool) -> None:
    if isinstance(outcome.answer, httpx2.TransportError):
        assert connection_may_break, repr(outcome.answer)
        assert not isinstance(outcome.answer, httpx2.TimeoutException), f"hung for {outcome.seconds:.0f} s"
        return
    assert outcome.answer.status_code == 503, outcome.answer.text
    assert int(outcome.answer.headers["Retry-After"]) > 0
    assert outcome.answer.json()["error"]["message"]


def stub(product, model: str) -> psutil.Process:
    return product.process("triton", lambda command: any(f"/{model}/" in word for word in command))


VICTIMS: dict[str, Callable[..., psutil.Process]] = {
    "the process of vlm": lambda product: stub(product, "vlm"),
    "the process of layout": lambda product: stub(product, "layout"),
    "Triton": lambda product: product.process("triton", lambda command: "/bin/tritonserver" in command[0]),
    "Triton's container": lambda product: product.first_process("triton"),
    "the gateway": lambda product: product.process("gateway", lambda command: command[1:] == ["-m", "gateway"]),
}


@pytest.mark.parametrize("victim", VICTIMS)
def test_what_is_killed_comes_back_and_every_request_is_answered(product, note, victim):
    product.until_healthy()
    numbers = range(1001, 1001 + REQUESTS)
    with ThreadPoolExecutor(REQUESTS) as pool:
        sent = [pool.submit(send, product.url, number) for number in numbers]
        until(lambda: sum(request.done() for request in sent) >= 3)
        VICTIMS[victim](product).kill()
        killed_at = time.monotonic()
        pending = [request for request in sent if not request.done()]
        product.until_healthy()
        again = send(product.url, 2001)
        back = time.monotonic() - killed_at
        wait(sent)
    assert len(pending) > REQUESTS // 2
    assert again.is_read, again.answer
    outcomes = [request.result() for request in sent]
    read = [outcome for outcome in outcomes if outcome.is_read]
    refused = [outcome for outcome in outcomes if not outcome.is_read]
    slowest = max(outcome.seconds for outcome in outcomes)
    note(
        f"{back:6.1f} s  until pages were read again after a kill of {victim} under {len(pending)} requests: "
        f"{len(read)} of {REQUESTS} were answered, {len(refused)} told to retry, the last after {slowest:.1f} s"
    )
    for outcome in [*read, again]:
        assert_right(outcome)
    for outcome in refused:
        assert_told_to_retry(outcome, connection_may_break=victim == "the gateway")
    assert slowest < DEADLINE + MARGIN
    with ThreadPoolExecutor(8) as pool:
        for outcome in pool.map(lambda refusal: send(product.url, refusal.number), refused[:8]):
            assert outcome.is_read, outcome.answer
            assert_right(outcome)

"""`layout`: batches of page images in, boxes in reading order out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from math import inf
from typing import Any

from backend.answers import answer, as_engine_error, failure, send
from backend.metrics import BATCH_BUCKETS, SECONDS_BUCKETS, Metrics
from backend.tensors import read_bytes, read_image, text_tensor
from engines.errors import BadOption, DeadlineExceeded, EngineError
from engines.layout.base import Box, Page
from engines.settings import EngineSettings
from engines.table import make_layout


class TritonPythonModel:
    """Hands each batch to the layout engine; answers leave by the requests' response senders, each as it is known.

    A request that is wrong fails alone.
    """

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Load the engine that the environment names."""
        self._engine = make_layout(EngineSettings())
        self._engine.load()
        metrics = self._metrics = Metrics()
        self._pages = metrics.counter("layout_pages_total", "Pages answered, by outcome (ok, or the error's code)")
        self._batches = metrics.histogram("layout_batch_pages", "Pages an execution", BATCH_BUCKETS)
        self._seconds = metrics.histogram("layout_engine_seconds", "Seconds of the engine a batch", SECONDS_BUCKETS)

    def execute(self, requests: list[Any]) -> None:
        """Detect on all pages of the batch."""
        self._batches.observe(len(requests))
        good: list[tuple[Any, Page]] = []
        for request in requests:
            sender, page = request.get_response_sender(), _page(request)
            if isinstance(page, Page):
                good.append((sender, page))
            else:
                self._answer(sender, page)
        start = time.perf_counter()
        for (sender, _), outcome in zip(good, self._detect([page for _, page in good]), strict=True):
            self._answer(sender, outcome)
        self._seconds.observe(time.perf_counter() - start)

    def finalize(self) -> None:
        """Release the engine."""
        self._engine.close()
        self._metrics.close()

    def _detect(self, pages: list[Page]) -> Iterator[list[Box] | EngineError]:
        """What the engine finds on each page; where it fails as a whole, that error for each that is left."""
        left = len(pages)
        try:
            for outcome in self._engine.detect(pages):
                left -= 1
                yield outcome
        except Exception as error:  # noqa: BLE001 - whatever it is, these requests must be answered
            yield from [as_engine_error(error)] * left

    def _answer(self, sender: Any, outcome: list[Box] | EngineError) -> None:
        if isinstance(outcome, EngineError):
            self._pages.add(outcome=outcome.code)
            send(sender, failure(outcome))
        else:
            self._pages.add(outcome="ok")
            send(sender, answer([text_tensor("BOXES", json.dumps(outcome), shape=(1, 1))]))


def _page(request: Any) -> Page | EngineError:
    try:
        options = json.loads(read_bytes(request, "OPTIONS", b"{}") or b"{}")
        if not isinstance(options, dict):
            raise BadOption("OPTIONS must be a JSON object")
        if time.time() >= options.pop("deadline", inf):
            raise DeadlineExceeded("the deadline passed before the page's layout was begun")
        return Page(read_image(request), options)
    except json.JSONDecodeError as error:
        return BadOption(f"OPTIONS is no JSON: {error}")
    except Exception as error:  # noqa: BLE001 - one bad request must not fail its batch
        return as_engine_error(error)

"""`layout`: batches of page images in, boxes in reading order out."""

from __future__ import annotations

import json
import time
from math import inf
from typing import Any

from backend.answers import answer, as_engine_error, failure
from backend.metrics import BATCH_BUCKETS, SECONDS_BUCKETS, Metrics
from backend.tensors import read_bytes, read_image, text_tensor
from engines.errors import BadOption, DeadlineExceeded, EngineError
from engines.layout.base import Box, Page
from engines.settings import EngineSettings
from engines.table import make_layout


class TritonPythonModel:
    """Hands each batch to the layout engine; a request that is wrong fails alone."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Load the engine that the environment names."""
        self._engine = make_layout(EngineSettings())
        self._engine.load()
        metrics = self._metrics = Metrics()
        self._pages = metrics.counter("layout_pages_total", "Pages answered, by outcome (ok, or the error's code)")
        self._batches = metrics.histogram("layout_batch_pages", "Pages an execution", BATCH_BUCKETS)
        self._seconds = metrics.histogram("layout_engine_seconds", "Seconds of the engine a batch", SECONDS_BUCKETS)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Detect on all pages of the batch at once."""
        self._batches.observe(len(requests))
        pages = [_page(request) for request in requests]
        good = [page for page in pages if isinstance(page, Page)]
        found = iter(self._detect(good))
        return [self._answer(next(found) if isinstance(page, Page) else page) for page in pages]

    def finalize(self) -> None:
        """Release the engine."""
        self._engine.close()
        self._metrics.close()

    def _detect(self, pages: list[Page]) -> list[list[Box] | EngineError]:
        start = time.perf_counter()
        try:
            return self._engine.detect(pages)
        except Exception as error:  # noqa: BLE001 - whatever it is, these requests must be answered
            return [as_engine_error(error)] * len(pages)
        finally:
            self._seconds.observe(time.perf_counter() - start)

    def _answer(self, outcome: list[Box] | EngineError) -> Any:
        if isinstance(outcome, EngineError):
            self._pages.add(outcome=outcome.code)
            return failure(outcome)
        self._pages.add(outcome="ok")
        return answer([text_tensor("BOXES", json.dumps(outcome), shape=(1, 1))])


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

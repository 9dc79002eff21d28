"""`preprocess`: batches of photographed pages in, upright and flat ones out."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

from backend.answers import answer, as_engine_error, failure
from backend.metrics import BATCH_BUCKETS, SECONDS_BUCKETS, Metrics
from backend.tensors import read_bytes, read_image
from engines.errors import DeadlineExceeded, EngineError
from engines.preprocess.base import Prepared, PreprocessOptions, RawPage
from engines.settings import EngineSettings
from engines.table import make_preprocess


class TritonPythonModel:
    """Hands each batch to the preprocessing engine; a request that is wrong fails alone."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Load the engine that the environment names; where there is no model for it, that is nothing."""
        self._engine = make_preprocess(EngineSettings())
        self._engine.load()
        metrics = self._metrics = Metrics()
        self._pages = metrics.counter("preprocess_pages_total", "Pages answered, by outcome (ok, or the error's code)")
        self._batches = metrics.histogram("preprocess_batch_pages", "Pages an execution", BATCH_BUCKETS)
        self._seconds = metrics.histogram("preprocess_engine_seconds", "Seconds of the engine a batch", SECONDS_BUCKETS)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Prepare all pages of the batch at once."""
        self._batches.observe(len(requests))
        pages = [_page(request) for request in requests]
        good = [page for page in pages if isinstance(page, RawPage)]
        prepared = iter(self._prepare(good))
        return [self._answer(next(prepared) if isinstance(page, RawPage) else page) for page in pages]

    def finalize(self) -> None:
        """Release the engine."""
        self._engine.close()
        self._metrics.close()

    def _prepare(self, pages: list[RawPage]) -> list[Prepared | EngineError]:
        start = time.perf_counter()
        try:
            return self._engine.prepare(pages)
        except Exception as error:  # noqa: BLE001 - whatever it is, these requests must be answered
            return [as_engine_error(error)] * len(pages)
        finally:
            self._seconds.observe(time.perf_counter() - start)

    def _answer(self, outcome: Prepared | EngineError) -> Any:
        if isinstance(outcome, EngineError):
            self._pages.add(outcome=outcome.code)
            return failure(outcome)
        self._pages.add(outcome="ok")
        return answer(
            [
                pb_utils.Tensor("IMAGE", outcome.image[np.newaxis]),
                pb_utils.Tensor("ANGLE", np.array([[outcome.angle]], dtype=np.int32)),
            ]
        )


def _page(request: Any) -> RawPage | EngineError:
    try:
        options = PreprocessOptions.from_json(read_bytes(request, "OPTIONS", b"{}"))
        if options.deadline is not None and time.time() >= options.deadline:
            raise DeadlineExceeded("the deadline passed before the page's preprocessing was begun")
        return RawPage(read_image(request), options)
    except Exception as error:  # noqa: BLE001 - one bad request must not fail its batch
        return as_engine_error(error)

"""`ocr`: an encoded page image in, Markdown and blocks out, through the models `preprocess`, `layout` and `vlm`."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

from backend.answers import answer, as_engine_error, failure, send
from backend.calls import ModelCalls
from backend.metrics import SECONDS_BUCKETS, Metrics
from backend.tensors import read_bytes, text_tensor
from engines.cancellation import Cancellations
from engines.errors import EngineError, Overloaded
from engines.page.offline import forbid_downloads
from engines.page.options import PageOptions
from engines.page.result import PageResult
from engines.settings import EngineSettings
from engines.table import model_name


class TritonPythonModel:
    """Works on many pages at once: execute() returns, and each page is answered by its response sender."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Import PaddleX, which takes a second, and make the threads."""
        forbid_downloads()
        from engines.page.reader import PageReader

        self._settings = EngineSettings()
        self._model_name = model_name(self._settings)
        self._cancellations = Cancellations()
        self._calls = ModelCalls(4 * self._settings.ocr_max_in_flight, self._cancellations)
        self._reader = PageReader(self._calls, self._settings)
        self._threads = ThreadPoolExecutor(self._settings.ocr_max_in_flight, thread_name_prefix="page")
        self._permits = BoundedSemaphore(self._settings.ocr_max_in_flight)
        metrics = self._metrics = Metrics()
        self._pages = metrics.counter("ocr_pages_total", "Pages answered, by outcome (ok, or the error's code)")
        self._warnings = metrics.counter("ocr_warnings_total", "Warnings in answers, by type")
        self._seconds = metrics.histogram(
            "ocr_page_seconds", "Seconds from a page's arrival to its answer", SECONDS_BUCKETS
        )
        self._in_flight = metrics.gauge("ocr_pages_in_flight", "Pages being read")

    def execute(self, requests: list[Any]) -> None:
        """Take a permit for each page and hand it to a thread; past OCR_MAX_IN_FLIGHT, answer UNAVAILABLE at once."""
        for request in requests:
            sender = request.get_response_sender()
            if self._cancels(request, sender):
                continue
            if not self._permits.acquire(blocking=False):
                limit = self._settings.ocr_max_in_flight
                self._refuse(
                    sender, Overloaded(f"{limit} pages are in flight (OCR_MAX_IN_FLIGHT); send this one again later")
                )
                continue
            try:
                data, options = read_bytes(request, "IMAGE"), read_bytes(request, "OPTIONS", b"{}")
            except Exception as error:  # noqa: BLE001 - whatever it is, this request must be answered, and alone
                self._permits.release()
                self._refuse(sender, error)
                continue
            self._in_flight.add(1)
            self._threads.submit(self._read, sender, data, options, time.perf_counter())

    def finalize(self) -> None:
        """Let the pages in flight end, then the threads."""
        self._threads.shutdown()
        self._calls.close()
        self._metrics.close()

    def _cancels(self, request: Any, sender: Any) -> bool:
        """Whether the request is not a page but the cancellation of one, which takes no permit; it is answered then."""
        try:
            if read_bytes(request, "IMAGE"):
                return False
            key = PageOptions.from_json(read_bytes(request, "OPTIONS", b"{}")).cancel
        except EngineError as error:
            self._refuse(sender, error)
            return True
        if key is None:
            return False
        self._cancellations.cancel(key)
        self._calls.cancel(key)
        send(sender, _response(PageResult("", {}, {}, [], 0), self._settings.engine, self._model_name))
        return True

    def _read(self, sender: Any, data: bytes, options: bytes, start: float) -> None:
        """Read one page and answer it, whatever happens."""
        try:
            response = self._answer(data, options)
            self._pages.add(outcome="ok")
        except Exception as error:  # noqa: BLE001 - whatever it is, this request must be answered, and alone
            known = as_engine_error(error)
            response = failure(known)
            self._pages.add(outcome=known.code)
        finally:
            self._in_flight.add(-1)
            self._permits.release()
        self._seconds.observe(time.perf_counter() - start)
        send(sender, response)

    def _refuse(self, sender: Any, error: Exception) -> None:
        known = as_engine_error(error)
        self._pages.add(outcome=known.code)
        send(sender, failure(known))

    def _answer(self, data: bytes, options: bytes) -> Any:
        page = self._reader.read(data, PageOptions.from_json(options))
        for warning in page.warnings:
            self._warnings.add(type=warning.type)
        return _response(page, self._settings.engine, self._model_name)


def _response(page: PageResult, engine: str, model: str) -> Any:
    return answer(
        [
            text_tensor("MARKDOWN", page.markdown),
            text_tensor("RESULT", json.dumps(page.result, ensure_ascii=False)),
            text_tensor("IMAGE_NAMES", *page.images),
            text_tensor("IMAGES", *page.images.values()),
            text_tensor("DRAWING_NAMES", *page.drawings),
            text_tensor("DRAWINGS", *page.drawings.values()),
            text_tensor("WARNINGS", *(json.dumps(asdict(warning), ensure_ascii=False) for warning in page.warnings)),
            pb_utils.Tensor("TOKENS", np.array([page.tokens], dtype=np.int32)),
            text_tensor("ENGINE", engine),
            text_tensor("MODEL", model),
        ]
    )

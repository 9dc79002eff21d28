"""`vlm`: crops and prompts in, text out; each crop is answered as soon as it is read."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

from backend.answers import answer, as_engine_error, failure, send
from backend.loop_metrics import LoopMetrics
from backend.metrics import BATCH_BUCKETS, SECONDS_BUCKETS, Metrics
from backend.tensors import read_bytes, read_image, text_tensor
from engines.cancellation import CANCELLED, Cancellations
from engines.errors import Cancelled
from engines.settings import EngineSettings
from engines.table import make_vlm
from engines.vlm.base import PROMPTS, Crop, Text, VlmOptions


class TritonPythonModel:
    """Hands each batch to the recognition engine and returns; answers leave by the requests' response senders."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Load the engine that the environment names."""
        metrics = self._metrics = Metrics()
        self._engine = make_vlm(EngineSettings(), LoopMetrics(metrics))
        self._engine.load()
        self._cancellations = Cancellations()
        self._crops = metrics.counter(
            "vlm_crops_total", "Crops answered, by prompt and outcome (finish reason or error code)"
        )
        self._tokens = metrics.counter("vlm_tokens_total", "Tokens generated")
        self._batches = metrics.histogram("vlm_batch_crops", "Crops an execution", BATCH_BUCKETS)
        self._seconds = metrics.histogram(
            "vlm_crop_seconds", "Seconds from a crop's arrival to its answer", SECONDS_BUCKETS
        )
        self._queued = metrics.histogram("vlm_queue_seconds", "Seconds a crop waits for the engine", SECONDS_BUCKETS)
        self._worked = metrics.histogram("vlm_engine_seconds", "Seconds the engine takes for a crop", SECONDS_BUCKETS)
        self._in_flight = metrics.gauge("vlm_crops_in_flight", "Crops that wait or are being read")

    def execute(self, requests: list[Any]) -> None:
        """Submit the crops of the batch; a request that is wrong fails alone."""
        self._batches.observe(len(requests))
        self._in_flight.add(len(requests))
        start = time.perf_counter()
        for request in requests:
            sender = request.get_response_sender()
            finish = partial(self._finish, sender, start)
            try:
                crop = _crop(request)
                if crop.options.cancel is not None:
                    self._cancellations.cancel(crop.options.cancel)
                    self._in_flight.add(-1)
                    send(sender, _answer(Text("", 0)))
                    continue
                self._cancellations.check(crop.options.cancel_key)
                [reading] = self._engine.submit([crop])
            except Exception as error:  # noqa: BLE001 - whatever it is, this request must be answered, and alone
                finish("", _failed(error))
            else:
                reading.add_done_callback(partial(finish, crop.prompt))
                self._cancellations.watch(crop.options.cancel_key, reading)

    def finalize(self) -> None:
        """Release the engine."""
        self._engine.close()
        self._metrics.close()

    def _finish(self, sender: Any, start: float, prompt: str, reading: Future[Text]) -> None:
        """Answer one request, and count it."""
        error = Cancelled(CANCELLED) if reading.cancelled() else reading.exception()
        if error is None:
            text = reading.result()
            outcome: str = text.finish_reason
            self._tokens.add(text.tokens)
            self._queued.observe(text.queue_seconds)
            self._worked.observe(text.engine_seconds)
            response = _answer(text)
        else:
            known = as_engine_error(error)
            outcome = known.code
            response = failure(known)
        # Clients may send any prompt; a metric must not grow a member for each.
        self._crops.add(prompt=prompt if prompt in PROMPTS else "other", outcome=outcome)
        self._seconds.observe(time.perf_counter() - start)
        self._in_flight.add(-1)
        send(sender, response)


def _crop(request: Any) -> Crop:
    options = VlmOptions.from_json(read_bytes(request, "OPTIONS", b"{}"))
    return Crop(read_image(request), read_bytes(request, "PROMPT").decode(errors="replace"), options)


def _failed(error: Exception) -> Future[Text]:
    failed: Future[Text] = Future()
    failed.set_exception(error)
    return failed


def _answer(text: Text) -> Any:
    return answer(
        [
            text_tensor("TEXT", text.text, shape=(1, 1)),
            pb_utils.Tensor("TOKENS", np.array([[text.tokens]], dtype=np.int32)),
            text_tensor("FINISH_REASON", text.finish_reason, shape=(1, 1)),
            text_tensor("WARNINGS", json.dumps(text.warnings), shape=(1, 1)),
        ]
    )

"""Calls from the `ocr` model to `preprocess`, `layout` and `vlm` (business logic scripting)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, TypeVar, cast

import numpy as np
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray

from backend.tensors import read_text, text_tensor
from engines.cancellation import Cancellations
from engines.errors import DeadlineExceeded, EngineError, from_wire
from engines.layout.base import Box
from engines.preprocess.base import Prepared, PreprocessOptions
from engines.vlm.base import PROMPTS, Crop, FinishReason, Text, VlmOptions

T = TypeVar("T")

logger = logging.getLogger("paddleocr_vl")


class ModelCalls:
    """Asks the other models, one sub-request an image, so that Triton batches those of all pages together."""

    def __init__(self, threads: int, cancellations: Cancellations) -> None:
        self._cancellations = cancellations
        # A sub-request holds a thread until it is answered; what is more waits here, not in Triton.
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="call")
        # Of its own: all others may be waiting for the very crops that are cancelled.
        self._cancelling = ThreadPoolExecutor(1, thread_name_prefix="cancel")

    def preprocess(self, image: NDArray[np.uint8], options: PreprocessOptions, deadline: float) -> Prepared:
        """The RGB page upright and flat, as the options ask. Raises EngineError, DeadlineExceeded among them."""
        timed = options.model_copy(update={"deadline": deadline})
        [prepared] = _results([self._threads.submit(_prepare, image, timed)], deadline)
        return prepared

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], deadline: float) -> list[Box]:
        """The boxes of an RGB page. Raises EngineError, DeadlineExceeded among them."""
        [boxes] = _results([self._threads.submit(_detect, image, {**options, "deadline": deadline})], deadline)
        return boxes

    def vlm(self, crops: Sequence[Crop], deadline: float) -> list[Text]:
        """The texts of the crops, in order. Raises the first EngineError of any; DeadlineExceeded, Cancelled."""
        return _results([self._threads.submit(self._read, crop) for crop in crops], deadline)

    def cancel(self, key: str) -> None:
        """Have `vlm` stop at the crops of this key; returns at once."""
        self._cancelling.submit(_cancel, key)

    def close(self) -> None:
        """Drop what waits and let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._cancelling.shutdown(wait=False, cancel_futures=True)

    def _read(self, crop: Crop) -> Text:
        self._cancellations.check(crop.options.cancel_key)
        return _read(crop)


def _results(calls: Sequence[Future[T]], deadline: float) -> list[T]:
    """What the calls answer, in order; none is waited for past the deadline, since a dead model never answers."""
    try:
        return [call.result(timeout=max(0.0, deadline - time.time())) for call in calls]
    except FutureTimeout:
        raise DeadlineExceeded("a model did not answer before the deadline") from None
    finally:
        for call in calls:
            call.cancel()


def _prepare(image: NDArray[np.uint8], options: PreprocessOptions) -> Prepared:
    inputs = [
        pb_utils.Tensor("IMAGE", image[np.newaxis]),
        text_tensor("OPTIONS", options.model_dump_json(exclude_none=True), shape=(1, 1)),
    ]
    response = _ask("preprocess", inputs, ["IMAGE", "ANGLE"])
    return Prepared(
        # Triton's memory goes with the response.
        image=np.array(pb_utils.get_output_tensor_by_name(response, "IMAGE").as_numpy()[0], dtype=np.uint8),
        angle=int(pb_utils.get_output_tensor_by_name(response, "ANGLE").as_numpy().reshape(-1)[0]),
    )


def _detect(image: NDArray[np.uint8], options: dict[str, Any]) -> list[Box]:
    inputs = [pb_utils.Tensor("IMAGE", image[np.newaxis]), text_tensor("OPTIONS", json.dumps(options), shape=(1, 1))]
    return cast(list[Box], json.loads(read_text(_ask("layout", inputs, ["BOXES"]), "BOXES")))


def _read(crop: Crop) -> Text:
    inputs = [
        pb_utils.Tensor("IMAGE", crop.image[np.newaxis]),
        text_tensor("PROMPT", crop.prompt, shape=(1, 1)),
        text_tensor("OPTIONS", crop.options.model_dump_json(exclude_none=True), shape=(1, 1)),
    ]
    response = _ask("vlm", inputs, ["TEXT", "TOKENS", "FINISH_REASON", "WARNINGS"])
    return Text(
        text=read_text(response, "TEXT"),
        tokens=int(pb_utils.get_output_tensor_by_name(response, "TOKENS").as_numpy().reshape(-1)[0]),
        finish_reason=cast(FinishReason, read_text(response, "FINISH_REASON")),
        warnings=tuple(json.loads(read_text(response, "WARNINGS"))),
    )


def _cancel(key: str) -> None:
    nothing = np.zeros((1, 1, 3), np.uint8)
    try:
        _read(Crop(nothing, PROMPTS[0], VlmOptions(cancel=key)))
    except EngineError as error:
        logger.warning("crops could not be cancelled: %s", error)


def _ask(model: str, inputs: list[Any], outputs: list[str]) -> Any:
    response = pb_utils.InferenceRequest(model_name=model, requested_output_names=outputs, inputs=inputs).exec()
    if response.has_error():
        raise from_wire(response.error().message())
    return response

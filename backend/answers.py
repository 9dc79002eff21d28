"""Answers of the Triton models: every request ends in exactly one, an error included."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from typing import Any

import triton_python_backend_utils as pb_utils

from engines.errors import (
    Cancelled,
    DeadlineExceeded,
    EngineError,
    EngineFailure,
    InvalidInput,
    ModelUnavailable,
    Overloaded,
    UnsupportedOption,
)

logger = logging.getLogger("paddleocr_vl")


def answer(tensors: Sequence[Any]) -> Any:
    """The response that carries these output tensors."""
    return pb_utils.InferenceResponse(output_tensors=list(tensors))


def failure(error: EngineError) -> Any:
    """The response that tells an error: its kind in Triton's code, and again in the text, which BLS callers see."""
    return pb_utils.InferenceResponse(output_tensors=[], error=pb_utils.TritonError(error.to_wire(), _code(error)))


def as_engine_error(error: BaseException) -> EngineError:
    """The error itself if it is one of the engines', else an EngineFailure that names its type alone.

    What is no EngineError is a fault of this server: it is logged with its traceback, and told without.
    """
    if isinstance(error, EngineError):
        return error
    logger.error("unexpected %s\n%s", type(error).__name__, "".join(traceback.format_exception(error)))
    return EngineFailure(f"the model failed on this input ({type(error).__name__}); the server's log tells more")


def send(sender: Any, response: Any) -> None:
    """Send the one response of a request whose execute() returned None."""
    sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)


def _code(error: EngineError) -> int:
    codes: tuple[tuple[type[EngineError], int], ...] = (
        (UnsupportedOption, pb_utils.TritonError.UNSUPPORTED),
        (InvalidInput, pb_utils.TritonError.INVALID_ARG),
        (Overloaded, pb_utils.TritonError.UNAVAILABLE),
        (ModelUnavailable, pb_utils.TritonError.UNAVAILABLE),
        (DeadlineExceeded, pb_utils.TritonError.UNAVAILABLE),
        (Cancelled, pb_utils.TritonError.CANCELLED),
    )
    return next((code for kind, code in codes if isinstance(error, kind)), pb_utils.TritonError.INTERNAL)

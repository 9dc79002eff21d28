"""What Triton's errors mean to a client of the gateway."""

from __future__ import annotations

import re

from tritonclient.utils import InferenceServerException

from gateway.deadline import Deadline
from gateway.error_status import BY_CODE
from gateway.errors import (
    DeadlineExceeded,
    EngineFailure,
    EngineOverloaded,
    EngineRestarting,
    GatewayError,
    InvalidField,
    InvalidRequest,
    VlmServerFailure,
    VlmServerUnavailable,
)
from gateway.options import Options

_RESTART_SECONDS = 10
"""Seconds that a restart of Triton, or of a VLM server, takes, about: what Retry-After says meanwhile."""
_CODED = re.compile(r"\[([a-z_]+)\] (.*)", re.DOTALL)
# The engines' codes that have another name here. The others are the same, or become an EngineFailure.
_ENGINE_CODES: dict[str, type[GatewayError]] = {
    "invalid_input": InvalidRequest,
    "bad_option": InvalidField,
    "overloaded": EngineOverloaded,
    "model_unavailable": EngineRestarting,
    "server_unavailable": VlmServerUnavailable,
    "server_failure": VlmServerFailure,
    # The start makes sure of all settings; what turns wrong later is at VLM_URL: its models, or the keys that it takes.
    "bad_setting": VlmServerFailure,
}
_RETRY_AFTER: dict[type[GatewayError], int] = {EngineOverloaded: 1, VlmServerUnavailable: _RESTART_SECONDS}
_KNOWN_CODES = ("bad_image", "unsupported_option", "deadline_exceeded", "missing_weights", "engine_failure")


def meaning(model: str, error: InferenceServerException, deadline: Deadline) -> GatewayError:
    """What an answer of Triton that is no success means to a client of the gateway."""
    text = str(error.message())
    # Also inside of a coded error: `ocr` tells so of `layout` or `vlm`.
    if "is not healthy" in text:
        return restarting()
    coded = _CODED.search(text)
    if coded:
        code, message = coded[1], coded[2]
        kind = _ENGINE_CODES.get(code) or (BY_CODE[code] if code in _KNOWN_CODES else EngineFailure)
        if kind is DeadlineExceeded:
            return late(deadline)
        if kind is EngineRestarting:
            return restarting()
        return kind(message, param=_option_in(message), retry_after=_RETRY_AFTER.get(kind))
    if error.status() == "503":
        return EngineOverloaded("the engine has no room for a page at the moment: send it again later", retry_after=1)
    if error.status() in ("400", "404"):
        return EngineFailure(
            f"Triton refused the call of its model {model}: the model repository and the gateway differ"
        )
    # The text of an unforeseen failure can hold paths and code of the model; it stays in Triton's log.
    return EngineFailure(f"Triton's model {model} failed; its log says why")


def _option_in(message: str) -> str | None:
    """The field at fault, where a message of the engine begins with the name of an option."""
    name = message.partition(":")[0]
    return f"options.{name}" if name in Options.model_fields else None


def late(deadline: Deadline) -> DeadlineExceeded:
    """The engine itself says that the time is over."""
    error = deadline.exceeded()
    error.by_engine = True
    return error


def restarting(*, taken: bool = True) -> EngineRestarting:
    """Triton, or one of its models, is down, and the supervisor brings it back; `taken`: see EngineRestarting."""
    error = EngineRestarting("the OCR server is restarting; send it again", retry_after=_RESTART_SECONDS)
    error.taken = taken
    return error

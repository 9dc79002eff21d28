"""The error tree of the engines.

EngineError
├── InvalidInput            the caller's fault: a 4xx at the edge
│   ├── BadImage            the bytes are no image, or an image over a limit
│   ├── BadOption           an option that does not exist, or a value outside its range
│   └── UnsupportedOption   an option that the running engine can't honour
├── Overloaded              more work in flight than a limit allows; try again later
├── DeadlineExceeded        the request's deadline passed before its work was done
├── Cancelled               nobody waits for it any more
├── ModelUnavailable        a model's process is gone, or its work given up; it comes back by itself, or with Triton
│   └── ServerUnavailable   the server at VLM_URL can't be reached; a restart of Triton does not help
├── MissingWeights          a file of a model is absent or not the one expected
├── BadSetting              a setting names something that is not there, or that refuses us
└── EngineFailure           the engine broke on input that should have worked
    └── ServerFailure       the server at VLM_URL did, or it is no VLM server

A Triton callee's error code reaches its BLS caller as INTERNAL, so the kind travels in the text: `str(error)` is the
message for people, `error.to_wire()` is "[code] message", and `from_wire` makes the same error of it again.
"""

from __future__ import annotations

import re
from typing import ClassVar


class EngineError(Exception):
    """Anything that an engine refuses or fails at. `code` names the kind on the wire."""

    code: ClassVar[str] = "engine_error"

    def to_wire(self) -> str:
        """The error as "[code] message", which `from_wire` reads back."""
        return f"[{self.code}] {self}"


class InvalidInput(EngineError):
    """The request can't be served as it is; sending it again will not help."""

    code = "invalid_input"


class BadImage(InvalidInput):
    """The bytes can't be decoded as an image, or the image is over a limit."""

    code = "bad_image"


class BadOption(InvalidInput):
    """An option that does not exist, or a value outside its range."""

    code = "bad_option"


class UnsupportedOption(InvalidInput):
    """An option that exists, but that the running engine can't honour."""

    code = "unsupported_option"


class Overloaded(EngineError):
    """A limit on work in flight is reached; nothing was done."""

    code = "overloaded"


class DeadlineExceeded(EngineError):
    """The deadline passed before the work was done."""

    code = "deadline_exceeded"


class Cancelled(EngineError):
    """Who asked for it said that he does not wait any more."""

    code = "cancelled"


class ModelUnavailable(EngineError):
    """A model could not be asked, as when its process has died, or had to begin anew; the request can be sent again."""

    code = "model_unavailable"


class ServerUnavailable(ModelUnavailable):
    """The server at VLM_URL can't be reached: it is down, or not up yet. Restarting Triton does not help."""

    code = "server_unavailable"


class MissingWeights(EngineError):
    """A model's file is absent, or is not the one that the engine was written for."""

    code = "missing_weights"


class BadSetting(EngineError):
    """A setting names something that is not there, or that refuses us; only its owner can put it right."""

    code = "bad_setting"


class EngineFailure(EngineError):
    """The engine broke on input that should have worked."""

    code = "engine_failure"


class ServerFailure(EngineFailure):
    """The server at VLM_URL broke on input that should have worked, or does not speak as a VLM server does."""

    code = "server_failure"


_KINDS: dict[str, type[EngineError]] = {
    kind.code: kind
    for kind in (
        EngineError,
        InvalidInput,
        BadImage,
        BadOption,
        UnsupportedOption,
        Overloaded,
        DeadlineExceeded,
        Cancelled,
        ModelUnavailable,
        ServerUnavailable,
        MissingWeights,
        BadSetting,
        EngineFailure,
        ServerFailure,
    )
}
_WIRE = re.compile(r"\[([a-z_]+)\] (.*)", re.DOTALL)


def from_wire(text: str) -> EngineError:
    """Make the error that `to_wire` wrote, wherever it stands in the text.

    A text without one is no model's but Triton's own, which could not ask the model: ModelUnavailable.
    """
    found = _WIRE.search(text)
    if found and found[1] in _KINDS:
        return _KINDS[found[1]](found[2])
    return ModelUnavailable(text)

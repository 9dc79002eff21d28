"""What a VLM server answers: a text, the names of its models, or an error in one of many shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from engines.errors import BadSetting, EngineError, InvalidInput, Overloaded, ServerFailure, ServerUnavailable
from engines.vlm.base import FinishReason

_TOLD_MAX = 300
"""Characters that are told of a server's own message."""
_ENCODED = re.compile(r"data:[^\s\"']*|[A-Za-z0-9+/=]{80,}")
"""An image that a server's message echoes."""
_FINISH: Mapping[str, FinishReason] = {"stop": "stop", "length": "length", "repetition": "repetition"}


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message
    finish_reason: str


class _Usage(BaseModel):
    completion_tokens: Annotated[int, Field(ge=0)]


class _Completion(BaseModel):
    choices: Annotated[list[_Choice], Field(min_length=1)]
    usage: _Usage


class _Model(BaseModel):
    id: str
    root: str | None = None


class _Models(BaseModel):
    data: list[_Model]


class Completion(BaseModel):
    """The text of a crop, the tokens it took, and why it ends."""

    text: str
    tokens: int
    finish_reason: FinishReason


Answer = TypeVar("Answer", bound=BaseModel)


def read_completion(body: bytes) -> Completion:
    """Read a successful answer to a chat completion. Raises ServerFailure."""
    completion = _parse(_Completion, body)
    choice = completion.choices[0]
    reason = _FINISH.get(choice.finish_reason)
    if reason is None:
        raise ServerFailure(f"the server at VLM_URL ended a text for the reason {choice.finish_reason[:40]!r}")
    return Completion(text=choice.message.content, tokens=completion.usage.completion_tokens, finish_reason=reason)


def read_models(body: bytes) -> dict[str, bool]:
    """The names of the models that the server lists, each with whether it is a PaddleOCR-VL. Raises ServerFailure."""
    models = _parse(_Models, body).data
    return {model.id: _is_ours(model.id) or _is_ours(model.root or "") for model in models}


def error_of(status: int, body: bytes) -> EngineError:
    """What a status that is no success means here; the server's own words are told, but no image that they repeat."""
    said = _said(body)
    if status in (401, 403):
        return BadSetting(f"the server at VLM_URL refuses the key ({status}): set VLM_API_KEY{said}")
    if status in (404, 405):
        return BadSetting(
            f"the server at VLM_URL has no such model or path ({status}): see VLM_MODEL and VLM_URL{said}"
        )
    if status in (429, 503):
        return Overloaded(f"the server at VLM_URL has no room at the moment ({status}): send it again later{said}")
    if status in (502, 504):
        return ServerUnavailable(f"what answers at VLM_URL can't reach the VLM server behind it ({status}){said}")
    if 300 <= status < 400:
        return ServerFailure(f"VLM_URL redirects ({status}), which is not followed: name the final address")
    if status in (400, 413, 422):
        return InvalidInput(f"the server at VLM_URL refuses the crop or an option of it ({status}){said}")
    return ServerFailure(f"the server at VLM_URL failed ({status}){said}")


def _parse(kind: type[Answer], body: bytes) -> Answer:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise ServerFailure(
            f"the server at VLM_URL does not answer as OpenAI's API does ({where}: {first['msg']}): see VLM_URL"
        ) from None


def _is_ours(name: str) -> bool:
    return "paddleocr-vl" in name.lower().replace("_", "-")


def _said(body: bytes) -> str:
    """The server's message, to follow a sentence; empty where there is none."""
    text = body.decode(errors="replace").strip()
    try:
        text = _message(json.loads(text)) or ""
    except ValueError:
        text = "" if text.startswith("<") else text
    text = _ENCODED.sub("…", " ".join(text.split()))
    return f"; it says: {text[:_TOLD_MAX]}{'…' if len(text) > _TOLD_MAX else ''}" if text else ""


def _message(value: Any) -> str | None:
    """The sentence in an error of OpenAI's, vLLM's or FastAPI's shape."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, map(_message, value)))
    if isinstance(value, dict):
        return next((told for key in ("error", "message", "detail", "msg") if (told := _message(value.get(key)))), None)
    return None

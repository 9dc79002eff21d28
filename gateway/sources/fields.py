"""The fields of a request: read from JSON, and checked against their types and ranges."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import GatewayError, InvalidField, MalformedBody, UnknownField
from gateway.options import Options
from gateway.schemas import OcrRequest

_DEEPEST = 20
"""Levels of nesting; no option needs more than three."""


def parse_json(raw: bytes) -> dict[str, Any]:
    """`raw` as a JSON object; raises MalformedBody."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise MalformedBody("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise MalformedBody("the body must be a JSON object")
    if _deeper_than(fields, _DEEPEST):
        raise MalformedBody(f"the body is nested more than {_DEEPEST} levels deep")
    return fields


def validate(fields: dict[str, Any]) -> OcrRequest:
    """`fields` as a request; raises UnknownField or InvalidField, without a word of the document in the message."""
    try:
        return OcrRequest.model_validate(fields)
    except ValidationError as error:
        raise _first_fault(error.errors(include_input=False, include_url=False, include_context=False)[0]) from None


def _first_fault(fault: ErrorDetails) -> GatewayError:
    if not fault["loc"]:
        return InvalidField(fault["msg"])
    # Deeper parts of the place name branches of a union, which mean nothing to the client.
    place = [str(part)[:100] for part in fault["loc"][: 2 if fault["loc"][0] == "options" else 1]]
    name = ".".join(place)
    model = Options if len(place) == 2 else OcrRequest
    if fault["type"] == "extra_forbidden":
        kind = "option" if model is Options else "field"
        return UnknownField(f"there is no {kind} {place[-1]}; there are {', '.join(model.model_fields)}", param=name)
    return InvalidField(f"{name}: {fault['msg']}. It is: {model.model_fields[place[-1]].description}", param=name)


def _deeper_than(value: object, levels: int) -> bool:
    """Whether JSON is nested deeper; what is handed on must not overturn a parser behind (Triton's dies of it)."""
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    return any(_deeper_than(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))

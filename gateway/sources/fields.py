"""The fields of a request: read from JSON, and checked against their types and ranges."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import GatewayError, InvalidField, MalformedBody, UnknownField
from gateway.schemas import OcrRequest
from gateway.sources.form import Form, Parsed

M = TypeVar("M", bound=BaseModel)

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


def validate(model: type[M], fields: dict[str, Any]) -> M:
    """`fields` as `model`; raises UnknownField or InvalidField, without a word of the document in the message."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _told(model, fault) from None


def _parse_ocr(fields: dict[str, Any]) -> Parsed[OcrRequest]:
    parsed = validate(OcrRequest, fields)
    return Parsed(parsed.model_copy(update={"file": None}), parsed.file, parsed.url, parsed.timeout)


OCR_FORM = Form(_parse_ocr, multipart=True, json_parts=("options",))
"""The body of POST /ocr."""


def _told(model: type[BaseModel], fault: ErrorDetails) -> GatewayError:
    if not fault["loc"]:
        return InvalidField(fault["msg"].removeprefix("Value error, "))
    # Deeper parts of the place name branches of a union, which mean nothing to the client.
    inner = _model_at(model, fault["loc"][0])
    place = [str(part)[:100] for part in fault["loc"][: 2 if inner else 1]]
    name = ".".join(place)
    holder = inner if inner and len(place) == 2 else model
    if fault["type"] == "extra_forbidden":
        kind = "option" if holder is inner else "field"
        return UnknownField(f"there is no {kind} {place[-1]}; there are {', '.join(holder.model_fields)}", param=name)
    described = holder.model_fields[place[-1]].description
    message = fault["msg"].removeprefix("Value error, ")
    return InvalidField(f"{name}: {message}" + (f". It is: {described}" if described else ""), param=name)


def _model_at(model: type[BaseModel], name: int | str) -> type[BaseModel] | None:
    """The model that the field `name` holds; None where it holds something else, or there is no such field."""
    field = model.model_fields.get(str(name))
    inner = field.annotation if field else None
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _deeper_than(value: object, levels: int) -> bool:
    """Whether JSON is nested deeper; what is handed on must not overturn a parser behind (Triton's dies of it)."""
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    return any(_deeper_than(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value))

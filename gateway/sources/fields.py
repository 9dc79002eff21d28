"""The fields of a request, checked against their types and ranges."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import GatewayError, InvalidField, UnknownField
from gateway.options import Options
from gateway.schemas import OcrRequest
from gateway.sources.form import Form, Parsed

M = TypeVar("M", bound=BaseModel)


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
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return InvalidField(message)
    names, holder = _place(model, fault)
    name = ".".join(names)
    if fault["type"] == "extra_forbidden":
        kind = "option" if issubclass(holder, Options) else "field"
        return UnknownField(f"there is no {kind} {names[-1]}; there are {', '.join(holder.model_fields)}", param=name)
    field = holder.model_fields.get(names[-1])
    described = field.description if field else None
    return InvalidField(f"{name}: {message}" + (f". It is: {described}" if described else ""), param=name)


def _place(model: type[BaseModel], fault: ErrorDetails) -> tuple[list[str], type[BaseModel]]:
    """The names of the fields, and the numbers of items, that lead to a fault; and the model that has the last field.

    What else pydantic tells are branches of unions, which mean nothing to the client. One that is a model bears its
    name, and comes after a field.
    """
    names: list[str] = []
    holder, inside, after_field = model, [model], False
    for part in fault["loc"]:
        branch = [found for found in inside if found.__name__ == part] if after_field else []
        after_field = False
        if branch:
            inside = branch
        elif inside and isinstance(part, int):
            names.append(str(part))
        elif inside and (part in inside[0].model_fields or fault["type"] == "extra_forbidden"):
            names.append(str(part)[:100])
            holder, after_field = inside[0], True
            inside = _models_in(holder.model_fields[part].annotation) if part in holder.model_fields else []
        else:
            break
    return names, holder


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that a field of this type can hold, itself or in a list."""
    if parts := get_args(annotation):
        return [found for part in parts for found in _models_in(part)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []

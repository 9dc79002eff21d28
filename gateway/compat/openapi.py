"""The bodies of these dialects in OpenAPI: they are read by hand, because their size is counted while they come."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def json_body(model: type[BaseModel], *, attached: str | None = None) -> dict[str, Any]:
    """A JSON body of `model`, with the models in it in place, or the same as multipart with a file as `attached`."""
    schema = model.model_json_schema(ref_template="#/{model}")
    parts = schema.pop("$defs", {})
    as_json = _inlined(schema, parts)
    content = {"application/json": {"schema": as_json}}
    if attached is not None:
        file = {"type": "string", "format": "binary", "description": "The document."}
        as_form = {**as_json, "properties": {**as_json["properties"], attached: file}}
        content["multipart/form-data"] = {"schema": as_form}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].removeprefix("#/")], parts)
    return {key: _inlined(value, parts) for key, value in schema.items()}

"""The bodies of these dialects in OpenAPI: they are read by hand, because their size is counted while they come."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON body of `model`, with the models in it in place."""
    schema = model.model_json_schema(ref_template="#/{model}")
    parts = schema.pop("$defs", {})
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema, parts)}}}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].removeprefix("#/")], parts)
    return {key: _inlined(value, parts) for key, value in schema.items()}

"""The bodies of requests in OpenAPI: they are read by hand, because their size is counted while they come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel


def request_body(
    model: type[BaseModel], *, attached: str | None = None, json_parts: Collection[str] = ()
) -> dict[str, Any]:
    """A JSON body of `model`, with the models in it in place; or the same as multipart, with a file as `attached`.

    In multipart, `json_parts` are JSON strings.
    """
    schema = model.model_json_schema(ref_template="#/{model}")
    parts = schema.pop("$defs", {})
    as_json = _inlined(schema, parts)
    content = {"application/json": {"schema": as_json}}
    if attached is not None:
        fields = as_json["properties"]
        file = {"type": "string", "format": "binary", "description": "The document."}
        texts = {
            name: {"type": "string", "description": f"{fields[name]['description']} As a JSON string."}
            for name in json_parts
        }
        content["multipart/form-data"] = {"schema": {**as_json, "properties": {**fields, attached: file, **texts}}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return {**_inlined(parts[schema["$ref"].removeprefix("#/")], parts), **beside}
    return {key: _inlined(value, parts) for key, value in schema.items()}

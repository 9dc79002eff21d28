"""Options that come as JSON in a tensor: each checked, none ignored, the wrong one named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from engines.errors import BadOption


class JsonOptions(BaseModel):
    """The base of a model's options; a subclass lists them as fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read an OPTIONS tensor; an empty one holds no options. Raises BadOption, naming the field that is wrong."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValidationError as error:
            raise cls._bad_option(error) from error

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Read options that were JSON before. Raises BadOption, naming the field that is wrong."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise cls._bad_option(error) from error

    @classmethod
    def complaint(cls, name: str, kind: str, message: str) -> str:
        """What to tell of a wrong field; `kind` and `message` are pydantic's."""
        if kind == "extra_forbidden":
            known = ", ".join(sorted(field.alias or key for key, field in cls.model_fields.items()))
            return f"{name} is not an option here; known are {known}"
        return f"{name}: {message}"

    @classmethod
    def _bad_option(cls, error: ValidationError) -> BadOption:
        first: Any = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "OPTIONS"
        return BadOption(cls.complaint(name, first["type"], first["msg"]))

"""Options that come as JSON in a tensor: each checked, none ignored, the wrong one named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from engines.errors import BadOption

_ALTERNATIVE = re.compile(r"[\[-]")


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
        """The first field that is wrong, by the complaint that reaches furthest into its value.

        Of a field that may be a number or a dictionary pydantic complains about both; what fits best goes deepest.
        """
        complaints: list[Any] = error.errors(include_url=False)
        field = complaints[0]["loc"][:1]
        worst = max((found for found in complaints if found["loc"][:1] == field), key=lambda found: len(found["loc"]))
        # The names of the alternatives stand between those of the fields: "dict[str,float]", "constrained-float".
        name = ".".join(str(part) for part in worst["loc"] if not _ALTERNATIVE.search(str(part)))
        return BadOption(cls.complaint(name or "OPTIONS", worst["type"], worst["msg"]))

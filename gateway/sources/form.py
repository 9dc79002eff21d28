"""What a route makes of a body: its own fields, and where among them the document is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

F = TypeVar("F")
Fields = TypeVar("Fields", covariant=True)


@dataclass(frozen=True)
class Parsed(Generic[Fields]):
    """A body as its route understands it: the `fields` and, in them, the document.

    `file` is the document as Base64 or as a data: URI, `url` its address; `timeout` is in seconds.
    """

    fields: Fields
    file: str | None = None
    url: str | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class Form(Generic[F]):
    """How a route reads its body, which is JSON, or multipart with a `file` where `multipart` says so.

    `parse` takes the fields as they came, and raises an InvalidRequest; `json_parts` names the parts of multipart that
    hold JSON.
    """

    parse: Callable[[dict[str, Any]], Parsed[F]]
    multipart: bool = False
    json_parts: tuple[str, ...] = ()

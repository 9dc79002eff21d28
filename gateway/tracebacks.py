"""Tracebacks without the texts of exceptions, which may quote what stands in a document."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from gateway.errors import GatewayError

_HARMLESS = (GatewayError, OSError)
"""What says nothing of documents: our own errors, and the operating system's."""


def without_texts(error: BaseException) -> str:
    """Where `error` and what led to it were raised, each with its type and no more."""
    return "".join(_parts(error)).rstrip("\n")


def _parts(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _parts(before)
        yield "and then\n"
    yield from traceback.format_tb(error.__traceback__)
    text = f": {error}" if isinstance(error, _HARMLESS) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{text}\n"
    for inner in getattr(error, "exceptions", ()):
        yield "one of them\n"
        yield from _parts(inner)

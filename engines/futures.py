"""Ending a future that whoever waited for may have cancelled in the meantime."""

from __future__ import annotations

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def succeed(future: Future[T], result: T) -> None:
    """End a future with a result, unless it has ended."""
    with suppress(InvalidStateError):
        future.set_result(result)


def fail(future: Future[T], error: Exception) -> None:
    """End a future with an error, unless it has ended."""
    with suppress(InvalidStateError):
        future.set_exception(error)

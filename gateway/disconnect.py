"""Work that ends when nobody waits for it any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive, Scope

from gateway.errors import ClientDisconnected

T = TypeVar("T")

HUNG_UP = "paddleocr_vl.hung_up"
"""The extension of a request's scope that tells whether its client has hung up; `gateway.connections` puts it there."""
_LOOK_SECONDS = 0.25


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Run `work`, and cancel it when the client of a request whose body has been read goes away.

    Raises ClientDisconnected.
    """
    working = asyncio.create_task(work)
    watching = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnected("the client went away")
        return working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def unless_hung_up(scope: Scope, work: Coroutine[Any, Any, T]) -> T:
    """Run `work`, and cancel it when the client of a request hangs up whose body has not been read.

    What has come of the body would hide it from `receive`. Raises ClientDisconnected.
    """
    hung_up: Callable[[], bool] | None = scope.get("extensions", {}).get(HUNG_UP)
    if hung_up is None:
        return await work
    working = asyncio.create_task(work)
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=_LOOK_SECONDS)
            if not working.done() and hung_up():
                raise ClientDisconnected("the client went away")
        return working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

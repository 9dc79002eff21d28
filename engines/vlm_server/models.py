"""Which of the server's models is asked."""

from __future__ import annotations

import asyncio

import anyio

from engines.errors import BadSetting, EngineError
from engines.settings import EngineSettings
from engines.vlm_server.answers import error_of, read_models
from engines.vlm_server.connection import Connection

UNKNOWN = "PaddleOCR-VL"
"""What answers call the model while its server is down and VLM_MODEL is not set."""
_SECONDS = 10.0


async def listed_models(connection: Connection) -> dict[str, bool]:
    """The names that the server lists, each with whether it is a PaddleOCR-VL. Raises EngineError."""
    reply = await connection.get("/models")
    if reply.status != 200:
        raise error_of(reply.status, reply.body)
    return read_models(reply.body)


async def find_model(connection: Connection, settings: EngineSettings) -> str:
    """VLM_MODEL, or the one PaddleOCR-VL that the server lists.

    Raises:
        BadSetting: it lists none, or several.
        EngineError: it does not list its models.
    """
    if settings.vlm_model is not None:
        return settings.vlm_model
    models = await listed_models(connection)
    ours = [name for name, is_ours in models.items() if is_ours]
    if len(ours) != 1:
        names = ", ".join(models) or "no model"
        raise BadSetting(
            f"the server at VLM_URL lists {len(ours) or 'no'} PaddleOCR-VL, so VLM_MODEL must name one of: {names}"
        )
    return ours[0]


def served_model(settings: EngineSettings) -> str:
    """The name of the model that is asked; UNKNOWN where that can't be found out now. Takes 10 seconds at most."""
    if settings.vlm_model is not None:
        return settings.vlm_model

    async def ask() -> str:
        connection = Connection(settings)
        try:
            with anyio.fail_after(_SECONDS):
                return await find_model(connection, settings)
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except (EngineError, TimeoutError):
        return UNKNOWN

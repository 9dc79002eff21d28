"""The recognition engine that asks an OpenAI-compatible server of PaddleOCR-VL (vLLM, SGLang, FastDeploy, …)."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import anyio
import numpy as np

from engines.errors import BadSetting, EngineError, EngineFailure, InvalidInput
from engines.futures import fail, succeed
from engines.settings import EngineSettings
from engines.vlm.base import Crop, Text, VlmOptions
from engines.vlm_server.answers import Completion, error_of, read_completion
from engines.vlm_server.connection import Connection
from engines.vlm_server.loop import LoopThread
from engines.vlm_server.models import find_model, listed_models
from engines.vlm_server.requests import Requests

logger = logging.getLogger("paddleocr_vl")

_CHECK_SECONDS = 30.0
"""How long the server may take for the first crop; a slower one is told of, and found out about later."""


class ServerVlm:
    """Sends each crop to the server at VLM_URL, at most VLM_MAX_IN_FLIGHT at once, in the order of their arrival.

    A crop's deadline covers its wait, the connection and the answer; without one, OCR_TIMEOUT does. See
    docs/vlm-server.md. Raises BadSetting where VLM_URL or VLM_API_KEY can't be used.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._requests = Requests(settings)
        self._connection = Connection(settings)
        self._permits = anyio.CapacityLimiter(settings.vlm_max_in_flight)
        self._model: str | None = None
        self._finding = anyio.Lock()

    def load(self) -> None:
        """Have the server read a blank crop. One that is down, busy or slow is told of in the log, and asked later.

        Raises:
            BadSetting: the server refuses the key, has no such model, or can't be asked as VLM_BACKEND says.
        """
        self._loop = LoopThread("vlm-server")
        self._encoders = ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="vlm-encode")
        try:
            self._loop.run(self._check())
        except EngineError:
            self.close()
            raise

    def submit(self, crops: Sequence[Crop]) -> list[Future[Text]]:
        """Queue the crops; each future ends on its own, with its text or with an EngineError.

        Cancelling a future closes its crop's connection, by which the server learns that nobody waits.
        """
        return [self._submit(crop) for crop in crops]

    def close(self) -> None:
        """Finish nothing more; futures still open end with EngineFailure."""
        self._loop.close(last=self._connection.close)
        self._encoders.shutdown(wait=False, cancel_futures=True)

    def _submit(self, crop: Crop) -> Future[Text]:
        future: Future[Text] = Future()
        if not self._loop.spawn(partial(self._answer, crop, future, time.perf_counter())):
            fail(future, EngineFailure("the client of the VLM server was closed"))
        return future

    async def _check(self) -> None:
        white = np.full((56, 224, 3), 255, np.uint8)
        options = VlmOptions(max_new_tokens=1, deadline=time.time() + _CHECK_SECONDS)
        try:
            text = await self._read(Crop(white, "OCR:", options), time.perf_counter())
        except (BadSetting, InvalidInput) as error:
            raise BadSetting(f"VLM_MODEL, VLM_BACKEND or VLM_API_KEY: {error}{await self._served()}") from error
        except EngineError as error:
            logger.warning("%s (VLM_URL is %s; crops fail until it answers)", error, self._connection.address)
        else:
            if text.finish_reason == "deadline":
                logger.warning("no answer from %s within %g seconds", self._connection.address, _CHECK_SECONDS)

    async def _served(self) -> str:
        """What the server lists, to follow a sentence; empty where it does not say."""
        try:
            with anyio.fail_after(_CHECK_SECONDS):
                names = await listed_models(self._connection)
        except (EngineError, TimeoutError):
            return ""
        return f" (it lists: {', '.join(names)})" if names else ""

    async def _answer(self, crop: Crop, future: Future[Text], queued_at: float) -> None:
        """End the future of a crop, whatever happens."""
        loop, scope = asyncio.get_running_loop(), anyio.CancelScope()
        future.add_done_callback(lambda done: done.cancelled() and loop.call_soon_threadsafe(scope.cancel))
        try:
            with scope:
                succeed(future, await self._read(crop, queued_at))
        except asyncio.CancelledError:
            fail(future, EngineFailure("the client of the VLM server was closed"))
            raise
        except EngineError as error:
            fail(future, error)
        except Exception as error:
            logger.exception("a crop could not be asked of the VLM server")
            fail(future, EngineFailure(f"the client of the VLM server failed ({type(error).__name__})"))

    async def _read(self, crop: Crop, queued_at: float) -> Text:
        """The text of a crop, or what is known of it at its deadline: nothing. Raises EngineError."""
        self._requests.check(crop)
        deadline = crop.options.deadline
        seconds = self._settings.ocr_timeout if deadline is None else deadline - time.time()
        begun_at: float | None = None
        completion = Completion(text="", tokens=0, finish_reason="deadline")
        # Leaving the block closes the connection, by which the server learns that nobody waits any more.
        with anyio.move_on_after(seconds):
            async with self._permits:
                begun_at = time.perf_counter()
                completion = await self._complete(crop)
        ended_at = time.perf_counter()
        return Text(
            completion.text,
            completion.tokens,
            completion.finish_reason,
            queue_seconds=(begun_at or ended_at) - queued_at,
            engine_seconds=ended_at - (begun_at or ended_at),
        )

    async def _complete(self, crop: Crop) -> Completion:
        body = await asyncio.get_running_loop().run_in_executor(self._encoders, self._requests.body, crop)
        async with self._finding:
            model = self._model = self._model or await find_model(self._connection, self._settings)
        reply = await self._connection.post("/chat/completions", body(model))
        if reply.status == 200:
            return read_completion(reply.body)
        error = error_of(reply.status, reply.body)
        if isinstance(error, BadSetting):
            # A server that came back may call its model otherwise.
            self._model = None
        raise error

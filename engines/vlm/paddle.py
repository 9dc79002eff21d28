"""The recognition engine on the offline PaddleOCR-VL weights: all crops decode together (engines.decoding)."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np

from engines.decoding.observer import Observer
from engines.decoding.prompts import Prompt, PromptMaker
from engines.decoding.repetition import continued, loop_period
from engines.decoding.rows import Row
from engines.decoding.streaming import TextStream
from engines.errors import BadOption, EngineError, EngineFailure, MissingWeights, ModelUnavailable
from engines.futures import fail, succeed
from engines.settings import EngineSettings
from engines.vlm.base import Crop, FinishReason, Text, VlmOptions
from engines.weights.folder import find_weights

if TYPE_CHECKING:
    from engines.decoding.loop import DecodeLoop

logger = logging.getLogger("paddleocr_vl")

PREPARING_THREADS = 4
"""Threads that scale pictures, beside the one that decodes."""
WATCH_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
"""After so long a thread that prepares crops gives Python's lock to the one that decodes, which asks for it many
times a step. By default that may take 5 ms each time."""
CLOSED = "the VLM was closed"


class PaddleVlm:
    """Reads crops with PaddleOCR-VL, many at a time. See docs/decoding.md."""

    def __init__(self, settings: EngineSettings, observer: Observer | None = None) -> None:
        self._settings = settings
        self._observer = observer
        self._open: set[Future[Text]] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""
        model = find_weights(self._settings).vlm
        if model is None:
            raise MissingWeights("VLM_ENGINE=server leaves the reading to VLM_URL: this engine has no weights then")
        from engines.decoding.checkpoint import load_checkpoint
        from engines.decoding.decoder import open_decoder
        from engines.decoding.memory import cache_tokens
        from engines.decoding.vision import open_tower

        sys.setswitchinterval(SWITCH_SECONDS)
        checkpoint = load_checkpoint(model, self._settings)
        self._eos = checkpoint.eos
        self._device = checkpoint.device
        self._maker = PromptMaker(checkpoint.processor, checkpoint.config.image_token_id)
        self._tower = open_tower(checkpoint.model, self._settings.paddle_threads)
        self._decoder = open_decoder(checkpoint.model, self._settings.paddle_threads)
        self._cache_tokens = cache_tokens(self._settings, self._decoder.cache_shape, self._device)
        self._preparing = ThreadPoolExecutor(PREPARING_THREADS, thread_name_prefix="vlm-prepare")
        # Apart: a title that is read does not wait until a burst of new crops is prepared.
        self._answering = ThreadPoolExecutor(1, thread_name_prefix="vlm-answer")
        self._loop = self._start_loop()
        threading.Thread(target=self._watch, name="vlm-watch", daemon=True).start()
        white = np.full((56, 56, 3), 255, np.uint8)
        for future in self.submit([Crop(white, "OCR:", VlmOptions(max_new_tokens=2, min_pixels=56 * 56))]):
            future.result()

    def submit(self, crops: Sequence[Crop]) -> list[Future[Text]]:
        """Queue the crops; each future ends on its own, with its text or with an EngineError.

        Cancelling a future takes its crop out of the loop at the next step.
        """
        return [self._submit(crop) for crop in crops]

    def stream(self, crop: Crop) -> Generator[str, None, Text]:
        """Yield the text of one crop piece by piece as it is decoded, and return it whole; closed early, it cancels.

        Raises:
            EngineError: the crop can't be read.
        """
        tokens: SimpleQueue[int | None] = SimpleQueue()
        skip = crop.options.skip_special_tokens
        pieces = TextStream(partial(self._maker.text, skip_special_tokens=skip))
        future = self._submit(crop, tokens)
        future.add_done_callback(lambda _: tokens.put(None))
        told = ""
        try:
            while (token := tokens.get()) is not None:
                if piece := pieces.add(token):
                    told += piece
                    yield piece
            read = future.result()
            # What the tokenizer held back, and what is written on of a text that went round in a loop.
            if rest := read.text.removeprefix(told) if read.text.startswith(told) else pieces.end():
                yield rest
            return read
        finally:
            future.cancel()

    def close(self) -> None:
        """Finish nothing more; futures still open end with EngineFailure."""
        self._closed.set()
        self._loop.close()
        self._preparing.shutdown(cancel_futures=True)
        self._answering.shutdown(cancel_futures=True)
        self._fail_open(EngineFailure, CLOSED)
        for thread in self._threads:
            thread.join(self._settings.vlm_step_timeout)

    def _submit(self, crop: Crop, tokens: SimpleQueue[int | None] | None = None) -> Future[Text]:
        future: Future[Text] = Future()
        with self._lock:
            self._open.add(future)
        future.add_done_callback(self._forget)
        try:
            self._preparing.submit(self._prepare, crop, future, tokens, time.perf_counter())
        except RuntimeError:
            fail(future, EngineFailure(CLOSED))
        return future

    def _prepare(
        self, crop: Crop, future: Future[Text], tokens: SimpleQueue[int | None] | None, queued_at: float
    ) -> None:
        """Make a crop ready and hand it to the loop, unless nobody waits for it any more."""
        if future.done():
            return
        deadline = crop.options.deadline
        if deadline is not None and time.time() >= deadline:
            succeed(future, Text("", 0, "deadline", queue_seconds=time.perf_counter() - queued_at))
            return
        try:
            row = Row(self._prompt(crop), future, tokens.put if tokens else None, queued_at=queued_at)
        except EngineError as error:
            fail(future, error)
            return
        except Exception as error:  # noqa: BLE001 - one bad crop must not reach the others
            fail(future, EngineFailure(f"the crop could not be prepared: {error!r}"))
            return
        with self._lock:
            self._loop.submit([row])

    def _prompt(self, crop: Crop) -> Prompt:
        from engines.decoding.memory import lane_length

        # The official native engine shows its model pictures with red and blue exchanged.
        image = crop.image[..., ::-1] if self._settings.vlm_colour_order == "bgr" else crop.image
        prompt = self._maker.make(Crop(np.ascontiguousarray(image), crop.prompt, crop.options))
        most = lane_length(self._device)(prompt.length + crop.options.max_new_tokens)
        if most > self._cache_tokens:
            raise BadOption(
                f"{prompt.length} tokens of the prompt and {crop.options.max_new_tokens} new ones (max_new_tokens) "
                f"take {most} tokens of the cache, which has {self._cache_tokens} (VLM_CACHE_TOKENS)"
            )
        return prompt

    def _start_loop(self) -> DecodeLoop:
        from engines.decoding.cache import Cache
        from engines.decoding.loop import DecodeLoop, Limits
        from engines.decoding.memory import lane_length, slots

        settings = self._settings
        loop = DecodeLoop(
            self._tower,
            self._decoder,
            Cache(self._decoder.cache_shape, self._cache_tokens, lane_length(self._device)),
            Limits(slots(settings, self._device), settings.vlm_repetition_tokens),
            self._eos,
            self._end,
            self._observer,
            encodes_ahead=self._tower.encodes_ahead,
        )
        self._threads = [threading.Thread(target=self._run, args=(loop.run,), name="vlm-decode", daemon=True)]
        if loop.encoder:
            encode = threading.Thread(target=self._run, args=(loop.encoder.run,), name="vlm-encode", daemon=True)
            self._threads.append(encode)
        for thread in self._threads:
            thread.start()
        return loop

    def _run(self, work: Callable[[], None]) -> None:
        import paddle

        # Both are kept by thread.
        paddle.set_device(self._device)
        with paddle.no_grad():
            work()

    def _end(self, row: Row, reason: FinishReason) -> None:
        """Write the text of a row that has ended, off the loop's thread."""
        try:
            self._answering.submit(self._answer, row, reason)
        except RuntimeError:
            fail(row.future, EngineFailure(CLOSED))

    def _answer(self, row: Row, reason: FinishReason) -> None:
        options = row.prompt.options
        tokens = row.generated
        try:
            if reason == "repetition" and (period := loop_period(tokens, 1)):
                tokens = continued(tokens, period, options.max_new_tokens)
            text = self._maker.text(tokens, skip_special_tokens=options.skip_special_tokens)
            row.answer(text, len(row.generated), reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, this crop must be answered
            fail(row.future, EngineFailure(f"the text of the crop could not be written: {error!r}"))

    def _watch(self) -> None:
        """Replace a loop that has stopped moving or has ended, and tell the crops in it."""
        limit = self._settings.vlm_step_timeout
        while not self._closed.wait(WATCH_SECONDS):
            loop, still = self._loop, time.monotonic() - self._loop.beat
            if all(thread.is_alive() for thread in self._threads) and (loop.is_idle or still < limit):
                continue
            message = f"the decode loop made no progress for {still:.0f} s (VLM_STEP_TIMEOUT={limit:g})"
            logger.error("%s: it is restarted; %d crops fail", message, len(self._open))
            loop.close()
            with self._lock:
                self._loop = self._start_loop()
            # Most of them are innocent, and the loop that is there now reads them.
            self._fail_open(ModelUnavailable, f"{message} and was restarted; send the page again")

    def _fail_open(self, kind: type[EngineError], message: str) -> None:
        with self._lock:
            futures = list(self._open)
        for future in futures:
            fail(future, kind(message))

    def _forget(self, future: Future[Text]) -> None:
        with self._lock:
            self._open.discard(future)

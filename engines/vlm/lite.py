"""The recognition engine for a CPU: text lines by PP-OCR and Tesseract, tables by SLANet."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock

import numpy as np

from engines.errors import EngineFailure, UnsupportedOption
from engines.lite.crop_job import CropJob, Readers
from engines.lite.models import Models
from engines.lite.options import PROMPTS, vlm_refusal
from engines.lite.workers import FairPool
from engines.settings import EngineSettings
from engines.vlm.base import Crop, Text


class LiteVlm:
    """Reads crops on a CPU. See docs/lite-engine.md."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._jobs: set[CropJob] = set()
        self._lock = Lock()

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""
        models = Models(self._settings)
        self._readers = Readers(models.text_detector(), models.line_reader(), models.tables())
        self._pool = FairPool(self._settings.lite_threads, "lite-vlm")
        white = np.full((64, 256, 3), 255, np.uint8)
        for future in self.submit([Crop(white, prompt) for prompt in PROMPTS]):
            future.result()

    def submit(self, crops: Sequence[Crop]) -> list[Future[Text]]:
        """Queue the crops; each future ends on its own, with its text or with an EngineError."""
        return [self._submit(crop) for crop in crops]

    def close(self) -> None:
        """Finish nothing more; futures still open end with EngineFailure."""
        self._pool.close()
        with self._lock:
            jobs = list(self._jobs)
        for job in jobs:
            job.fail(EngineFailure("the lite engine was closed"))

    def _submit(self, crop: Crop) -> Future[Text]:
        job = CropJob(crop, self._readers, self._pool)
        if reason := _refusal(crop):
            job.fail(UnsupportedOption(reason))
            return job.future
        with self._lock:
            self._jobs.add(job)
        job.future.add_done_callback(lambda _: self._forget(job))
        try:
            job.start()
        except RuntimeError as error:
            job.fail(EngineFailure(f"lite engine: {error}"))
        return job.future

    def _forget(self, job: CropJob) -> None:
        with self._lock:
            self._jobs.discard(job)


def _refusal(crop: Crop) -> str | None:
    """Why a crop can't be read as asked."""
    if crop.prompt not in PROMPTS:
        return f"the lite engine does not answer the prompt {crop.prompt!r}: it reads text and tables."
    options = crop.options
    asked = {
        "temperature": options.temperature,
        "topP": options.top_p,
        "repetitionPenalty": options.repetition_penalty,
    }
    return next((reason for name, value in asked.items() if (reason := vlm_refusal(name, value))), None)

"""The preprocessing engine of the offline weights: PP-LCNet for a page's orientation, UVDoc for its curvature.

What is done, and in which order and colour order, is `_DocPreprocessorPipeline.predict` of PaddleX
(`paddlex/inference/pipelines/doc_preprocessor/pipeline.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError, EngineFailure, UnsupportedOption
from engines.paddle_options import preprocess_refusal
from engines.paddlex_models import open_static_predictor
from engines.preprocess.base import UNKNOWN_ANGLE, Prepared, PreprocessOptions, RawPage
from engines.preprocess.none import refused
from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from engines.weights.models import Model

BATCH = 8
"""Pages a run of the orientation model, as the official pipeline's configuration has it. UVDoc takes one at a time:
it sees pages at their own size."""


class PaddlePreprocess:
    """Turns pages upright and flattens them, where MODEL_DIR holds the models for it."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
        self._running = Lock()

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""
        weights = find_weights(self._settings)
        self._refusal = preprocess_refusal(weights, self._settings.model_dir)
        self._orientation = self._open(weights.orientation)
        self._unwarping = self._open(weights.unwarping)
        from paddlex.inference.pipelines.components import rotate_image

        self._rotate = rotate_image
        everything = PreprocessOptions(
            use_doc_orientation_classify=weights.orientation is not None,
            use_doc_unwarping=weights.unwarping is not None,
        )
        [warm] = self.prepare([RawPage(np.full((800, 600, 3), 255, np.uint8), everything)])
        if isinstance(warm, EngineError):
            raise warm

    def prepare(self, pages: Sequence[RawPage]) -> list[Prepared | EngineError]:
        """Each page turned and flattened as it asks, or the error of that page alone; as long as `pages`."""
        works = [self._begin(page) for page in pages]
        unknown = [work for work in works if isinstance(work, _Work) and work.options.use_doc_orientation_classify]
        # PaddleX's predictors keep the size of their batches in themselves, and their runners the tensors.
        with self._running:
            for start in range(0, len(unknown), BATCH):
                self._classify(unknown[start : start + BATCH])
            return [self._finish(work) if isinstance(work, _Work) else work for work in works]

    def close(self) -> None:
        """Release the models; the engine is not used again."""
        del self._orientation, self._unwarping

    def _open(self, model: Model | None) -> Any:
        return model and open_static_predictor(model, self._settings)

    def _begin(self, page: RawPage) -> _Work | EngineError:
        if reason := refused(self._refusal, page):
            return UnsupportedOption(reason)
        try:
            return _Work(cv2.cvtColor(page.image, cv2.COLOR_RGB2BGR), page.options)
        except cv2.error as error:
            return _failure(page.image, error)

    def _classify(self, works: Sequence[_Work]) -> None:
        """Find the angles of pages in one run; where that fails on several, of each, so that one fails alone."""
        try:
            found = self._orientation([work.image for work in works], batch_size=len(works))
            for work, classes in zip(works, found, strict=True):
                work.angle = int(classes["label_names"][0])
        except Exception as error:  # noqa: BLE001 - Paddle raises what it likes
            if len(works) == 1:
                works[0].error = _failure(works[0].image, error)
                return
            for work in works:
                self._classify([work])

    def _finish(self, work: _Work) -> Prepared | EngineError:
        if work.error:
            return work.error
        try:
            image = work.image
            if work.options.use_doc_orientation_classify:
                image = self._rotate(image, work.angle)
            if work.options.use_doc_unwarping:
                [flat] = self._unwarping([image], batch_size=1)
                image = np.ascontiguousarray(flat["doctr_img"][:, :, ::-1])
            return Prepared(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), work.angle)
        except Exception as error:  # noqa: BLE001 - one page's failure must not reach the others
            return _failure(work.image, error)


@dataclass
class _Work:
    """A page on its way: BGR, with its angle or its error once they are known."""

    image: NDArray[np.uint8]
    options: PreprocessOptions
    angle: int = UNKNOWN_ANGLE
    error: EngineError | None = None


def _failure(image: NDArray[np.uint8], error: Exception) -> EngineFailure:
    height, width = image.shape[:2]
    return EngineFailure(f"preprocessing failed on a page of {width} x {height} pixels: {error!r}")

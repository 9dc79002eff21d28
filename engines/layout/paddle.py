"""The layout engine of the offline weights: PP-DocLayoutV2 or V3 through PaddleX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import EngineError, EngineFailure, UnsupportedOption
from engines.layout.base import Box, Page
from engines.layout.official_model import OfficialModel, Prepared, Raw
from engines.layout.official_options import OfficialOptions
from engines.paddle_options import layout_refusal
from engines.paddlex_models import chosen_device, open_static_predictor
from engines.page.official import layout_arguments
from engines.settings import EngineSettings
from engines.weights.folder import find_weights

GPU_BATCH, CPU_BATCH = 8, 1
"""Pages a run of the model: on a GPU as the official pipeline's configuration has it. On a CPU several gain nothing and
lose its cache (a run of 8 took a quarter more CPU seconds a page), and the first page would wait for the last."""


class PaddleLayout:
    """Finds the regions of pages by PP-DocLayout; what a page names no option for is as in the official pipeline.

    Pages share the run of the model and nothing else. An option that is given holds: the official predictor takes
    `layout_nms: false` and an empty dictionary for options that are not given, and here they are honoured.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""
        weights = find_weights(self._settings)
        self._refusal = layout_refusal(weights)
        self._model = OfficialModel(
            open_static_predictor(weights.layout, self._settings, **layout_arguments(weights.version))
        )
        self._batch = CPU_BATCH if chosen_device(self._settings) == "cpu" else GPU_BATCH
        [warm] = self.detect([Page(np.full((800, 600, 3), 255, np.uint8))])
        if isinstance(warm, EngineError):
            raise warm

    def detect(self, pages: Sequence[Page]) -> Iterator[list[Box] | EngineError]:
        """Yield each page's boxes in reading order, or the error of that page alone, as soon as they are known."""
        for start in range(0, len(pages), self._batch):
            works = [self._begin(page) for page in pages[start : start + self._batch]]
            found = iter(self._run([work for work in works if isinstance(work, _Work)]))
            for work in works:
                yield self._finish(work, next(found)) if isinstance(work, _Work) else work

    def close(self) -> None:
        """Release the model; the engine is not used again."""
        del self._model

    def _begin(self, page: Page) -> _Work | EngineError:
        height, width = page.image.shape[:2]
        try:
            options = OfficialOptions.from_values(page.options)
            if reason := self._refusal("layoutShapeMode", options.layout_shape_mode):
                raise UnsupportedOption(reason)
            arguments = options.arguments(self._model.defaults, self._model.labels)
            return _Work(f"{width} x {height} pixels", self._model.prepare(page.image), arguments)
        except EngineError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one page's failure must not reach the others
            return EngineFailure(f"layout can't prepare a page of {width} x {height} pixels: {error!r}")

    def _run(self, works: Sequence[_Work]) -> list[Raw | EngineFailure]:
        """Run the model over pages; where it fails on several, over each, so that one does not fail the others."""
        if not works:
            return []
        try:
            return [*self._model.infer([work.data for work in works])]
        except Exception as error:  # noqa: BLE001 - Paddle raises what it likes
            if len(works) == 1:
                return [EngineFailure(f"layout failed on a page of {works[0].size}: {error!r}")]
            return [raw for work in works for raw in self._run([work])]

    def _finish(self, work: _Work, raw: Raw | EngineFailure) -> list[Box] | EngineError:
        if isinstance(raw, EngineFailure):
            return raw
        try:
            return self._model.boxes(raw, work.data, work.arguments)
        except Exception as error:  # noqa: BLE001 - one page's failure must not reach the others
            return EngineFailure(f"layout can't sort out what it found on a page of {work.size}: {error!r}")


@dataclass(frozen=True)
class _Work:
    """A page ready for the model: its size for messages, its pixels, and the arguments of its post-processing."""

    size: str
    data: Prepared
    arguments: dict[str, Any]

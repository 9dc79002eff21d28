"""The layout engine for a CPU: the regions of a small model, corrected by the text lines of the whole page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from engines.errors import EngineError, EngineFailure
from engines.layout.base import LABELS, Box, Page
from engines.lite.blocks import LABELS as LABEL_OF_KIND
from engines.lite.blocks import Block, compose, surface_margins
from engines.lite.closer_look import look_closer
from engines.lite.layout_options import LayoutOptions
from engines.lite.lines import Line
from engines.lite.models import Models
from engines.lite.region_detection import Region
from engines.lite.regions import sort_lines
from engines.lite.workers import FairPool, Owner
from engines.settings import EngineSettings

MARGIN = 2
"""Pixels of white around a block in its box."""
NICENESS = 10
"""Pages begun are read before others begin: under load new pages gather here, and batches of them form, while a lone
page finds the cores free."""
UNORDERED = frozenset({"header", "footer", "number", "aside_text", "image", "table", "figure_title"})
"""Labels outside the text's flow, whose boxes have no `order` (PP-DocLayoutV2's `SKIP_ORDER_LABELS`)."""


class LiteLayout:
    """Finds the blocks of pages on a CPU. See docs/lite-engine.md."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""
        self._pool = FairPool(self._settings.lite_threads, "lite-layout", NICENESS)
        # By a worker, since threads that a runtime starts are as nice as the thread that opens the model.
        self._pool.call(Owner(), self._open_models).result()
        [warm] = self.detect([Page(np.full((640, 480, 3), 255, np.uint8))])
        if isinstance(warm, EngineError):
            raise warm

    def detect(self, pages: Sequence[Page]) -> Iterator[list[Box] | EngineError]:
        """Yield each page's boxes in reading order, or the error of that page alone: all are read side by side."""
        started = [self._start(page) for page in pages]
        finishing = [self._finish(page, work) for page, work in zip(pages, started, strict=True)]
        for page in finishing:
            yield page.result() if isinstance(page, Future) else page

    def close(self) -> None:
        """Release the threads; the engine is not used again."""
        self._pool.close()

    def _open_models(self) -> None:
        models = Models(self._settings)
        self._regions = models.regions()
        self._lines = models.text_detector()
        # The closer look reads a few short lines a page: the tiny recogniser does for either size.
        self._recogniser = models.recogniser("tiny")

    def _start(self, page: Page) -> _Work | EngineError:
        """Queue both models of a page."""
        try:
            options = LayoutOptions.read(page.options)
            thresholds = {
                kind: threshold
                for kind, label in LABEL_OF_KIND.items()
                if (threshold := options.threshold_of(label)) is not None
            }
            owner = Owner()
            return _Work(
                owner,
                options,
                self._pool.call(owner, lambda: self._lines.detect(page.image)),
                self._pool.call(owner, lambda: self._regions.detect(page.image, thresholds)),
            )
        except EngineError as error:
            return error
        except RuntimeError as error:
            return EngineFailure(f"layout: {error}")

    def _finish(self, page: Page, work: _Work | EngineError) -> Future[list[Box] | EngineError] | EngineError:
        """Wait for both models of a page and queue what is left to do."""
        if isinstance(work, EngineError):
            return work
        work.lines.exception()
        work.regions.exception()
        try:
            return self._pool.call(work.owner, lambda: self._compose(page, work))
        except RuntimeError as error:
            return EngineFailure(f"layout: {error}")

    def _compose(self, page: Page, work: _Work) -> list[Box] | EngineError:
        """Put together what both models found on a page."""
        height, width = page.image.shape[:2]
        try:
            lines, regions = work.lines.result(), work.regions.result()
            blocks = compose(lines, sort_lines(lines, regions, page.image), width)
            look_closer(blocks, page.image, self._recogniser)
            surface_margins(blocks)
            if self._settings.vlm_engine == "server":
                _hand_over_formulas(blocks)
            return _boxes(blocks, work.options, width, height)
        except Exception as error:  # noqa: BLE001 - one page's failure must not reach the others
            return EngineFailure(f"layout failed on a page of {width} x {height} pixels: {error!r}")


@dataclass(frozen=True)
class _Work:
    """A page on its way through the two models."""

    owner: Owner
    options: LayoutOptions
    lines: Future[list[Line]]
    regions: Future[list[Region]]


def _hand_over_formulas(blocks: Sequence[Block]) -> None:
    """Relabel, in place, formulas that the lite recogniser leaves as images and a VLM reads."""
    for block in blocks:
        if block.unread == "formula":
            block.label, block.unread = "display_formula", ""


def _boxes(blocks: Sequence[Block], options: LayoutOptions, width: int, height: int) -> list[Box]:
    """The blocks as boxes, numbered in reading order."""
    boxes: list[Box] = []
    order = 0
    for block in blocks:
        horizontal, vertical = options.unclip_of(block.label)
        place = block.rect.scaled(horizontal, vertical).grown(MARGIN, MARGIN).clipped(width, height).outer()
        in_flow = block.label not in UNORDERED
        order += in_flow
        box = Box(
            cls_id=LABELS.index(block.label),
            label=block.label,
            score=round(block.score, 4),
            coordinate=list(place),
            order=order if in_flow else None,
        )
        if block.unread:
            box["unread"] = block.unread
        else:
            box["lines"] = [line.quad.tolist() for line in block.lines]
        boxes.append(box)
    return boxes

"""What every layout engine takes and gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import NotRequired, TypedDict

from engines.errors import EngineError

LABELS = (
    "abstract",
    "algorithm",
    "aside_text",
    "chart",
    "content",
    "display_formula",
    "doc_title",
    "figure_title",
    "footer",
    "footer_image",
    "footnote",
    "formula_number",
    "header",
    "header_image",
    "image",
    "inline_formula",
    "number",
    "paragraph_title",
    "reference",
    "reference_content",
    "seal",
    "table",
    "text",
    "vertical_text",
    "vision_footnote",
)
"""The labels of PP-DocLayoutV2 and V3; a label's place in this tuple is its `cls_id`."""


class Box(TypedDict):
    """One region of a page, in pixels of the page image.

    The first five keys are those of PP-DocLayout. `lines` and `unread` are this project's: they pass what the layout
    engine already knows on to the recogniser and to the answer's warnings, and never reach a client.
    """

    cls_id: int
    label: str
    score: float
    coordinate: list[float]
    """[x1, y1, x2, y2], inside the page."""
    order: int | None
    """Place in the reading order, counted from 1; None for regions outside it."""
    polygon_points: NotRequired[list[list[float]]]
    lines: NotRequired[list[list[list[float]]]]
    """Text lines found in the region: quadrilaterals [[x, y] * 4], clockwise from the top left, page pixels."""
    unread: NotRequired[str]
    """What an image region holds that this engine can't read: "formula" or "figure"."""


@dataclass(frozen=True)
class Page:
    """One page to detect on. `image` is RGB uint8 [height, width, 3]; `options` are PP-DocLayout's, by its names."""

    image: NDArray[np.uint8]
    options: Mapping[str, Any] = field(default_factory=dict)


class LayoutEngine(Protocol):
    """Finds the regions of pages. `detect` may be called from several threads."""

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""

    def detect(self, pages: Sequence[Page]) -> Iterator[list[Box] | EngineError]:
        """Yield, in the order of the pages, each one's boxes in reading order or the error of that page alone.

        A page does not wait for those behind it.
        """

    def close(self) -> None:
        """Release threads and memory; the engine is not used again."""

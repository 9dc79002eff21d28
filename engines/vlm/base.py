"""What every recognition engine takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engines.cancellation import CancelKey
from engines.options import JsonOptions

PROMPTS = (
    "OCR:",
    "Table Recognition:",
    "Formula Recognition:",
    "Chart Recognition:",
    "Seal Recognition:",
    "Spotting:",
)
"""The official prompts (PaddleX: `_paddleocr_vl_collect_page_vlm_entries_core`)."""

MOST_PIXELS = 28 * 28 * 3600
"""Of a crop as the model sees it, 3,600 tokens: several times what the official pipeline asks for (1,280; 2,048 for
spotting). A picture is scaled up to `min_pixels`, whatever its own size."""

FinishReason = Literal["stop", "length", "repetition", "deadline"]
Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


class VlmOptions(JsonOptions):
    """The options of one crop, by the names that the official pipeline passes to its VLM."""

    max_new_tokens: Annotated[int, Field(gt=0)] = 4096
    min_pixels: Annotated[int, Field(gt=0, le=MOST_PIXELS)] | None = None
    max_pixels: Annotated[int, Field(gt=0, le=MOST_PIXELS)] | None = None
    skip_special_tokens: bool = True
    use_cache: bool = True
    repetition_penalty: Annotated[float, Field(gt=0)] | None = None
    temperature: Annotated[float, Field(ge=0)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    """What sampling begins with, where temperature asks for it; None for another one each time."""
    deadline: float | None = None
    """Unix seconds after which the text is of no use."""
    cancel_key: CancelKey | None = None
    """What the crop can be cancelled by."""
    cancel: CancelKey | None = None
    """Nothing is read: the crops of this key are cancelled."""
    lines: tuple[Quad, ...] | None = None
    """Text lines that the layout engine found in this crop, in crop pixels; None where it looks for none."""


@dataclass(frozen=True)
class Crop:
    """One region to read. `image` is RGB uint8 [height, width, 3]."""

    image: NDArray[np.uint8]
    prompt: str
    options: VlmOptions = field(default_factory=VlmOptions)


@dataclass(frozen=True)
class Text:
    """What was read in a crop.

    `tokens` counts what the engine generated (for the lite engine: recognised characters). `warnings` are sentences
    about what could not be read, for the answer. `queue_seconds` is how long the crop waited before the engine began,
    `engine_seconds` how long it then took, turns of other crops included.
    """

    text: str
    tokens: int
    finish_reason: FinishReason = "stop"
    warnings: tuple[str, ...] = ()
    queue_seconds: float = 0.0
    engine_seconds: float = 0.0


class VlmEngine(Protocol):
    """Reads crops. `submit` may be called from several threads and returns at once."""

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""

    def submit(self, crops: Sequence[Crop]) -> list[Future[Text]]:
        """Queue the crops; each future ends on its own, with its text or with an EngineError.

        A future that is cancelled stops the work on its crop as soon as the engine can.
        """

    def close(self) -> None:
        """Finish nothing more; futures still open end with EngineFailure."""

"""What every preprocessing engine takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.errors import EngineError
from engines.options import JsonOptions

UNKNOWN_ANGLE = -1
"""The angle of a page whose orientation nobody asked for, as in the official result."""


class PreprocessOptions(JsonOptions):
    """What is to be done to a page, by the names of the official pipeline."""

    use_doc_orientation_classify: bool = False
    use_doc_unwarping: bool = False
    deadline: float | None = None
    """Unix seconds after which the answer is of no use."""


@dataclass(frozen=True)
class RawPage:
    """One page as it was photographed. `image` is RGB uint8 [height, width, 3]."""

    image: NDArray[np.uint8]
    options: PreprocessOptions = field(default_factory=PreprocessOptions)


@dataclass(frozen=True)
class Prepared:
    """A page ready for its layout: RGB uint8 [height, width, 3], and the degrees by which it was turned.

    `angle` is 0, 90, 180 or 270, counterclockwise, or `UNKNOWN_ANGLE`.
    """

    image: NDArray[np.uint8]
    angle: int


class PreprocessEngine(Protocol):
    """Turns and flattens pages. `prepare` may be called from several threads."""

    def load(self) -> None:
        """Read the weights and run once. Raises MissingWeights."""

    def prepare(self, pages: Sequence[RawPage]) -> list[Prepared | EngineError]:
        """Each page turned and flattened as it asks, or the error of that page alone; as long as `pages`."""

    def close(self) -> None:
        """Release threads and memory; the engine is not used again."""

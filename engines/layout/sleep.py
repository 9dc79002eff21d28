"""The layout engine that sleeps in a GPU's place, for tests of capacity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engines.errors import EngineError
from engines.layout.base import LABELS, Box, Page
from engines.sleep.device import Device
from engines.sleep.settings import SleepSettings

_LEAST_SIDE = 8
"""Pixels: a page with less for each block has fewer."""


class SleepLayout:
    """Finds SLEEP_BLOCKS blocks of text on every page, one below the other. See docs/scaling.md."""

    def __init__(self, settings: SleepSettings) -> None:
        self._settings = settings

    def load(self) -> None:
        """Open the device."""
        self._device = Device(self._settings.sleep_device)

    def detect(self, pages: Sequence[Page]) -> Iterator[list[Box] | EngineError]:
        """Sleep once for the whole batch, then yield each page's boxes."""
        settings = self._settings
        if pages:
            self._device.work(settings.sleep_layout_seconds + len(pages) * settings.sleep_layout_page_seconds)
        for page in pages:
            height, width = page.image.shape[:2]
            yield _strips(width, height, settings.sleep_blocks)

    def close(self) -> None:
        """Close the device."""
        self._device.close()


def _strips(width: int, height: int, blocks: int) -> list[Box]:
    """Blocks as wide as the page, which they divide."""
    count = max(1, min(blocks, height // _LEAST_SIDE))
    edges = [height * place // count for place in range(count + 1)]
    return [
        Box(
            cls_id=LABELS.index("text"),
            label="text",
            score=1.0,
            coordinate=[0.0, float(edges[place]), float(width), float(edges[place + 1])],
            order=place + 1,
        )
        for place in range(count)
    ]

"""A closer look at the few blocks of a page whose place alone does not tell what they are: what is written there."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engines.lite.blocks import Block
from engines.lite.lines import cut_out
from engines.lite.text_recognition import Reading, TextRecogniser, prepare

OUTER = 0.08
"""Page numbers stand in this outer part of the page's height."""
LONGEST_NUMBER = 14
"""A page number is at most this many times longer than high."""
SURE = 0.9
"""What is read with a lower score may be a formula after all."""

_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:\d{1,4}|[ivxlc]{1,6})[\W_]*|(?:page|seite|стр\.?|p\.)\s*\d+(?:\s*(?:of|von|sur|из|/)\s*\d+)?|第\s*\d+\s*页.*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-zÀ-ÿ]{3,}|[\u4e00-\u9fff]{2,}")


def look_closer(blocks: Iterable[Block], image: NDArray[np.uint8], recogniser: TextRecogniser) -> None:
    """Relabel, in place, page numbers in the margins, and lines of text that the region model took for equations."""
    for block in blocks:
        if block.unread == "formula" and len(block.lines) == 1 and _is_prose(_read(block, image, recogniser)):
            block.label, block.unread = "text", ""
        elif _may_be_number(block, image.shape[0]) and _is_page_number(_read(block, image, recogniser)):
            block.label = "number"


def _read(block: Block, image: NDArray[np.uint8], recogniser: TextRecogniser) -> Reading:
    return recogniser.read([prepare(cut_out(image, block.lines[0]))])[0]


def _may_be_number(block: Block, height: int) -> bool:
    """Whether a block is one short line in the page's outer margin that no model claims to know."""
    if block.label not in ("text", "header", "footer") or len(block.lines) != 1:
        return False
    rect = block.lines[0].rect
    outer = rect.y1 < OUTER * height or rect.y0 > (1 - OUTER) * height
    return outer and rect.width < LONGEST_NUMBER * rect.height


def _is_page_number(reading: Reading) -> bool:
    return _PAGE_NUMBER.fullmatch(reading.text.strip()) is not None


def _is_prose(reading: Reading) -> bool:
    return reading.score >= SURE and len(_WORD.findall(reading.text)) >= 2

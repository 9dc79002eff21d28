"""Blocks of a page: plausible regions under PP-DocLayout's labels, and the other lines grouped by their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from engines.lite.lines import Line, bounds_of, rows_of, usual_height
from engines.lite.paragraphs import split_rows
from engines.lite.reading_order import reading_order
from engines.lite.rects import Rect, bounds
from engines.lite.region_detection import Kind
from engines.lite.regions import Holding, Sorted, is_tabular, outline

LABELS: Mapping[Kind, str] = {
    "text": "text",
    "title": "paragraph_title",
    "figure": "image",
    "figure_caption": "figure_title",
    "table": "table",
    "table_caption": "figure_title",
    "header": "header",
    "footer": "footer",
    "reference": "reference_content",
    "equation": "image",
}
"""CDLA's classes under the labels of PP-DocLayout. Equations are images: the lite engine can't read them."""
UNREAD: Mapping[Kind, str] = {"figure": "figure", "equation": "formula"}
FORM_PART = 0.6
"""Free lines that are more than this part of a page and short side by side are one form."""
SAME_SIZE = 1.6
"""Lines of one block differ in height by less than this factor."""
COLUMN_GAP = 0.3
"""Two columns are apart by at least this many line heights, after SHRINK."""
SHRINK = 0.15
"""Blocks are drawn in by this many line heights before they are ordered: detected lines are grown and may touch."""
TITLE_SIZE = 1.5
"""The title of a document is this many times higher than its text."""
OVERLAP = 0.6
"""Blocks that share more than this of the smaller one are one; PaddleX drops the smaller one from 0.7 on."""
MARGINS = frozenset({"header", "footer", "number", "aside_text"})
"""Labels that the page pipeline leaves out of the Markdown."""
ASIDE = 0.08
"""Vertical lines in this outer part of the page's width are stamps of the margin."""


@dataclass
class Block:
    """A block of a page: its PP-DocLayout label, its place, how certain it is, and the lines in it."""

    label: str
    rect: Rect
    score: float
    lines: list[Line] = field(default_factory=list)
    unread: str = ""
    from_region: bool = False
    """Whether the region model found it; the others were grouped from lines."""


def compose(lines: Sequence[Line], found: Sorted, width: int) -> list[Block]:
    """The blocks of a page `width` pixels wide in reading order, made of all its `lines` as `found` sorts them."""
    blocks = [block for holding in found.kept for block in _of_region(holding)]
    free = list(found.free)
    for holding in found.dissolved:
        if holding.region.kind in ("figure", "table", "equation", "text") and is_tabular(holding.lines):
            blocks.append(_of_lines(holding.lines))
        else:
            free += holding.lines
    if len(free) > FORM_PART * len(lines) and is_tabular(free):
        blocks.append(_of_lines(free))
    else:
        blocks += _of_free(free, width)
    size = usual_height(lines)
    _promote_title(blocks, size)
    blocks = _without_overlaps(blocks)
    shrunk = [block.rect.grown(-SHRINK * size, -SHRINK * size) for block in blocks]
    return [blocks[index] for index in reading_order(shrunk, COLUMN_GAP * size)]


def surface_margins(blocks: Sequence[Block]) -> None:
    """Make the margins text where a page holds nothing else: a snippet's one line is no header."""
    if all(block.label in MARGINS for block in blocks):
        for block in blocks:
            block.label = "text"


def _of_region(holding: Holding) -> list[Block]:
    """The blocks of a plausible region: its paragraphs, or the one thing that it is, a figure's text after it."""
    kind, score = holding.region.kind, holding.region.score
    if kind in ("text", "reference"):
        paragraphs = split_rows(rows_of(holding.lines))
        return [
            Block(LABELS[kind], bounds_of(lines), score, lines, from_region=True)
            for lines in ([line for row in paragraph for line in row] for paragraph in paragraphs)
        ]
    block = Block(LABELS[kind], outline(holding), score, holding.lines, UNREAD.get(kind, ""), from_region=True)
    if kind == "figure":
        block.lines, inside = [], holding.lines
        return [block, *(_of_lines(group) for group in _group(inside))]
    return [block]


def _without_overlaps(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those mostly inside a text or a table joined to it: the page pipeline would drop their text."""
    kept: list[Block] = []
    for block in sorted(blocks, key=lambda block: -block.rect.area):
        hosts = (host for host in kept if host.label != "image" and block.label != "image")
        host = next((host for host in hosts if block.rect.common(host.rect) > OVERLAP * block.rect.area), None)
        if host:
            host.lines += block.lines
            host.rect = bounds((host.rect, block.rect))
        else:
            kept.append(block)
    return kept


def _promote_title(blocks: Sequence[Block], size: float) -> None:
    """Make the uppermost title the document's, where it is set in larger type than the text."""
    titles = [block for block in blocks if block.label == "paragraph_title" and block.lines]
    if titles:
        first = min(titles, key=lambda block: block.rect.y0)
        if usual_height(first.lines) > TITLE_SIZE * size:
            first.label = "doc_title"


def _of_lines(lines: list[Line], label: str = "text") -> Block:
    return Block(label, bounds_of(lines), median(line.score for line in lines), lines)


def _of_free(lines: Sequence[Line], width: int) -> list[Block]:
    """Blocks of lines outside all regions."""
    size = usual_height(lines)
    aside = [line for line in lines if _is_aside(line, width, size)]
    level = [line for line in lines if not _is_aside(line, width, size)]
    blocks = [_of_lines([line], "aside_text") for line in aside]
    for group in _group(level):
        paragraphs = split_rows(rows_of(group))
        blocks += [_of_lines([line for row in paragraph for line in row]) for paragraph in paragraphs]
    return blocks


def _is_aside(line: Line, width: int, size: float) -> bool:
    """Whether a line runs up the margin; lines that are merely one narrow letter do not."""
    outer = line.rect.x1 < ASIDE * width or line.rect.x0 > (1 - ASIDE) * width
    return line.is_vertical and outer and line.rect.height > 2.5 * size


def _group(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines one under the other, close and of one size, as groups."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.rect.y0):
        near = [(gap, group) for group in groups if (gap := _gap_above(line, group)) is not None]
        if near:
            min(near, key=lambda pair: pair[0])[1].append(line)
        else:
            groups.append([line])
    return groups


def _gap_above(line: Line, group: Sequence[Line]) -> float | None:
    """The white between a group and a line that continues it below, in pixels; None where the line does not."""
    around, last = bounds_of(group), group[-1].rect
    low, high = sorted((line.rect.height, last.height))
    gap = line.rect.y0 - max(other.rect.y1 for other in group[-2:])
    beneath = around.common_width(line.rect) > 0.5 * min(line.rect.width, around.width)
    close = -0.7 * low < gap < 0.75 * low
    return gap if beneath and close and high < SAME_SIZE * max(1.0, low) else None

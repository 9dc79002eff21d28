"""Drawing pages whose panels the made layout model finds.

    page = Page("letter", 900, 1200, (Panel("text", (60, 60, 840, 200), 0), Panel("table", (60, 240, 840, 500), 1)))
    Path("letter.png").write_bytes(png(page))

The same page is drawn the same everywhere. Pages are PNG, never JPEG, which would change the colours of the panels.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.made_weights.palette import colour

Image = NDArray[np.uint8]
Rect = tuple[int, int, int, int]

Outline = Literal["straight", "slanted", "tilted", "round", "oval"]

MODEL_SIDE = 800
INK = (20, 20, 30)
LINE, FONT = 24, cv2.FONT_HERSHEY_SIMPLEX
OVAL_LEAD = 0.6
"""Radians by which the height of an oval runs ahead of its width."""


@dataclass(frozen=True)
class Panel:
    """A region of a page: its label, its box (x1, y1, x2, y2, page pixels), and its place in the reading order.

    No two panels of a page may have the same place. All outlines touch the four sides of the box: "slanted" is a
    parallelogram, "tilted" a rectangle that is turned a little (the box is wider than high), "round" an ellipse, and
    "oval" one that is turned a little. Of PP-DocLayoutV3's outlines, in its mode "auto" PaddleX keeps tilted ones as
    quadrilaterals and oval ones as polygons.
    """

    label: str
    box: Rect
    place: int
    outline: Outline = "straight"


@dataclass(frozen=True)
class Page:
    """A page and its panels, painted one over the other in this order; what is written on them hangs on `name`.

    `head` is the height of a dark bar at the top, by which the made orientation model knows it: it sees the middle of
    the page only, of one of 3 to 4 all but an eighth and a bit at the top.
    """

    name: str
    width: int
    height: int
    panels: tuple[Panel, ...] = ()
    head: int = 0


def draw(page: Page) -> Image:
    """The page as RGB uint8 [height, width, 3].

    Raises:
        ValueError: two panels have the same place, or one has none.
    """
    if len({panel.place for panel in page.panels}) < len(page.panels):
        raise ValueError(f"page {page.name!r}: two panels have the same place in the reading order")
    image = np.full((page.height, page.width, 3), 255, np.uint8)
    image[: page.head] = INK
    # Resizing and the model's own caution take a rim of each panel: strokes keep clear of it.
    margin = 6 + 4 * max(1, -(-max(page.width, page.height) // MODEL_SIDE))
    for panel in page.panels:
        cv2.fillPoly(image, [_outline(panel)], colour(panel.label, panel.place))
        generator = np.random.default_rng([zlib.crc32(page.name.encode()), panel.place])
        _WRITERS.get(panel.label, _write_lines)(image, _inside(panel, margin), generator)
    return image


def turned(image: Image, angle: int) -> Image:
    """The image as it comes from a scanner in which the page lay askew: turned by `angle` degrees, it is upright again.

    `angle` is 0, 90, 180 or 270, counter-clockwise.
    """
    return np.ascontiguousarray(np.rot90(image, -angle // 90))


def png(page: Page) -> bytes:
    """The page as a PNG."""
    return encode(draw(page))


def encode(image: Image) -> bytes:
    """An RGB image as a PNG."""
    done, data = cv2.imencode(".png", image[:, :, ::-1])
    if not done:
        raise ValueError(f"an image of shape {image.shape} can't be a PNG")
    return data.tobytes()


def _outline(panel: Panel) -> NDArray[np.int32]:
    """The corners of the panel; its right and lower edges are outside it."""
    x1, y1, x2, y2 = panel.box[0], panel.box[1], panel.box[2] - 1, panel.box[3] - 1
    width, height = x2 - x1, y2 - y1
    if panel.outline in ("round", "oval"):
        turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        lead = OVAL_LEAD if panel.outline == "oval" else 0.0
        around = np.stack([np.cos(turn) * width + x1 + x2, np.sin(turn + lead) * height + y1 + y2], 1)
        return np.asarray(np.round(around / 2), np.int32)
    if panel.outline == "slanted":
        lean, drop = width // 4, height
    elif panel.outline == "tilted":
        lean, drop = _lean_of_tilted(width, height), 3 * height // 4
    else:
        lean, drop = 0, height
    return np.array([(x1 + lean, y1), (x2, y2 - drop), (x2 - lean, y2), (x1, y1 + drop)], np.int32)


def _lean_of_tilted(width: int, height: int) -> int:
    """How far from the corner of the box the corner of a rectangle lies that is turned so as to drop by a quarter."""
    return round((width - float(np.sqrt(width**2 - 3 * height**2 / 4))) / 2)


def _inside(panel: Panel, margin: int) -> Rect:
    """Where strokes may be: clear of the panel's rim, in a rectangle that its outline holds."""
    x1, y1, x2, y2 = panel.box
    shares = {"straight": (0.0, 0.0), "slanted": (0.25, 0.0), "round": (0.25, 0.25), "oval": (0.375, 0.375)}
    across, down = shares.get(panel.outline, (0.1, 0.25))
    side, top = int(across * (x2 - x1)) + margin, int(down * (y2 - y1)) + margin
    return x1 + side, y1 + top, x2 - side, y2 - top


def _letters(generator: np.random.Generator, count: int) -> str:
    return "".join("abcdefghijklmnopqrstuvwxyz    "[place] for place in generator.integers(0, 30, max(count, 1)))


def _write(image: Image, text: str, where: tuple[int, int], room: int) -> None:
    """Write as much of the text as has room, its base line beginning at `where`."""
    while text and cv2.getTextSize(text, FONT, 0.5, 1)[0][0] > room:
        text = text[:-1]
    cv2.putText(image, text, where, FONT, 0.5, INK, 1, cv2.LINE_8)


def _write_lines(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    x1, y1, x2, y2 = inside
    for base in range(y1 + 14, y2 - 5, LINE):
        _write(image, _letters(generator, (x2 - x1) // 8), (x1, base), x2 - x1)


def _rule_table(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    x1, y1, x2, y2 = inside
    columns, rows = np.linspace(x1, x2, 5).astype(int), np.arange(y1, y2 + 1, 2 * LINE)
    if len(rows) < 2:
        return
    for x in columns:
        cv2.line(image, (int(x), y1), (int(x), int(rows[-1])), INK, 1)
    for y in rows:
        cv2.line(image, (x1, int(y)), (x2, int(y)), INK, 1)
    for y in rows[:-1]:
        for left, right in pairwise(columns):
            _write(image, str(generator.integers(0, 10_000)), (int(left) + 6, int(y) + 28), int(right - left) - 12)


def _write_formula(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    x1, y1, x2, y2 = inside
    terms = " + ".join(f"{generator.integers(2, 99)} {letter}" for letter in "xyzuvw")
    _write(image, f"f({terms})", (x1, (y1 + y2) // 2), x2 - x1)
    cv2.line(image, (x1, (y1 + y2) // 2 + 6), (x1 + (x2 - x1) // 2, (y1 + y2) // 2 + 6), INK, 1)


def _draw_bars(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    x1, y1, x2, y2 = inside
    width = max((x2 - x1) // 12, 2)
    for x in range(x1 + width // 2, x2 - width, 2 * width):
        top = y2 - int(generator.integers(1, max(y2 - y1, 2)))
        cv2.rectangle(image, (x, top), (x + width, y2), tuple(int(c) for c in generator.integers(20, 120, 3)), -1)


def _draw_picture(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    """A dark noise of squares, none of a palette colour."""
    x1, y1, x2, y2 = inside
    if x2 - x1 < 8 or y2 - y1 < 8:
        return
    squares = generator.integers(0, 140, ((y2 - y1) // 8, (x2 - x1) // 8, 3), dtype=np.uint8)
    image[y1:y2, x1:x2] = cv2.resize(squares, (x2 - x1, y2 - y1), interpolation=cv2.INTER_NEAREST)


def _draw_seal(image: Image, inside: Rect, generator: np.random.Generator) -> None:
    x1, y1, x2, y2 = inside
    radius = max(min(x2 - x1, y2 - y1) // 2, 2)
    cv2.circle(image, ((x1 + x2) // 2, (y1 + y2) // 2), radius, (150, 20, 20), 2)
    _write(image, _letters(generator, 8), (x1 + 6, (y1 + y2) // 2), x2 - x1 - 12)


_WRITERS: dict[str, Callable[[Image, Rect, np.random.Generator], None]] = {
    "table": _rule_table,
    "display_formula": _write_formula,
    "inline_formula": _write_formula,
    "chart": _draw_bars,
    "image": _draw_picture,
    "header_image": _draw_picture,
    "footer_image": _draw_picture,
    "seal": _draw_seal,
}

"""PP-DocLayoutV2 and V3 with the released inputs and outputs, which find the panels of `palette`.

Inputs: `im_shape` [n, 2], `image` [n, 3, 800, 800] RGB from 0 to 1, `scale_factor` [n, 2]. Outputs, for each page as
many rows as `palette.PLACES`: boxes float32, box counts int32 [n], and in V3 masks int32 [rows, 200, 200]. A row is
class, score, x1, y1, x2, y2 in pixels of the page, and its place in the reading order (in V2 with a second column).
Rows of places that the page does not use have score 0.
Source: the released models' signatures, and PaddleX, `models/layout_analysis`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.layout.base import LABELS
from scripts.made_weights import palette
from scripts.made_weights.palette import BLUE_STEP, BLUES, GREEN_STEP, GREENS, LABEL_STEP, LIGHTEST, PLACES
from scripts.made_weights.static import import_paddle, save

if TYPE_CHECKING:
    from paddle import Tensor
    from paddle.nn import Layer

SIDE, MASK_SIDE = 800, 200
FAR = 10.0 * SIDE
TOLERANCE = 1.2
"""Levels by which a channel may differ from its colour."""
BLEND = 1.5
"""Pixels of the page at each edge of a panel in which resizing mixes its colour with its surroundings."""
LEAST = 5.0
"""Width and height below which a patch of a palette colour is no panel, in pixels of the resized page."""


def write_layout(folder: Path, name: str) -> None:
    """Write PP-DocLayoutV2 or PP-DocLayoutV3 into the folder."""
    inputs: list[tuple[str, list[int | None]]] = [
        ("im_shape", [None, 2]),
        ("image", [None, 3, SIDE, SIDE]),
        ("scale_factor", [None, 2]),
    ]
    save(lambda: panel_finder(with_masks=name == "PP-DocLayoutV3"), inputs, folder, _config(name))


def _config(name: str) -> dict[str, Any]:
    return {
        "mode": "paddle",
        "draw_threshold": 0.5,
        "metric": "COCO",
        "use_dynamic_shape": False,
        "Global": {"model_name": name},
        "arch": "DETR",
        "min_subgraph_size": 3,
        "Preprocess": [
            {"interp": 2, "keep_ratio": False, "target_size": [SIDE, SIDE], "type": "Resize"},
            {"mean": [0.0, 0.0, 0.0], "norm_type": "none", "std": [1.0, 1.0, 1.0], "type": "NormalizeImage"},
            {"type": "Permute"},
        ],
        "label_list": list(LABELS),
    }


def panel_finder(*, with_masks: bool) -> Layer:
    """The network; one of V3 gives masks and a single column of the reading order."""
    paddle = import_paddle()

    class PanelFinder(paddle.nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            scores = [[palette.score(place)] for place in range(PLACES)]
            self.scores = self._constant(scores)
            self.places = self._constant([[place] for place in range(PLACES)])
            self.axis = self._constant(list(range(SIDE)))
            self.cells = self._constant([(cell + 0.5) * SIDE / MASK_SIDE - 0.5 for cell in range(MASK_SIDE)])

        def _constant(self, values: list[Any]) -> Tensor:
            tensor = paddle.to_tensor(values, dtype="float32")
            initializer = paddle.nn.initializer.Assign(tensor)
            return self.create_parameter(tensor.shape, default_initializer=initializer)

        def forward(self, im_shape: Tensor, image: Tensor, scale_factor: Tensor) -> Any:
            labels, places = _decode(image * 255.0)
            left, right = _row_ends(places, self.axis)
            rows = (right > left).astype("float32")
            label = _label_of_each_place(labels, places)
            x1, x2 = left.min(1), right.max(1)
            y1 = (self.axis.unsqueeze([0, 2]) * rows + FAR * (1 - rows)).min(1)
            y2 = (self.axis.unsqueeze([0, 2]) * rows + rows).max(1)
            found = ((x2 - x1 > LEAST).astype("float32") * (y2 - y1 > LEAST).astype("float32")).unsqueeze(-1)
            corners = _corners((x1, y1, x2, y2), im_shape, scale_factor)
            one = paddle.ones_like(found)
            columns = [label.unsqueeze(-1), self.scores * found, *corners, self.places * one]
            count = paddle.full([paddle.shape(image)[0]], PLACES, dtype="int32")
            if not with_masks:
                boxes = paddle.concat([*columns, one * 0], -1)
                return boxes.reshape([-1, 8]), count
            boxes = paddle.concat(columns, -1)
            return boxes.reshape([-1, 7]), count, _masks(left, right, self.cells)

    return PanelFinder()


def _decode(image: Tensor) -> tuple[Tensor, Tensor]:
    """The label and the place that each pixel names, int64 [n, 800, 800]; place PLACES where it is of no panel.

    Only pixels whose eight neighbours name the same count: along an edge, resizing makes thin lines of any colour.
    """
    paddle = import_paddle()
    red, red_off = _level(image[:, 0], LABEL_STEP, len(LABELS))
    green, green_off = _level(image[:, 1], GREEN_STEP, GREENS)
    blue, blue_off = _level(image[:, 2], BLUE_STEP, BLUES)
    hit = paddle.maximum(paddle.maximum(red_off, green_off), blue_off) < TOLERANCE
    code = (red * GREENS + green) * BLUES + blue
    code = paddle.where(hit, code, paddle.full_like(code, -1.0)).unsqueeze(1)
    pool = paddle.nn.functional.max_pool2d
    highest, lowest = pool(code, 3, 1, 1), -pool(-code, 3, 1, 1)
    whole = paddle.logical_and(highest == lowest, lowest >= 0).squeeze(1)
    code = code.squeeze(1)
    label = paddle.floor((code + 0.5) / PLACES)
    place = paddle.where(whole, code - label * PLACES, paddle.full_like(code, float(PLACES)))
    return label.astype("int64"), place.astype("int64")


def _level(channel: Tensor, step: int, levels: int) -> tuple[Tensor, Tensor]:
    """The nearest level of a channel, counted from the lightest, and by how much the channel is off it."""
    paddle = import_paddle()
    level = paddle.round((LIGHTEST - channel) / step).clip(0, levels - 1)
    return level, (LIGHTEST - step * level - channel).abs()


def _row_ends(places: Tensor, axis: Tensor) -> tuple[Tensor, Tensor]:
    """Where each panel begins and ends in each row of pixels, float32 [n, 800, PLACES]; end 0 where it is not there."""
    paddle = import_paddle()
    shape = [paddle.shape(places)[0], SIDE, PLACES + 1]
    x = paddle.expand(axis, paddle.shape(places))
    left = paddle.put_along_axis(paddle.full(shape, FAR), places, x, 2, "amin")
    right = paddle.put_along_axis(paddle.zeros(shape), places, x + 1, 2, "amax")
    return left[:, :, :PLACES], right[:, :, :PLACES]


def _label_of_each_place(labels: Tensor, places: Tensor) -> Tensor:
    """The label of the panel in each place, float32 [n, PLACES]."""
    paddle = import_paddle()
    size = paddle.shape(places)[0]
    flat = [size, SIDE * SIDE]
    found = paddle.put_along_axis(
        paddle.zeros([size, PLACES + 1]), places.reshape(flat), labels.astype("float32").reshape(flat), 1, "amax"
    )
    return found[:, :PLACES]


def _corners(box: tuple[Tensor, ...], im_shape: Tensor, scale_factor: Tensor) -> list[Tensor]:
    """The box of whole-coloured pixels, widened by what `_decode` and resizing took, as columns in page pixels."""
    paddle = import_paddle()
    corners = []
    for edge, coordinate in enumerate(box):
        side = 1 - edge % 2
        outwards = -1.0 if edge < 2 else 1.0
        scale = scale_factor[:, side : side + 1]
        there = (coordinate + outwards) / scale + outwards * BLEND
        there = paddle.minimum(paddle.maximum(there, there * 0), im_shape[:, side : side + 1] / scale)
        corners.append(there.unsqueeze(-1))
    return corners


def _masks(left: Tensor, right: Tensor, cells: Tensor) -> Tensor:
    """What each panel covers, int32 [n * PLACES, 200, 200], without the holes that strokes make."""
    paddle = import_paddle()
    rows = SIDE // MASK_SIDE
    left = left.reshape([-1, MASK_SIDE, rows, PLACES]).min(2).transpose([0, 2, 1]).unsqueeze(-1)
    right = right.reshape([-1, MASK_SIDE, rows, PLACES]).max(2).transpose([0, 2, 1]).unsqueeze(-1)
    covered = paddle.logical_and(cells >= left - 1, cells <= right)
    return covered.astype("int32").reshape([-1, MASK_SIDE, MASK_SIDE])

"""The optional models of the official pipeline: one that tells how a page is turned, one that flattens it.

`PP-LCNet_x1_0_doc_ori` takes x [n, 3, 224, 224], the middle of the page, and gives the likelihood of each of `ANGLES`.
Here the top of the page is the edge of that middle which differs most in brightness from the other three.
`UVDoc` takes a page, image [1, 3, height, width] from 0 to 1, and gives it flattened. Here it leans it a little.
Source: PaddleX, `models/image_classification` and `models/image_unwarping`, and the released `inference.yml`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engines.weights.models import ORIENTATION, UNWARPING
from scripts.made_weights.static import import_paddle, save

if TYPE_CHECKING:
    from paddle import Tensor
    from paddle.nn import Layer

ANGLES = (0, 90, 180, 270)
"""Degrees, counter-clockwise, by which a page must be turned to stand upright: 90 where its top is on the right."""
SIDE, SHORT_SIDE = 224, 256
EDGE = 16
"""Pixels at each side that are its edge."""
SHARPNESS, BIAS = 40.0, 0.1
"""How much a difference of brightness counts, and what the page as it stands has ahead."""
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LEAN = 0.02
"""By how much the flattened page leans, in widths a height."""


def write_preprocessing(folder: Path) -> None:
    """Write both models into folders of their names."""
    config = {
        "Global": {"model_name": ORIENTATION},
        "PreProcess": {
            "transform_ops": [
                {"ResizeImage": {"resize_short": SHORT_SIDE}},
                {"CropImage": {"size": SIDE}},
                {"NormalizeImage": {"channel_num": 3, "mean": MEAN, "order": "", "scale": 1 / 255, "std": STD}},
                {"ToCHWImage": None},
            ]
        },
        "PostProcess": {"Topk": {"topk": 1, "label_list": [str(angle) for angle in ANGLES]}},
    }
    save(turn_finder, [("x", [None, 3, SIDE, SIDE])], folder / ORIENTATION, config)
    save(leaner, [("image", [None, 3, None, None])], folder / UNWARPING, {"Global": {"model_name": UNWARPING}})


def turn_finder() -> Layer:
    """The network that tells how a page is turned."""
    paddle = import_paddle()

    class TurnFinder(paddle.nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            ahead = paddle.to_tensor([BIAS, 0.0, 0.0, 0.0])
            self.ahead = self.create_parameter([4], default_initializer=paddle.nn.initializer.Assign(ahead))

        def forward(self, x: Tensor) -> Tensor:
            bright = x.mean(1)
            edges = [bright[:, :EDGE], bright[:, :, -EDGE:], bright[:, -EDGE:], bright[:, :, :EDGE]]
            means = paddle.stack([edge.mean([1, 2]) for edge in edges], 1)
            others = (means.sum(1, keepdim=True) - means) / 3
            return paddle.nn.functional.softmax(SHARPNESS * (means - others).abs() + self.ahead, 1)

    return TurnFinder()


def leaner() -> Layer:
    """The network that leans a page."""
    paddle = import_paddle()

    class Leaner(paddle.nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            lean = paddle.to_tensor([[[1.0, LEAN, 0.0], [0.0, 1.0, 0.0]]])
            self.lean = self.create_parameter([1, 2, 3], default_initializer=paddle.nn.initializer.Assign(lean))

        def forward(self, image: Tensor) -> Tensor:
            shape = paddle.shape(image)
            lean = paddle.expand(self.lean, [shape[0], 2, 3])
            grid = paddle.nn.functional.affine_grid(lean, shape)
            flat = paddle.nn.functional.grid_sample(image, grid, padding_mode="border")
            # PaddleX cuts off fractions of a level: a quarter more keeps whole levels what they are.
            return (flat + 0.25 / 255).clip(0.0, 1.0)

    return Leaner()

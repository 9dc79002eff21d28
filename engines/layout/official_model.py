"""PaddleX's predictor of PP-DocLayoutV2 and V3 in three steps, so that pages with options of their own share a batch.

The steps are those of `LayoutAnalysisRunnerPredictor.process` (`paddlex/inference/models/layout_analysis/predictor.py`
of the version that pyproject.toml pins), which takes one set of options for a whole batch. All that this project uses
of the predictor's private parts is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engines.layout.base import Box

Prepared = dict[str, Any]
"""A page as the model takes it: `img` float32 [3, height, width], its sizes and scale factors."""
Raw = dict[str, Any]
"""What the model found on a page: `boxes` float32 [n, 7 or 8], V3 also `masks` int32 [n, height, width]."""


class OfficialModel:
    """A layout predictor of PaddleX. Its methods may be called from several threads; `infer` is one at a time."""

    def __init__(self, predictor: Any) -> None:
        self._predictor = predictor
        self._running = Lock()

    @property
    def labels(self) -> Sequence[str]:
        """The label of each class number; two classes may bear the same."""
        labels: Sequence[str] = self._predictor.post_op.labels
        return labels

    @property
    def defaults(self) -> Mapping[str, Any]:
        """The arguments of `boxes` that the predictor was made with."""
        predictor = self._predictor
        return {
            "threshold": predictor.threshold,
            "layout_nms": predictor.layout_nms,
            "layout_unclip_ratio": predictor.layout_unclip_ratio,
            "layout_merge_bboxes_mode": predictor.layout_merge_bboxes_mode,
            "layout_shape_mode": "auto",
            "filter_overlap_boxes": True,
        }

    def prepare(self, image: NDArray[np.uint8]) -> Prepared:
        """Resize and normalise an RGB page; nothing of the image is kept."""
        size = [image.shape[1], image.shape[0]]
        data = {"img": image, "img_size": size, "ori_img_size": size}
        # The first step would turn BGR into RGB, the last one makes the batch.
        for step in self._predictor.pre_ops[1:-1]:
            [data] = step([data])
        return data

    def infer(self, pages: Sequence[Prepared]) -> list[Raw]:
        """Run the model once over all pages."""
        batch = self._predictor.pre_ops[-1](pages)
        with self._running:
            found = self._predictor.runner(batch)
        outputs: list[Raw] = self._predictor._format_output(found)
        return outputs

    def boxes(self, raw: Raw, page: Prepared, arguments: Mapping[str, Any]) -> list[Box]:
        """The boxes of a page in reading order, with all `arguments` that `defaults` names. Uses `raw` up."""
        if not len(raw["boxes"]):
            # PaddleX trips over a page without candidates, of which a real model always gives 300.
            return []
        [found] = self._predictor.post_op([raw], [page], **arguments)
        return [_as_json(box) for box in found]


def _as_json(box: dict[str, Any]) -> Box:
    if (points := box.get("polygon_points")) is not None:
        box["polygon_points"] = np.asarray(points).tolist()
    return cast(Box, box)

"""The official page pipeline of PaddleX with its models asked from elsewhere.

PaddleX builds its models through `create_model` and `create_pipeline` and then only calls them; a subclass that returns
stand-ins keeps its page assembly unchanged: crops, merging, prompts, table conversion, Markdown. Two of its private
steps are extended,
both found in `paddlex/inference/pipelines/paddleocr_vl/pipeline.py` of the version that pyproject.toml pins:

- `_paddleocr_vl_collect_page_vlm_entries_core` also notes which region each crop was cut from, so that text lines the
  layout engine found there travel to the recogniser, and lets pages with tables pass one at a time;
- `_paddleocr_vl_run_vl_recognition_batches` asks for all crops of the page at once instead of one group of equal pixel
  budgets after the other, which fills the recogniser's batches and changes no text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from threading import Lock
from types import SimpleNamespace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from paddlex.inference.pipelines.doc_preprocessor.result import DocPreprocessorResult
from paddlex.inference.pipelines.paddleocr_vl.pipeline import _PaddleOCRVLPipeline

from engines.layout.base import Box
from engines.page.official import official_config
from engines.preprocess.base import Prepared, PreprocessOptions
from engines.vlm.base import Crop, Text, VlmOptions
from engines.weights.models import Version


class PageModels(Protocol):
    """What a page asks of its models. Images are RGB uint8 [height, width, 3], deadlines Unix seconds."""

    def preprocess(self, image: NDArray[np.uint8], options: PreprocessOptions, deadline: float) -> Prepared:
        """The page upright and flat, as the options ask. Raises EngineError."""

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], deadline: float) -> list[Box]:
        """The boxes of a page; `options` are PP-DocLayout's. Raises EngineError."""

    def vlm(self, crops: Sequence[Crop], deadline: float) -> list[Text]:
        """The texts of a page's crops, in order. Raises EngineError."""


RegionKey = tuple[str, float, float, float, float]

_FIGURE_NAMES = Lock()
"""PaddleX paints names over the figures of a table, and draws them from Python's shared generator, which it seeds
before: pages that did so at once would change each other's names, and with them what the model reads."""


class PagePipeline(_PaddleOCRVLPipeline):  # type: ignore[misc]
    """One page's run through the official pipeline. Made anew for each page, which costs 0.1 ms.

    `boxes` holds what the layout model found and `texts` what was read, for the answer's warnings and token count.
    """

    def __init__(self, models: PageModels, *, version: Version, deadline: float, cancel_key: str | None = None) -> None:
        self._models = models
        self._deadline = deadline
        self._cancel_key = cancel_key
        self.boxes: list[Box] = []
        self.texts: list[Text] = []
        self._lines_of_region: dict[RegionKey, list[list[list[float]]]] = {}
        self._region_of_crop: dict[tuple[int, int], RegionKey] = {}
        # The stand-in costs nothing; each page says itself whether it needs the preprocessor.
        super().__init__({**official_config(version), "use_doc_preprocessor": True})

    def create_model(self, config: dict[str, Any], **_: Any) -> Any:
        """Stand in for the model that PaddleX would load: the layout model is called, the VLM never is."""
        if config["module_name"] == "layout_detection":
            return self._detect
        return SimpleNamespace(batch_sampler=SimpleNamespace(batch_size=1))

    def create_pipeline(self, config: dict[str, Any], **_: Any) -> Any:  # noqa: ARG002 - PaddleX's signature
        """Stand in for the only pipeline inside this one, the document preprocessor."""
        return self._preprocess

    def _preprocess(
        self, images: Sequence[NDArray[np.uint8]], *, use_doc_orientation_classify: bool, use_doc_unwarping: bool
    ) -> Iterator[DocPreprocessorResult]:
        asked = {"use_doc_orientation_classify": use_doc_orientation_classify, "use_doc_unwarping": use_doc_unwarping}
        options = PreprocessOptions(**asked)
        for image in images:
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            prepared = self._models.preprocess(rgb, options, self._deadline)
            yield DocPreprocessorResult(
                {
                    "input_path": None,
                    "page_index": None,
                    "model_settings": asked,
                    "angle": prepared.angle,
                    "output_img": cv2.cvtColor(prepared.image, cv2.COLOR_RGB2BGR),
                }
            )

    def _detect(self, images: Sequence[NDArray[np.uint8]], **options: Any) -> Iterator[dict[str, Any]]:
        asked = {name: value for name, value in options.items() if value is not None}
        for image in images:
            self.boxes = self._models.layout(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), asked, self._deadline)
            self._lines_of_region = {
                _key(box["label"], box["coordinate"]): box["lines"] for box in self.boxes if "lines" in box
            }
            yield {"input_path": None, "page_index": None, "boxes": [_as_official(box) for box in self.boxes]}

    def _paddleocr_vl_collect_page_vlm_entries_core(
        self,
        page_idx: int,
        blocks_for_img: list[dict[str, Any]],
        imgs_in_doc_for_img: Any,
        layout_prep_cfg: dict[str, Any],
    ) -> Any:
        has_table = any(block["label"] == "table" for block in blocks_for_img)
        with _FIGURE_NAMES if has_table else nullcontext():
            collected = super()._paddleocr_vl_collect_page_vlm_entries_core(
                page_idx, blocks_for_img, imgs_in_doc_for_img, layout_prep_cfg
            )
        for _, block_index, image, *_ in collected[0]:
            block = blocks_for_img[block_index]
            if _cut_unchanged(image, block["box"]):
                self._region_of_crop[page_idx, block_index] = _key(block["label"], block["box"])
        return collected

    def _paddleocr_vl_run_vl_recognition_batches(
        self, batch_dict_by_pixel: dict[tuple[int, int], dict[str, Any]], has_spotting: bool, vlm_kwargs: dict[str, Any]
    ) -> None:
        wanted = {name: value for name, value in vlm_kwargs.items() if value is not None}
        crops = [
            self._crop(image, query, place, {"min_pixels": smallest, "max_pixels": largest, **wanted}, has_spotting)
            for (smallest, largest), group in batch_dict_by_pixel.items()
            for image, query, place in zip(group["images"], group["queries"], group["vlm_block_ids"], strict=True)
        ]
        self.texts = self._models.vlm(crops, self._deadline) if crops else []
        remaining = iter(self.texts)
        for group in batch_dict_by_pixel.values():
            group["vlm_results"] = [{"result": next(remaining).text} for _ in group["images"]]

    def _crop(
        self, image: NDArray[np.uint8], prompt: str, place: tuple[int, int], options: dict[str, Any], has_spotting: bool
    ) -> Crop:
        region = self._region_of_crop.get(place)
        lines = self._lines_of_region.get(region) if region else None
        if region and lines is not None:
            options["lines"] = [[(x - int(region[1]), y - int(region[2])) for x, y in line] for line in lines]
        return Crop(
            image=cv2.cvtColor(image, cv2.COLOR_BGR2RGB),
            prompt=prompt,
            options=VlmOptions(
                **options,
                skip_special_tokens=not has_spotting,
                deadline=self._deadline,
                cancel_key=self._cancel_key,
            ),
        )


def _as_official(box: Box) -> dict[str, Any]:
    """The box as PaddleX's layout model gives it."""
    official: dict[str, Any] = {name: value for name, value in box.items() if name not in ("lines", "unread")}
    if (points := box.get("polygon_points")) is not None:
        official["polygon_points"] = np.asarray(points, dtype=np.float32)
    return official


def _key(label: str, box: Sequence[float]) -> RegionKey:
    x1, y1, x2, y2 = (float(value) for value in box)
    return label, x1, y1, x2, y2


def _cut_unchanged(crop: NDArray[np.uint8], box: Sequence[float]) -> bool:
    """Whether the crop still has its region's size; merged and trimmed crops have another."""
    x1, y1, x2, y2 = (int(value) for value in box)
    return crop.shape[:2] == (y2 - y1, x2 - x1)

"""What was found on a page, drawn by PaddleX: the `outputImages` and the `inputImage` of the official server."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from paddlex.inference.models.layout_analysis.result import LayoutAnalysisResult
from paddlex.inference.pipelines.components import rotate_image
from paddlex.inference.pipelines.doc_preprocessor.result import DocPreprocessorResult
from paddlex.inference.pipelines.paddleocr_vl.result import PaddleOCRVLResult

from engines.page.jpeg import bgr, jpeg

INPUT = "input_img"
"""The name of the page itself among its drawings."""
LARGEST_SIDE = 2000
"""Pixels; larger drawings are made smaller (PaddleX: `DEFAULT_MAX_OUTPUT_IMG_SIZE` of its serving)."""


def drawings(page: NDArray[np.uint8], result: PaddleOCRVLResult) -> dict[str, bytes]:
    """The page and what was found on it, as JPEG by the official names.

    `page` is as it came, BGR uint8 [height, width, 3]. There is `layout_det_res` with layout detection,
    `preprocessed_img` where the page was turned or flattened, `spotting_res_img` where text was spotted.
    """
    drawn = PaddleOCRVLResult({**result, **_with_images(page, result)}).img
    pictures = {INPUT: page, **{name: bgr(image) for name, image in drawn.items()}}
    return {name: jpeg(_fitted(pixels)) for name, pixels in pictures.items()}


def _with_images(page: NDArray[np.uint8], result: PaddleOCRVLResult) -> dict[str, Any]:
    """The parts of a result that PaddleX draws, with the images to draw on: the pipeline carries none about."""
    settings, prepared = result["model_settings"], result["doc_preprocessor_res"]
    parts: dict[str, Any] = {}
    if settings["use_layout_detection"]:
        found = {**result["layout_det_res"], "input_img": prepared["output_img"]}
        parts["layout_det_res"] = LayoutAnalysisResult(found)
    if settings["use_doc_preprocessor"]:
        turned = rotate_image(page, prepared["angle"]) if prepared["angle"] > 0 else page
        parts["doc_preprocessor_res"] = DocPreprocessorResult({**prepared, "input_img": page, "rot_img": turned})
    return parts


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture made small enough (PaddleX: `postprocess_image` of its serving)."""
    height, width = pixels.shape[:2]
    if max(height, width) <= LARGEST_SIDE:
        return pixels
    factor = LARGEST_SIDE / max(height, width)
    return np.asarray(cv2.resize(pixels, (int(factor * width), int(factor * height))), np.uint8)

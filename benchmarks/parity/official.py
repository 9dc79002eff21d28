"""The official pipeline, `paddleocr.PaddleOCRVL`, as its own users call it, on local models.

What is made of its results is what the official server makes of them: `prunedResult`, Markdown, JPEG crops (PaddleX,
`inference/serving/basic_serving/_pipeline_apps`, whose packages are not installed here).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from benchmarks.parity.answers import CaseAnswer, PageAnswer, as_json
from benchmarks.parity.job import Job, Task
from benchmarks.parity.texts import given_text
from engines.settings import EngineSettings
from engines.weights.folder import find_weights

_RENDERING = {"prettifyMarkdown": "pretty", "showFormulaNumber": "show_formula_number"}
_BY_CLASS = ("layoutThreshold", "layoutUnclipRatio", "layoutMergeBboxesMode")


def read_all(job: Job) -> dict[str, CaseAnswer]:
    """The official answers of all tasks."""
    pipeline = _open(job)
    return {task.name: _read(pipeline, task) for task in job.tasks}


def _open(job: Job) -> Any:
    """The pipeline, with every model of MODEL_DIR. Cases ask for orientation and unwarping themselves."""
    from paddleocr import PaddleOCRVL

    settings = EngineSettings(engine="paddle", model_dir=Path(job.model_dir), model_version=job.version)
    weights = find_weights(settings)
    if not (weights.vlm and weights.orientation and weights.unwarping):
        raise ValueError(f"{job.model_dir} lacks a model")
    return PaddleOCRVL(
        pipeline_version=job.version,
        layout_detection_model_dir=str(weights.layout.path),
        vl_rec_model_dir=str(weights.vlm.path),
        doc_orientation_classify_model_dir=str(weights.orientation.path),
        doc_unwarping_model_dir=str(weights.unwarping.path),
        use_doc_orientation_classify=True,
        use_doc_unwarping=True,
        device=job.device,
    )


def _read(pipeline: Any, task: Task) -> CaseAnswer:
    inner = pipeline.paddlex_pipeline._pipeline
    model = inner.vl_rec_model
    if task.given is not None:
        inner.vl_rec_model = _GivenVlm(task.given)
    try:
        results = [_predict(pipeline, page, task) for page in task.pages]
        return CaseAnswer(
            [_answer(result, task.options, with_images=True) for result in results],
            [_document(pipeline, results, options) for options in task.documents],
        )
    finally:
        inner.vl_rec_model = model


def _predict(pipeline: Any, page: str, task: Task) -> Any:
    asked = {_snake(name): _with_numbers(name, value) for name, value in task.options.items() if name not in _RENDERING}
    steps = {"use_doc_orientation_classify": False, "use_doc_unwarping": False, "use_queues": False}
    [result] = pipeline.predict(page, **{**steps, **asked, **task.official})
    return result


def _document(pipeline: Any, results: Sequence[Any], options: Mapping[str, Any]) -> list[PageAnswer]:
    """What the official server's `/restructure-pages` makes of the pages' results."""
    asked = {_snake(name): value for name, value in options.items() if name not in _RENDERING}
    pages = [
        {"res": {**_without_places(result.json["res"]), "input_path": "", "page_index": place}}
        for place, result in enumerate(results)
    ]
    return [_answer(page, options, with_images=False) for page in pipeline.restructure_pages(pages, **asked)]


def _answer(result: Any, options: Mapping[str, Any], *, with_images: bool) -> PageAnswer:
    rendering = {official: options[name] for name, official in _RENDERING.items() if name in options}
    markdown = result._to_markdown(**rendering)
    images = markdown["markdown_images"] if with_images else {}
    return PageAnswer(
        markdown["markdown_texts"],
        as_json(_without_places(result.json["res"])),
        {name: _jpeg(image).hex() for name, image in images.items()},
    )


def _without_places(value: Any) -> Any:
    """A result without where its page was read from (`prune_result` of the official server)."""
    if isinstance(value, list):
        return [_without_places(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _without_places(item) for key, item in value.items() if key not in ("input_path", "page_index")}


def _jpeg(image: Any) -> bytes:
    """A PIL image as the official server encodes it (`postprocess_image`, `image_array_to_bytes`)."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(np.array(image.convert("RGB")), cv2.COLOR_RGB2BGR))
    assert done
    return bytes(data.tobytes())


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def _with_numbers(name: str, value: Any) -> Any:
    """Options by class with the numbers that JSON can't have as keys."""
    return {int(key): item for key, item in value.items()} if name in _BY_CLASS and isinstance(value, dict) else value


class _GivenVlm:
    """Answers the pipeline's crops with given texts."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self.batch_sampler = SimpleNamespace(batch_size=1)

    def predict(self, crops: Sequence[Mapping[str, Any]], **_: Any) -> Iterator[dict[str, Any]]:
        """Yield the text of each crop, BGR."""
        for crop in crops:
            yield {"result": given_text(crop["image"], crop["query"], self._shift)}

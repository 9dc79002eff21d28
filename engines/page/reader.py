"""Reads one page: encoded image and options in, everything that the `ocr` model answers out."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from paddlex.inference.pipelines.paddleocr_vl.result import PaddleOCRVLResult

from engines.errors import DeadlineExceeded, UnsupportedOption
from engines.page.decoding import decode
from engines.page.drawings import drawings
from engines.page.jpeg import bgr, jpeg
from engines.page.options import PageOptions
from engines.page.pipeline import PageModels, PagePipeline
from engines.page.pruning import prune
from engines.page.result import PageResult, PageWarning
from engines.settings import EngineSettings
from engines.table import make_notice, make_refusal, pipeline_version


class PageReader:
    """Reads pages through the official pipeline, with the models that it is given. Safe to use from many threads.

    Raises MissingWeights when it is made and MODEL_DIR is not whole.
    """

    def __init__(self, models: PageModels, settings: EngineSettings) -> None:
        self._models = models
        self._settings = settings
        self._version = pipeline_version(settings)
        self._refusal = make_refusal(settings)
        self._notice = make_notice(settings)

    def read(self, data: bytes, options: PageOptions) -> PageResult:
        """Read one encoded page.

        Raises:
            BadImage: the bytes are no image, or one over MAX_IMAGE_PIXELS.
            UnsupportedOption: the running engine can't honour an option.
            DeadlineExceeded: `options.deadline` passed.
            EngineError: whatever the models answered.
        """
        options, told = self._honoured(options)
        deadline = options.deadline if options.deadline is not None else time.time() + self._settings.ocr_timeout
        _check(deadline)
        page = decode(data, self._settings.max_image_pixels)
        pipeline = PagePipeline(self._models, version=self._version, deadline=deadline, cancel_key=options.cancel_key)
        [result] = pipeline.predict(page, **options.predict_arguments())
        if any(text.finish_reason == "deadline" for text in pipeline.texts):
            raise DeadlineExceeded("the page's text was not read before the deadline")
        read = _page_result(page, result, pipeline, options)
        return replace(read, warnings=[*told, *read.warnings])

    def _honoured(self, options: PageOptions) -> tuple[PageOptions, list[PageWarning]]:
        """The options without those that need not be honoured and can't, and what to tell of these.

        What changes nothing is told too.
        """
        kept, told = {}, []
        for name, value in options.chosen().items():
            reason = self._refusal(name, value)
            if reason is None:
                kept[name] = value
                reason = self._notice(name, value)
            elif name not in options.if_able:
                raise UnsupportedOption(reason)
            if reason is not None:
                told.append(PageWarning("not_honoured", reason))
        return PageOptions.model_validate(kept) if told else options, told


def _check(deadline: float) -> None:
    if time.time() >= deadline:
        raise DeadlineExceeded("the deadline passed before the page was begun")


def _page_result(
    page: NDArray[np.uint8], result: PaddleOCRVLResult, pipeline: PagePipeline, options: PageOptions
) -> PageResult:
    rendered = result._to_markdown(pretty=options.prettify_markdown, show_formula_number=options.show_formula_number)
    images = rendered["markdown_images"] if options.return_markdown_images else {}
    return PageResult(
        markdown=rendered["markdown_texts"],
        result=prune(result.json["res"]),
        images={name: jpeg(bgr(image)) for name, image in images.items()},
        drawings=drawings(page, result) if options.visualize else {},
        warnings=_warnings(pipeline),
        tokens=sum(text.tokens for text in pipeline.texts),
    )


def _warnings(pipeline: PagePipeline) -> list[PageWarning]:
    unread = Counter(box["unread"] for box in pipeline.boxes if "unread" in box)
    found = [
        PageWarning(
            "left_as_image", f"{count} {kind}{'s' if count > 1 else ''} left as image: the engine can't read it"
        )
        for kind, count in sorted(unread.items())
    ]
    sentences = Counter(sentence for text in pipeline.texts for sentence in text.warnings)
    found += [PageWarning("unreadable_text", sentence + _in_blocks(count)) for sentence, count in sentences.items()]
    cut = Counter(text.finish_reason for text in pipeline.texts if text.finish_reason in ("length", "repetition"))
    found += [
        PageWarning("cut_short", f"the text of a block ends early (finish reason: {reason}){_in_blocks(count)}")
        for reason, count in cut.items()
    ]
    return found


def _in_blocks(count: int) -> str:
    return f", in {count} blocks" if count > 1 else ""

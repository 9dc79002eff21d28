"""This server's page assembly in this process, with the layout model of MODEL_DIR and given texts for crops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.parity.answers import CaseAnswer, PageAnswer, as_json
from benchmarks.parity.job import Job, Task
from benchmarks.parity.texts import given_text
from engines.errors import EngineError
from engines.layout.base import Box, LayoutEngine, Page
from engines.page.document import restructure
from engines.page.document_options import DocumentOptions
from engines.page.options import PageOptions
from engines.page.reader import PageReader
from engines.preprocess.base import Prepared, PreprocessOptions
from engines.settings import EngineSettings
from engines.table import make_layout
from engines.vlm.base import Crop, Text


def assemble_all(job: Job) -> dict[str, CaseAnswer]:
    """This server's answers of the tasks with given texts."""
    settings = EngineSettings(
        engine="paddle", model_dir=Path(job.model_dir), model_version=job.version, device=job.device
    )
    layout = make_layout(settings)
    layout.load()
    try:
        return {task.name: _read(task, task.given, layout, settings) for task in job.tasks if task.given is not None}
    finally:
        layout.close()


def _read(task: Task, shift: int, layout: LayoutEngine, settings: EngineSettings) -> CaseAnswer:
    reader = PageReader(_GivenModels(layout, shift), settings)
    options = PageOptions.from_values(task.options)
    pages = [reader.read(Path(page).read_bytes(), options) for page in task.pages]
    documents = [
        restructure([page.result for page in pages], DocumentOptions.from_values(asked)) for asked in task.documents
    ]
    return CaseAnswer(
        [
            PageAnswer(page.markdown, as_json(page.result), {name: data.hex() for name, data in page.images.items()})
            for page in pages
        ],
        [[PageAnswer(page.markdown, as_json(page.result)) for page in document] for document in documents],
    )


class _GivenModels:
    """The layout model, and texts by the pixels of the crops."""

    def __init__(self, layout: LayoutEngine, shift: int) -> None:
        self._layout = layout
        self._shift = shift

    def preprocess(self, _image: NDArray[np.uint8], _options: PreprocessOptions, _deadline: float) -> Prepared:
        raise NotImplementedError("cases with given texts turn no pages")

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], _deadline: float) -> list[Box]:
        [found] = self._layout.detect([Page(image, options)])
        if isinstance(found, EngineError):
            raise found
        return found

    def vlm(self, crops: Sequence[Crop], _deadline: float) -> list[Text]:
        return [Text(given_text(crop.image[:, :, ::-1], crop.prompt, self._shift), tokens=1) for crop in crops]

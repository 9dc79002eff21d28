"""The models of the lite engine, opened as the settings say."""

from __future__ import annotations

from pathlib import Path

from engines.lite import weights
from engines.lite.cyrillic import CyrillicReader
from engines.lite.line_reader import LineReader
from engines.lite.region_detection import RegionDetector
from engines.lite.sessions import OnnxSession, Session, open_session
from engines.lite.table_structure import TableStructureDetector
from engines.lite.text_detection import TextDetector
from engines.lite.text_recognition import TextRecogniser
from engines.settings import EngineSettings


class Models:
    """Opens models from the weights folder, each checked before it is opened. Every method raises MissingWeights."""

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings

    def regions(self) -> RegionDetector:
        """What finds the regions of pages."""
        return RegionDetector(self._open(weights.REGION_DETECTION))

    def text_detector(self) -> TextDetector:
        """What finds text lines, in the size that the settings name."""
        return TextDetector(self._open(weights.TEXT_DETECTION[self._settings.lite_model]))

    def recogniser(self, size: str) -> TextRecogniser:
        """What reads text lines."""
        weight = weights.TEXT_RECOGNITION[size]
        session = self._open(weight, few_shapes=True)
        if size == "tiny":
            return TextRecogniser(session, self._path(weights.TINY_CHARACTERS).read_text("utf-8"))
        return TextRecogniser(session, OnnxSession(self._path(weight)).metadata["character"])

    def line_reader(self) -> LineReader:
        """What reads text lines in every script that the engine knows."""
        size = self._settings.lite_model
        cyrillic = CyrillicReader(self._settings.tessdata_prefix)
        return LineReader(self.recogniser("tiny"), self.recogniser("small"), cyrillic, prefer=size)

    def tables(self) -> TableStructureDetector:
        """What finds the cells of tables."""
        return TableStructureDetector(self._path(weights.TABLE_STRUCTURE))

    def _open(self, weight: weights.Weight, *, few_shapes: bool = False) -> Session:
        settings = self._settings
        path = self._path(weight)
        return open_session(path, settings.lite_runtime, threads=settings.lite_threads, few_shapes=few_shapes)

    def _path(self, weight: weights.Weight) -> Path:
        weights.check(self._settings.lite_weights, [weight])
        return self._settings.lite_weights / weight.name

"""Reading Cyrillic lines with Tesseract, which the PP-OCR models can't."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.errors import MissingWeights
from engines.lite.text_recognition import Reading

LANGUAGES = ("rus", "eng")
"""Russian first; English for Latin words in Russian lines."""


class CyrillicReader:
    """Reads images of single lines. `read` may be called from several threads; each keeps a Tesseract of its own."""

    def __init__(self, tessdata: Path) -> None:
        """Find the language data. Raises MissingWeights, naming the package, when it is absent."""
        for language in LANGUAGES:
            path = tessdata / f"{language}.traineddata"
            if not path.is_file():
                raise MissingWeights(
                    f"{path} does not exist: install tesseract-ocr-{language} (apt), or set TESSDATA_PREFIX."
                )
        self._tessdata = tessdata
        self._local = threading.local()

    def read(self, line: NDArray[np.uint8]) -> Reading:
        """Read a line, RGB uint8 [height, width, 3]; the score is Tesseract's confidence, 0..1."""
        import cv2

        gray = cv2.cvtColor(np.ascontiguousarray(line), cv2.COLOR_RGB2GRAY)
        height, width = gray.shape
        tesseract = self._tesseract()
        tesseract.SetImageBytes(gray.tobytes(), width, height, 1, width)
        tesseract.SetSourceResolution(300)
        return Reading(tesseract.GetUTF8Text().strip(), tesseract.MeanTextConf() / 100)

    def _tesseract(self) -> Any:
        """This thread's Tesseract."""
        if not hasattr(self._local, "tesseract"):
            # Read when the library starts: the pool's threads are the only source of parallelism.
            os.environ.setdefault("OMP_THREAD_LIMIT", "1")
            import tesserocr

            self._local.tesseract = tesserocr.PyTessBaseAPI(
                path=str(self._tessdata), lang="+".join(LANGUAGES), psm=tesserocr.PSM.SINGLE_LINE
            )
        return self._local.tesseract

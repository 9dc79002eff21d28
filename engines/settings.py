"""Settings of the engines, read once at start from the environment of the Triton server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PositiveInt = Annotated[int, Field(gt=0)]


class EngineSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True)

    engine: Literal["lite"] = "lite"
    """ENGINE: which models read the pages."""
    lite_model: Literal["tiny", "small"] = "tiny"
    """LITE_MODEL: the size of the lite engine's text models; small reads better and takes about three times as long."""
    lite_weights: Path = Path(".weights/lite")
    """LITE_WEIGHTS: the folder that `python -m engines.lite.weights` filled."""
    lite_threads: PositiveInt = Field(default_factory=lambda: len(os.sched_getaffinity(0)))
    """LITE_THREADS: worker threads of each lite model; the default is the number of cores."""
    tessdata_prefix: Path = Path("/usr/share/tesseract-ocr/5/tessdata")
    """TESSDATA_PREFIX: the folder of rus.traineddata and eng.traineddata."""
    max_image_pixels: PositiveInt = 100_000_000
    """MAX_IMAGE_PIXELS: a page image with more is refused before it is decoded."""
    ocr_max_in_flight: PositiveInt = 64
    """OCR_MAX_IN_FLIGHT: pages that `ocr` works on at once; the next is answered UNAVAILABLE."""
    ocr_timeout: Annotated[float, Field(gt=0)] = 600.0
    """OCR_TIMEOUT: seconds a page may take when the request names no deadline."""

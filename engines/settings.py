"""Settings of the engines, read once at start from the environment of the Triton server.

Each field is the environment variable of the same name in capitals.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _workers() -> int:
    """Twice the cores: a core has work while a thread waits for the last line of its stage."""
    return 2 * len(os.sched_getaffinity(0))


def _installed_tessdata() -> Path:
    """Where Debian and Ubuntu keep the languages of Tesseract 5, or of 4."""
    folders = [Path("/usr/share/tesseract-ocr") / version / "tessdata" for version in ("5", "4.00")]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


class EngineSettings(BaseSettings):
    """Which models read the pages, and with what."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    engine: Literal["lite"] = Field(default="lite", description="Which models read the pages.")
    lite_model: Literal["tiny", "small"] = Field(
        default="tiny", description="Size of the lite engine's text models: small reads better and takes longer."
    )
    lite_runtime: Literal["auto", "onnxruntime", "openvino"] = "auto"
    """LITE_RUNTIME: what runs the lite models; auto takes OpenVINO, the faster one, where it is installed."""
    lite_weights: Path = Field(
        default=Path(".weights/lite"), description="Folder that `python -m engines.lite.weights FOLDER` filled."
    )
    lite_threads: int = Field(
        default_factory=_workers, gt=0, description="Worker threads of each lite model; default: twice the cores."
    )
    tessdata_prefix: Path = Field(
        default_factory=_installed_tessdata,
        description="Folder of rus.traineddata and eng.traineddata, which read Russian; default: the apt packages'.",
    )
    max_image_pixels: int = Field(
        default=100_000_000, gt=0, description="Pixels of a page image; `ocr` refuses more before it decodes."
    )
    ocr_max_in_flight: int = Field(
        default=64, gt=0, description="Pages that `ocr` reads at once; the next is answered UNAVAILABLE."
    )
    ocr_timeout: float = Field(
        default=600, gt=0, description="Seconds a page may take when its request names no deadline."
    )

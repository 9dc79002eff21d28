"""Settings of the engines, read once at start from the environment of the Triton server.

Each field is the environment variable of the same name in capitals.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from typing_extensions import Self


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _workers() -> int:
    """Twice the cores: a core has work while a thread waits for the last line of its stage."""
    return 2 * _cores()


def _engine_of(others: dict[str, Any]) -> Literal["lite", "paddle"]:
    """The engine that is meant where none is named."""
    return "paddle" if others.get("model_dir") else "lite"


def _installed_tessdata() -> Path:
    """Where Debian and Ubuntu keep the languages of Tesseract 5, or of 4."""
    folders = [Path("/usr/share/tesseract-ocr") / version / "tessdata" for version in ("5", "4.00")]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


class EngineSettings(BaseSettings):
    """Which models read the pages, and with what."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    model_dir: Path | None = Field(
        default=None,
        description="Folder of the offline PaddleOCR-VL weights, as the official images' `official_models`.",
    )
    model_version: Literal["auto", "v1", "v1.5", "v1.6"] = Field(
        default="auto",
        description="Which PaddleOCR-VL to take out of MODEL_DIR; auto: the newest that is complete.",
    )
    verify_weights: bool = Field(
        default=False, description="Compare every file of MODEL_DIR with its manifest of SHA-256 sums at start."
    )
    engine: Literal["lite", "paddle", "sleep"] = Field(
        default_factory=_engine_of,
        description="Which models read the pages; default: paddle where MODEL_DIR is set, else lite.",
    )
    capacity_test: bool = Field(
        default=False,
        description="Allows ENGINE=sleep, which reads nothing: it sleeps in a GPU's place and answers made texts.",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|gpu(:\d+)?)$",
        description="Where the paddle models run: cpu, gpu, gpu:1; auto takes a GPU where Paddle sees one.",
    )
    paddle_threads: int = Field(
        default_factory=_cores, gt=0, description="CPU threads of each paddle model; default: the cores."
    )
    vlm_engine: Literal["local", "server"] = Field(
        default="local", description="Where crops are read: by ENGINE's own model, or by a server (VLM_URL)."
    )
    vlm_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Address of an OpenAI-compatible server of PaddleOCR-VL (vLLM, SGLang, FastDeploy), up to `/v1`.",
    )
    vlm_backend: Literal["vllm", "sglang", "fastdeploy", "llama-cpp", "transformers", "openai"] = Field(
        default="vllm",
        description="What kind of server answers at VLM_URL; openai: ask for nothing beyond OpenAI's API.",
    )
    vlm_model: str | None = Field(
        default=None, description="Name of the model at VLM_URL; default: the one PaddleOCR-VL that the server lists."
    )
    vlm_api_key: SecretStr | None = Field(
        default=None, description="Key that the server at VLM_URL asks for, if it does."
    )
    vlm_max_in_flight: int = Field(
        default=128, gt=0, description="Crops that are asked of VLM_URL at once; the others wait their turn."
    )
    vlm_connect_retries: int = Field(
        default=2, ge=0, description="How often a crop is sent again when its connection to VLM_URL fails."
    )
    vlm_image_format: Literal["png", "jpeg"] = Field(
        default="png", description="How crops travel to VLM_URL; jpeg: smaller and lossy, as the official client does."
    )
    vlm_colour_order: Literal["rgb", "bgr"] = Field(
        default="rgb",
        description="Colour order in which the local paddle VLM sees crops; bgr: as the official native engine.",
    )
    vlm_slots: int | None = Field(
        default=None,
        gt=0,
        description="Crops that the local paddle VLM decodes at once; default: 64 on a GPU, 16 on a CPU.",
    )
    vlm_cache_tokens: int | None = Field(
        default=None,
        ge=256,
        description="Tokens that its cache holds, 18 KiB each in bfloat16; default: by the memory free at start.",
    )
    vlm_repetition_tokens: int = Field(
        default=256,
        ge=0,
        description="A text that has gone round in a loop for so many tokens is ended (tables: six times); 0: never.",
    )
    vlm_step_timeout: float = Field(
        default=60, gt=0, description="Seconds without progress after which the decode loop is given up and restarted."
    )
    lite_model: Literal["tiny", "small"] = Field(
        default="tiny", description="Size of the lite engine's text models: small reads better and takes longer."
    )
    lite_runtime: Literal["auto", "onnxruntime", "openvino"] = Field(
        default="auto", description="What runs the lite models; auto: OpenVINO, the faster one, where it is installed."
    )
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

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.engine == "paddle" and self.model_dir is None:
            raise ValueError("ENGINE=paddle needs MODEL_DIR, the folder of the offline PaddleOCR-VL weights")
        if self.engine == "sleep" and not self.capacity_test:
            raise ValueError("ENGINE=sleep reads nothing and answers made texts; capacity tests set CAPACITY_TEST=1")
        if self.engine == "sleep" and self.vlm_engine == "server":
            raise ValueError("ENGINE=sleep stands for the whole GPU: leave out VLM_ENGINE=server")
        if self.vlm_engine == "server" and self.vlm_url is None:
            raise ValueError("VLM_ENGINE=server needs VLM_URL, the address of an OpenAI-compatible server")
        return self

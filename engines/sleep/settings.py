"""How long the sleeping engine sleeps: the times of the GPU that it stands for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(ge=0)]


class SleepSettings(BaseSettings):
    """Each field is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    sleep_layout_seconds: Seconds = Field(default=0.02, description="Seconds of a layout batch, whatever its size.")
    sleep_layout_page_seconds: Seconds = Field(default=0.01, description="Seconds of each page in a layout batch more.")
    sleep_prefill_seconds: Seconds = Field(default=0.02, description="Seconds of a crop up to its first token.")
    sleep_step_seconds: Seconds = Field(default=0.012, description="Seconds of a decode step, whatever its rows.")
    sleep_step_row_seconds: Seconds = Field(default=0.0, description="Seconds of each row in a decode step more.")
    sleep_blocks: Annotated[int, Field(gt=0, le=100)] = Field(default=8, description="Blocks that a page has.")
    sleep_tokens: Annotated[int, Field(gt=0)] = Field(
        default=60, description="Mean tokens of a crop; one has between half and one and a half as many."
    )
    sleep_device: Path | None = Field(
        default=None,
        description="File that stands for the GPU: models that name the same one take turns; unset: one each.",
    )

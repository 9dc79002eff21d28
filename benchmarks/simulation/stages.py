"""What a page costs, stage by stage: measured at one Triton, or entered for a GPU that nobody has yet."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class Stages(BaseModel):
    """The times of one machine. The GPU does one thing at a time: a layout batch, a prefill, or a decode step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layout_seconds: Seconds = Field(default=0.03, description="GPU seconds of a layout batch, whatever its size")
    layout_page_seconds: Seconds = Field(default=0.02, description="GPU seconds of each page in it more")
    layout_batch: Count = Field(default=8, description="pages of a layout batch at most")
    prefill_seconds: Seconds = Field(default=0.02, description="GPU seconds of a crop up to its first token")
    step_seconds: Seconds = Field(default=0.015, description="GPU seconds of a decode step, whatever its rows")
    step_row_seconds: Seconds = Field(default=0.0, description="GPU seconds of each row in it more")
    slots: Count = Field(default=64, description="crops that decode at once (VLM_SLOTS)")
    crops: Positive = Field(default=10.0, description="crops of a page, on average")
    tokens: Annotated[float, Field(ge=1)] = Field(default=80.0, description="tokens of a crop, on average")
    spread: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="how far a crop's tokens lie from the average at most, as a part of it"
    )
    cpu_seconds: Seconds = Field(default=0.06, description="CPU seconds of a page, the GPU's work left out")
    wait_seconds: Seconds = Field(default=0.01, description="seconds of a page in which nothing works for it")
    cores: Count = Field(default=8, description="CPU cores of a machine")
    is_shared: bool = Field(default=False, description="all machines share these cores, as in a measurement on one")

    def device_seconds(self) -> float:
        """GPU seconds of a page at full batches: the least that it can take."""
        step = self.step_seconds / self.slots + self.step_row_seconds
        crop = self.prefill_seconds + (self.tokens - 1) * step
        return self.layout_seconds / self.layout_batch + self.layout_page_seconds + self.crops * crop

    def most_pages_a_second(self) -> float:
        """What no machine with these times can exceed."""
        limits = [self.device_seconds(), self.cpu_seconds / self.cores]
        return 1 / max(limits) if max(limits) > 0 else float("inf")

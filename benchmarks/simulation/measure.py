"""The stages of this machine: the product is started as the environment has it, and asked for real pages."""

from __future__ import annotations

import asyncio
import time

from benchmarks.pages import page_images
from benchmarks.running import cpu_seconds, running_product
from benchmarks.scaling.calibration import One, calibrate
from benchmarks.scaling.load import Clients, Seen
from benchmarks.simulation.stages import Stages


def measure(stages: Stages, *, in_flight: int, seconds: float, pages: int) -> Stages:
    """`stages` with the times of this machine; slots and cores stay. Raises NoDecodeLoop."""
    images = page_images(pages)
    with running_product(CLIENT_SHARE="1", CANARY_INTERVAL="600", LOG_LEVEL="warning") as stack:
        one = One(
            stack.triton_url,
            stack.metrics_url,
            # The clients are this process.
            lambda: cpu_seconds(stack) + time.process_time(),
        )
        clients = Clients([stack.gateway_url], images, Seen())
        return asyncio.run(calibrate(one, clients, stages, in_flight=in_flight, seconds=seconds))

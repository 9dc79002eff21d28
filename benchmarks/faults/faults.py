"""The faults: what is done, and how it is undone where nobody else does it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.faults.s3_server import Manner
from benchmarks.faults.world import World

Act = Callable[[World], None]


def _nothing(_: World) -> None:
    """The product itself brings it back."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong; it is undone after `lasts` seconds, where the product does not mend it itself.

    `blamed`: the error of the document that was in it, where the fault can't be told from one of the document's own.
    """

    name: str
    do: Act
    undo: Act = _nothing
    lasts: float = 0.0
    blamed: str | None = None


def _kill_stub(model: str, world: World) -> None:
    world.stub(model).kill()


def _freeze_stub(model: str, world: World) -> None:
    world.stub(model).send_signal(signal.SIGSTOP)


def _kill_triton(world: World) -> None:
    os.kill(world.stack.triton_pid or 0, signal.SIGKILL)


def _kill_gateway(world: World) -> None:
    os.kill(world.stack.gateway_pid or 0, signal.SIGKILL)


def _kill_renderer(world: World) -> None:
    world.renderer().kill()


def _freeze_renderer(world: World) -> None:
    world.renderer().send_signal(signal.SIGSTOP)


def _behave(manner: Manner, world: World) -> None:
    world.s3.manner = manner


def _well(world: World) -> None:
    world.s3.manner = "well"


def _kill_redis(world: World) -> None:
    world.redis.kill()


def _start_redis(world: World) -> None:
    world.redis.start()


FAULTS = (
    Fault("nothing", _nothing, lasts=5),
    Fault("a renderer is killed", _kill_renderer, blamed="render_failed"),
    Fault("a renderer hangs", _freeze_renderer, blamed="render_failed"),
    *(Fault(f"the process of {model} is killed", partial(_kill_stub, model)) for model in ("layout", "vlm", "ocr")),
    Fault("the process of vlm hangs", partial(_freeze_stub, "vlm")),
    Fault("Triton is killed", _kill_triton),
    Fault("the gateway is killed", _kill_gateway),
    Fault("the disk of OUTPUT_DIR is full", World.fill_disk, World.empty_disk, lasts=8),
    Fault("S3 refuses", partial(_behave, "refusing"), _well, lasts=8),
    Fault("S3 takes and does not answer", partial(_behave, "slow"), _well, lasts=8),
    Fault(
        "Redis is killed, and back after 8 s", lambda world: world.redis.kill(), lambda world: world.redis.start(), 8
    ),
)

"""Two Docker engines: one builds the images and the kit, the other plays the isolated machine that runs it.

Their images and what pip downloads are kept in `.containers` between runs. Where no engine can start these tests are
left out, and the last lines of the run say so; with CI set they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.containers import stand_ins
from tests.containers.engine import CannotStart, Engine, running
from tests.containers.product import Product

CACHE = ROOT / ".containers"
TRITON_IMAGE = "localhost/paddleocr-vl-triton:lite"
GATEWAY_IMAGE = "localhost/paddleocr-vl-gateway:latest"
_STAND_INS = {"CPU_BASE_IMAGE": stand_ins.PYTHON, "GATEWAY_BASE_IMAGE": stand_ins.PYTHON}
_SETTINGS = """
HEALTH_CACHE_SECONDS=0.5
RESTARTS_MAX=100
RESTART_DELAY_MAX=1
"""

Note = Callable[[str], None]
_NOTES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was measured, or that nothing was tested."""
    if notes := config.stash.get(_NOTES, []):
        terminalreporter.section("containers")
        for line in notes:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def note(pytestconfig: pytest.Config) -> Note:
    """Keeps a line for the end of the run."""
    return pytestconfig.stash.setdefault(_NOTES, []).append


@pytest.fixture(scope="session")
def timed(note: Note) -> Callable[..., str]:
    """Runs a function and notes its seconds."""

    def run(what: str, work: Callable[[], str | None]) -> str:
        start = time.monotonic()
        done = work() or ""
        note(f"{time.monotonic() - start:6.1f} s  {what}")
        return done

    return run


@pytest.fixture(scope="package")
def builder(note: Note, timed: Callable[..., str]) -> Iterator[Engine]:
    """The connected machine, with the stand-in of the official Python image."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(running(CACHE / "builder"))
        except CannotStart as error:
            note(f"CONTAINERS WERE NOT TESTED: {error}")
            if os.environ.get("CI"):
                pytest.fail(f"a Docker engine must start in CI: {error}")
            pytest.skip(f"NO DOCKER ENGINE TO TEST WITH: {error}")
        timed(f"{stand_ins.PYTHON}, a stand-in for python:3.11-slim", lambda: stand_ins.make_python(engine, CACHE))
        yield engine
        engine.run("docker", "image", "prune", "--force")
        engine.run("docker", "builder", "prune", "--force", "--keep-storage=12gb")


@pytest.fixture(scope="package")
def images(builder: Engine, timed: Callable[..., str]) -> Engine:
    """The engine that has built both images of docker-compose.yml."""
    configuration = json.loads(builder.run("docker-compose", "config", "--format=json", **_STAND_INS))
    for name in ("gateway", "triton"):
        timed(f"image of {name}", lambda name=name: build(builder, configuration["services"][name]))
    return builder


def build(engine: Engine, service: dict) -> str:
    """Build a service's image as Compose would, whose own build needs a plugin that Debian's Docker lacks."""
    recipe = service["build"]
    arguments = [f"--build-arg={name}={value}" for name, value in recipe["args"].items() if value is not None]
    target = [f"--target={recipe['target']}"] if "target" in recipe else []
    return engine.run(
        "docker", "build", "--network=host", f"--file={recipe['dockerfile']}", *target, *arguments,
        f"--tag={service['image']}", recipe["context"],
    )  # fmt: skip


@pytest.fixture(scope="package")
def kit(images: Engine, timed: Callable[..., str]) -> Iterator[Path]:
    """The folder that make-kit.sh writes on the connected machine."""
    folder = CACHE / "kit"
    shutil.rmtree(folder, ignore_errors=True)
    command = ("deploy/airgap/make-kit.sh", "--no-build", folder)
    timed("the air-gap kit, written", lambda: images.run(*command))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def isolated() -> Iterator[Engine]:
    """The isolated machine: an engine that has no image."""
    data = CACHE / "isolated"
    shutil.rmtree(data, ignore_errors=True)
    with running(data) as engine:
        assert engine.run("docker", "images", "--quiet") == ""
        yield engine
    shutil.rmtree(data)


@pytest.fixture(scope="package")
def loaded(kit: Path, isolated: Engine, timed: Callable[..., str]) -> str:
    """What load.sh said on the isolated machine."""
    return timed("the air-gap kit, verified and loaded", lambda: isolated.run(kit / "load.sh", cwd=Path("/")))


@pytest.fixture(scope="package")
def product(kit: Path, loaded: str, isolated: Engine, timed: Callable[..., str]) -> Iterator[Product]:
    """The product, started by Compose out of the kit."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (kit / ".env").open("a") as settings:
        settings.write(f"\nPUBLISH={address}\n{_SETTINGS}")
    product = Product(isolated, kit, f"http://{address}")
    try:
        timed("docker compose up --wait", lambda: product.compose("up", "--detach", "--wait"))
        yield product
    finally:
        timed("docker compose down", lambda: product.compose("down", "--volumes"))

"""`python -m supervisor` as a process of its own, with signals as a terminal sends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from supervisor.__main__ import _ECHO_SECONDS
from tests.unit.supervisor.world import World, until

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Start the supervisor; it must have ended, with all its children, by the end of the test."""
    started = []

    def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor", *arguments],
            env={**os.environ, **world.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    until(lambda: not world.survivors())


def read_until(process: subprocess.Popen[str], end: str) -> str:
    """What it wrote on stdout up to the line `end`."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.strip() == end:
            return text
    raise AssertionError(f"ended before it said {end!r}: {text}")


READY = "Ctrl-C stops everything."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_shows_the_sample_and_the_addresses_and_ends_on_a_signal(
    world: World, start: Start, number: signal.Signals
) -> None:
    (world.folder / "sample.pdf").write_text("a document")
    process = start("--sample", "sample.pdf")
    told = read_until(process, READY)
    assert "# Текст" in told
    assert f"http://127.0.0.1:{world.ports[0]}/ocr" in told
    assert f"http://127.0.0.1:{world.ports[3]}/metrics" in told
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 0
    assert world.survivors() == []
    assert world.events()[2:] == ["gateway stops", "triton stops"]


def test_ends_on_a_signal_while_it_waits_for_triton(world: World, start: Start) -> None:
    world.tell("triton", "loading")
    process = start()
    until(lambda: "triton starts" in world.events())
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert world.survivors() == []


def test_a_second_signal_does_not_wait_for_requests_in_flight(world: World, start: Start) -> None:
    world.tell("gateway", "busy")
    process = start(SHUTDOWN_TIMEOUT="600")
    read_until(process, READY)
    process.send_signal(signal.SIGINT)
    # What comes at once is the same signal again, passed on by make.
    process.send_signal(signal.SIGTERM)
    time.sleep(_ECHO_SECONDS)
    assert process.poll() is None
    assert "gateway stops" in world.events()
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert world.survivors() == []


def test_a_killed_supervisor_leaves_no_process(world: World, start: Start) -> None:
    process = start()
    read_until(process, READY)
    process.kill()
    until(lambda: not world.survivors())


def test_a_sample_that_can_not_be_read_stops_everything(world: World, start: Start) -> None:
    process = start("--sample", "nowhere.pdf")
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "the sample nowhere.pdf could not be read" in errors
    assert world.survivors() == []


def test_a_refused_sample_is_shown_with_its_reason(world: World, start: Start) -> None:
    (world.folder / "other.pdf").write_text("something else")
    _, errors = start("--sample", "other.pdf").communicate()
    assert "415 not what was expected" in errors


def test_a_wrong_setting_is_named_before_anything_starts(world: World, start: Start) -> None:
    process = start(GATEWAY_PORT="eighty")
    _, errors = process.communicate()
    assert process.returncode == 78
    assert "GATEWAY_PORT" in errors
    assert "Traceback" not in errors
    assert world.events() == []


def test_gives_up_with_a_status_that_tells(world: World, start: Start) -> None:
    world.tell("triton", "broken")
    process = start()
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "failed to load 'vlm': no weights" in errors
    assert "Traceback" not in errors

"""`python -m supervisor` as a process of its own, with signals as a terminal sends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from supervisor.__main__ import _ECHO_SECONDS
from tests.unit.engines.weights.folders import official
from tests.unit.supervisor.world import World
from tests.waiting import until

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(world: World) -> Iterator[Start]:
    """Start the supervisor; it must have ended, with all its children, by the end of the test."""
    started = []

    def start(*arguments: str, by: tuple[str, ...] = (), **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*by, sys.executable, "-m", "supervisor", *arguments],
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
    try:
        until(lambda: not world.survivors())
    finally:
        # Or what survives would hold the pipes that are read to their end here.
        for survivor in world.survivors():
            survivor.kill()
        for process in started:
            process.communicate()


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
    until(lambda: "gateway stops" in world.events())
    time.sleep(2 * _ECHO_SECONDS)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert world.survivors() == []


def test_a_killed_supervisor_leaves_no_process(world: World, start: Start) -> None:
    process = start()
    read_until(process, READY)
    process.kill()
    until(lambda: not world.survivors())


def test_keys_are_for_the_gateway_alone(world: World, start: Start) -> None:
    """A plain user's processes can't read the supervisor's either, though it may read all files."""
    plain = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    files = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    user = (*plain, *files) if os.geteuid() == 0 else ()
    process = start(by=user, S3_SECRET_KEY="secret", VLM_API_KEY="of-the-engine")
    read_until(process, READY)
    keys = {child.cmdline()[-1]: child.environ() for child in psutil.Process(process.pid).children()}
    (gateway,) = (variables for program, variables in keys.items() if program == "gateway")
    (triton,) = (variables for program, variables in keys.items() if program != "gateway")
    assert (gateway["S3_SECRET_KEY"], gateway["VLM_API_KEY"]) == ("secret", "of-the-engine")
    assert "S3_SECRET_KEY" not in triton
    assert triton["VLM_API_KEY"] == "of-the-engine"
    look = [*user, "cat", f"/proc/{process.pid}/environ"]
    seen = subprocess.run(look, capture_output=True, text=True, check=False)
    assert "Permission denied" in seen.stderr


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


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return official(tmp_path / "weights", "PP-DocLayoutV3", "PaddleOCR-VL-1.6-0.9B")


def test_whole_weights_are_served(weights: Path, start: Start) -> None:
    process = start(MODEL_DIR=str(weights))
    read_until(process, READY)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "PaddleOCR-VL-1.6 has no processor_config.json" in errors


def test_it_says_loudly_that_the_sleeping_engine_reads_nothing(start: Start) -> None:
    process = start(ENGINE="sleep", CAPACITY_TEST="1")
    read_until(process, READY)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 0
    assert "NOTHING IS READ" in errors


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [({}, "CAPACITY_TEST=1"), ({"CAPACITY_TEST": "1", "SLEEP_BLOCKS": "0"}, "SLEEP_BLOCKS: Input should be greater")],
)
def test_the_sleeping_engine_does_not_start_unasked_or_on_wrong_values(
    world: World, start: Start, variables: dict[str, str], complaint: str
) -> None:
    process = start(ENGINE="sleep", **variables)
    _, errors = process.communicate()
    assert process.returncode == 78
    assert complaint in errors
    assert world.events() == []


@pytest.mark.parametrize("file", ["PP-DocLayoutV3/inference.pdiparams", "PaddleOCR-VL-1.6/model.safetensors"])
def test_weights_that_are_cut_short_are_named_before_anything_starts(
    world: World, start: Start, weights: Path, file: str
) -> None:
    os.truncate(weights / file, (weights / file).stat().st_size - 1)
    process = start(ENGINE="paddle", MODEL_DIR=str(weights))
    _, errors = process.communicate()
    assert process.returncode == 78
    assert f"{weights / file} is cut short" in errors
    assert "docs/weights.md" in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) < 10
    assert world.events() == []


def test_a_folder_without_weights_is_named_before_anything_starts(world: World, start: Start) -> None:
    process = start(MODEL_DIR="nowhere")
    _, errors = process.communicate()
    assert process.returncode == 78
    assert "MODEL_DIR: nowhere is no folder" in errors
    assert world.events() == []


def test_weights_are_compared_with_their_manifest_where_that_is_asked_for(
    world: World, start: Start, weights: Path
) -> None:
    process = start(MODEL_DIR=str(weights), VERIFY_WEIGHTS="on")
    _, errors = process.communicate()
    assert process.returncode == 78
    assert f"{weights / 'SHA256SUMS'} does not exist" in errors
    subprocess.run([sys.executable, "-m", "engines.weights", "manifest", weights], check=True)
    process = start(MODEL_DIR=str(weights), VERIFY_WEIGHTS="on")
    read_until(process, READY)
    process.send_signal(signal.SIGINT)
    assert "11 files are those of SHA256SUMS" in process.communicate()[1]
    started = world.events().count("triton starts")
    (weights / "PaddleOCR-VL-1.6" / "chat_template.jinja").write_text("another")
    process = start(MODEL_DIR=str(weights), VERIFY_WEIGHTS="on")
    _, errors = process.communicate()
    assert process.returncode == 78
    assert "chat_template.jinja is not the file that the manifest was made of" in errors
    assert world.events().count("triton starts") == started == 1


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ENGINE": "paddle"}, "ENGINE=paddle needs MODEL_DIR, the folder of the offline PaddleOCR-VL weights."),
        ({"MODEL_VERSION": "v2"}, "MODEL_VERSION: Input should be 'auto', 'v1', 'v1.5' or 'v1.6'. It is: Which"),
        ({"ENGINE": "fast"}, "default: paddle where MODEL_DIR is set, else lite. Unset it for the default.\n"),
    ],
)
def test_a_wrong_setting_of_the_engines_is_named_before_anything_starts(
    world: World, start: Start, variables: dict[str, str], says: str
) -> None:
    process = start(**variables)
    _, errors = process.communicate()
    assert process.returncode == 78
    assert says in errors
    assert world.events() == []

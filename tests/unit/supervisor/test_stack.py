"""The stack with real processes that play Triton and the gateway."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from pathlib import Path

import httpx2
import psutil
import pytest

from supervisor import GaveUp, Stack, StartFailed
from supervisor.errors import AlreadyRunning
from supervisor.free_ports import settings_on_free_ports
from supervisor.triton import STUB
from tests.unit.supervisor.world import World
from tests.waiting import until


def stubs(stack: Stack) -> list[psutil.Process]:
    assert stack.triton_pid is not None
    return [child for child in psutil.Process(stack.triton_pid).children() if child.name() == STUB]


def test_both_servers_answer_inside_the_block_and_are_gone_after_it(world: World) -> None:
    with Stack(world.settings()) as stack:
        assert httpx2.get(f"{stack.gateway_url}/health", trust_env=False).is_success
        assert httpx2.get(f"{stack.triton_url}/v2/health/ready", trust_env=False).is_success
        assert len(stubs(stack)) == 2
    assert world.survivors() == []
    assert world.events()[-2:] == ["gateway stops", "triton stops"]


def test_says_what_it_waits_for(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings()):
        pass
    # A fake that is quick has loaded its models before the first look.
    assert any(
        re.fullmatch(r"waiting for Triton: models (layout, vlm loading|loaded) … 0 s", m) for m in caplog.messages
    )


def test_triton_is_started_with_what_it_needs(world: World) -> None:
    with Stack(world.settings(host="0.0.0.0")) as stack:
        arguments = (world.folder / "triton-arguments").read_text().splitlines()
        assert stack.gateway_url == f"http://127.0.0.1:{world.ports[0]}"
    assert "--http-address=127.0.0.1" in arguments
    assert "--disable-auto-complete-config" in arguments
    assert f"--metrics-port={world.ports[3]}" in arguments


def test_a_model_that_fails_to_load_is_the_reason_told(world: World) -> None:
    world.tell("triton", "broken")
    with pytest.raises(StartFailed, match="failed to load 'vlm': no weights") as failure, Stack(world.settings()):
        pass
    assert str(failure.value).startswith("Triton exited with status 1 before it was ready")
    assert "x.py" not in str(failure.value)
    assert world.survivors() == []


def test_a_start_that_takes_too_long_is_given_up(world: World) -> None:
    world.tell("triton", "loading")
    with pytest.raises(StartFailed, match=r"0\.5 seconds \(START_TIMEOUT\): models layout, vlm loading"):
        Stack(world.settings(start_timeout=0.5)).__enter__()
    assert world.survivors() == []


def test_a_model_that_hangs_while_it_loads_is_not_waited_for(world: World) -> None:
    world.tell("triton", "hanging")
    # A stub of the fakes looks around twenty times a second.
    with pytest.raises(StartFailed, match=r"vlm_0_0 did no work for 0\.3 seconds \(START_STALL\)"):
        Stack(world.settings(start_stall=0.3)).__enter__()
    assert world.survivors() == []


def test_a_gateway_that_can_not_read_is_no_start(world: World) -> None:
    world.tell("health", "failed")
    with pytest.raises(StartFailed, match="the gateway was not ready"):
        Stack(world.settings(start_timeout=1)).__enter__()
    assert world.survivors() == []


def test_without_a_set_up_says_how_to_make_one(world: World) -> None:
    with pytest.raises(StartFailed, match=r"nowhere/.*/tritonserver is missing: run `make setup`, or set TRITON_DIR"):
        Stack(world.settings(triton_dir="nowhere")).__enter__()


def test_without_models_names_the_setting(world: World) -> None:
    with pytest.raises(StartFailed, match="set MODEL_REPOSITORY"):
        Stack(world.settings(model_repository="nowhere")).__enter__()


def test_two_supervisors_do_not_share_a_folder(world: World) -> None:
    other = settings_on_free_ports(world.folder / "run")
    with Stack(world.settings()), pytest.raises(AlreadyRunning, match="set RUN_DIR"):
        Stack(other).__enter__()


def test_a_dead_triton_is_restarted_while_the_gateway_stays(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings()) as stack:
        gateway, triton = stack.gateway_pid, stack.triton_pid
        assert triton is not None
        os.kill(triton, signal.SIGKILL)
        until(lambda: "Triton is ready again" in caplog.messages)
        assert stack.gateway_pid == gateway
        assert stack.triton_pid != triton
        assert stack.restarts == 1
    assert "Triton was killed by SIGKILL: restarting Triton" in caplog.messages


def test_a_dead_stub_restarts_triton(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings()) as stack:
        victim = stubs(stack)[0]
        victim.kill()
        until(lambda: "Triton is ready again" in caplog.messages)
        assert len(stubs(stack)) == 2
    assert any(f"(pid {victim.pid}): restarting Triton" in message for message in caplog.messages)
    assert world.survivors() == []


def test_a_dead_gateway_is_restarted_while_triton_stays(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings()) as stack:
        gateway, triton = stack.gateway_pid, stack.triton_pid
        assert gateway is not None
        os.kill(gateway, signal.SIGKILL)
        until(lambda: "the gateway is ready again" in caplog.messages)
        assert stack.triton_pid == triton
        assert stack.gateway_pid != gateway


def test_a_gateway_that_dies_while_triton_comes_back_is_restarted_itself(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with Stack(world.settings()) as stack:
        triton, gateway = stack.triton_pid, stack.gateway_pid
        assert triton is not None
        assert gateway is not None
        started = len(caplog.messages)
        world.tell("health", "failed")
        os.kill(triton, signal.SIGKILL)
        until(lambda: "waiting for the gateway: canary inferences … 0 s" in caplog.messages[started:])
        os.kill(gateway, signal.SIGKILL)
        world.tell("health", "ok")
        until(lambda: "the gateway is ready again" in caplog.messages)
        assert stack.restarts == 2
    assert world.events().count("triton starts") == 2


def test_models_that_hang_restart_triton(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings()):
        world.tell("health", "failed")
        until(lambda: world.events().count("triton starts") == 2)
        world.tell("health", "ok")
        until(lambda: "Triton is ready again" in caplog.messages)
    assert "the models did not answer a canary inference 2 times in a row: restarting Triton" in caplog.messages


def test_a_gateway_that_hangs_is_restarted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings(canary_timeout=0.2)):
        world.tell("health", "hang")
        until(lambda: world.events().count("gateway starts") == 2)
        world.tell("health", "ok")
        until(lambda: "the gateway is ready again" in caplog.messages)
    assert "the gateway did not answer 2 times in a row: restarting the gateway" in caplog.messages


def test_a_gateway_that_drains_is_no_fault_of_triton(world: World) -> None:
    with Stack(world.settings()) as stack:
        world.tell("health", "draining")
        until(lambda: world.events().count("health draining") == 4)
        assert stack.restarts == 0


def test_a_vlm_server_that_is_down_restarts_nothing(world: World) -> None:
    world.tell("health", "blocked")
    with Stack(world.settings()) as stack:
        until(lambda: world.events().count("health blocked") == 5)
        assert stack.restarts == 0


def test_gives_up_after_too_many_restarts(world: World) -> None:
    with Stack(world.settings(restarts_max=2)) as stack:
        world.tell("triton", "broken")
        triton = stack.triton_pid
        assert triton is not None
        os.kill(triton, signal.SIGKILL)
        with pytest.raises(GaveUp, match=r"2 restarts within 600 seconds .* \(RESTARTS_MAX, RESTARTS_WINDOW\)"):
            stack.wait()
        assert world.survivors() == []
    assert world.events().count("triton starts") == 3


def test_a_triton_that_does_not_hear_is_killed_with_its_stubs(world: World) -> None:
    world.tell("triton", "stubborn")
    with Stack(world.settings(shutdown_timeout=0)) as stack:
        stack.kill()
    assert world.survivors() == []


def test_the_regions_of_a_killed_triton_are_removed(world: World) -> None:
    with Stack(world.settings()):
        prefix = (world.folder / "run/shared-memory-prefix").read_text()
        region = Path("/dev/shm", f"{prefix}test")
        region.touch()
    assert not region.exists()


def test_triton_alone_needs_no_gateway_and_not_its_port(world: World) -> None:
    with socket.create_server(("127.0.0.1", world.ports[0])), Stack(world.settings(), only_triton=True) as stack:
        assert httpx2.get(f"{stack.triton_url}/v2/health/ready", trust_env=False).is_success
    assert world.events() == ["triton starts", "triton stops"]
    assert world.survivors() == []


def test_triton_alone_is_restarted_when_a_stub_dies(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with Stack(world.settings(), only_triton=True) as stack:
        stubs(stack)[0].kill()
        until(lambda: "Triton is ready again" in caplog.messages)
        assert stack.restarts == 1


def test_triton_alone_is_restarted_when_its_models_do_not_answer(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with Stack(world.settings(), only_triton=True) as stack:
        world.tell("canary", "500 Stub process 'vlm_0_0' is not healthy.")
        until(lambda: stack.restarts == 1)
        world.tell("canary", "200 {}")
        until(lambda: "Triton is ready again" in caplog.messages)
    assert "the models did not answer a canary inference 2 times in a row: restarting Triton" in caplog.messages


def test_triton_alone_is_found_where_images_have_it(world: World) -> None:
    program = world.folder / "triton-dir/pytriton/tritonserver/bin"
    program.rename(world.folder / "triton-dir/bin")
    with Stack(world.settings(), only_triton=True):
        pass
    assert world.events() == ["triton starts", "triton stops"]


def test_a_signal_that_wakes_no_wait_is_heard_all_the_same(world: World) -> None:
    """A thread hears it in the main thread's place: the wait goes on, as when a signal comes just before one."""

    def heard(*_: object) -> None:
        raise InterruptedError

    before = signal.signal(signal.SIGUSR1, heard)
    try:
        with Stack(world.settings()) as stack:
            deaf = threading.Timer(30, stack.kill)
            deaf.start()
            threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)).start()
            with pytest.raises(InterruptedError):
                stack.wait()
            assert deaf.is_alive()
            deaf.cancel()
    finally:
        signal.signal(signal.SIGUSR1, before)

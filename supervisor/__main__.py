"""`python -m supervisor`: Triton and the gateway, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from supervisor import sample, secrecy, weights
from supervisor.errors import SupervisorError
from supervisor.settings import load
from supervisor.stack import Stack

logger = logging.getLogger("supervisor")

_ECHO_SECONDS = 0.5
"""One signal may come twice: from whoever sends it to a whole process group, and passed on by make or `timeout`."""


def main() -> int:
    """Start, serve and stop; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m supervisor", description="Starts and watches Triton and the gateway."
    )
    parser.add_argument("--sample", type=Path, metavar="FILE", help="read this document once all is ready, and show it")
    parser.add_argument("--only", choices=["triton"], help="for a gateway that runs elsewhere, in its own container")
    arguments = parser.parse_args()
    secrecy.hide()
    if arguments.only and arguments.sample:
        parser.error("--sample is read by the gateway: leave out --only")
    logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    # It logs every request, of which the watch makes one a second.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        stack = Stack(load(), only_triton=arguments.only == "triton")
        _stop_on_signals(stack)
        weights.check()
        _serve(stack, arguments.sample)
    except SupervisorError as error:
        logger.error("%s", error)
        return error.exit_status
    except KeyboardInterrupt:
        logger.info("stopped")
    return 0


def _serve(stack: Stack, document: Path | None) -> None:
    start = time.monotonic()
    with stack:
        logger.info("ready after %.1f s", time.monotonic() - start)
        if document:
            sys.stdout.write(f"\n{sample.read(stack.gateway_url, document)}\n\n")
        sys.stdout.write(_addresses(stack))
        sys.stdout.flush()
        stack.wait()


def _addresses(stack: Stack) -> str:
    gateway = (
        ""
        if stack.only_triton
        else f"page             {stack.gateway_url}/ui\n"
        f"gateway          {stack.gateway_url}/ocr\n"
        f"documentation    {stack.gateway_url}/docs\n"
    )
    return (
        f"{gateway}"
        f"Triton, HTTP     {stack.triton_url}\n"
        f"Triton, gRPC     {stack.triton_grpc}\n"
        f"Triton, metrics  {stack.metrics_url}\n"
        "Ctrl-C stops everything.\n"
    )


def _stop_on_signals(stack: Stack) -> None:
    """Make the first Ctrl-C or SIGTERM end the main thread's wait, and with it the stack; the second one kill it."""
    first = 0.0

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal first
        first = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, kill)
        logger.info("stopping: requests in flight may end; once more to kill them")
        raise KeyboardInterrupt

    def kill(_signal: int, _frame: FrameType | None) -> None:
        if time.monotonic() - first < _ECHO_SECONDS:
            return
        logger.info("killing everything")
        stack.kill()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())

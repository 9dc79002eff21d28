"""Sets the machine up: system packages, .venv, Triton, weights."""

from __future__ import annotations

import argparse
import os
import sys

from scripts.setup import clients, helm, machine, system, tritonserver, ui, venv, vlm_server
from scripts.setup.command import run
from scripts.setup.errors import SetupError

EXTRAS = ("gateway", "tracing", "page", "lite", "vlm-server", "supervisor", "cli")


def main() -> None:
    """Bring everything into place, or say in a few lines what stands in the way (exit 1)."""
    parser = argparse.ArgumentParser(prog="python -m scripts.setup", description=__doc__)
    parser.add_argument("--test", action="store_true", help="also what the tests and the linters need")
    parser.add_argument("--perf", action="store_true", help="also perf_analyzer")
    arguments = parser.parse_args()
    try:
        machine.check()
        needs = system.needs()
        if arguments.test:
            needs += [*system.needs_of_tests(), *system.needs_of_container_tests()]
        system.install(needs)
        extras = [*EXTRAS]
        if arguments.test or _wants_paddle():
            extras.append("paddle")
        if arguments.test:
            extras += ["archive", "test"]
        venv.install(extras)
        tritonserver.install()
        if arguments.perf:
            tritonserver.install_perf_analyzer()
        if arguments.test:
            vlm_server.install()
            clients.install()
            helm.install()
            ui.install()
        run([venv.VENV / "bin/python", "-m", "engines.lite.weights", ".weights/lite"])
    except SetupError as error:
        sys.exit(f"set-up: {error}")


def _wants_paddle() -> bool:
    """Whether the paddle engine is meant, as engines.settings tells it. Its packages take a gigabyte."""
    return os.environ.get("ENGINE") == "paddle" or bool(os.environ.get("MODEL_DIR"))


if __name__ == "__main__":
    main()

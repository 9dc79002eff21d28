"""The clients of other OCR servers, run as their packages have them, against the running product."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from supervisor.stack import Stack
from tests.conftest import ROOT

Ask = Callable[..., dict[str, Any]]

PROGRAMS = Path(__file__).parent / "programs"
_SECONDS = 120
_QUIET = {
    "FASTMCP_CHECK_FOR_UPDATES": "off",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
}
"""What keeps these packages from calling home when they are imported."""


@pytest.fixture(scope="session")
def ask(stack: Stack) -> Ask:
    """Runs a program of `programs` with a client's environment: the product's address first, then its arguments."""

    def ask(environment: str, program: str, *arguments: str) -> dict[str, Any]:
        python = ROOT / ".clients" / environment / "bin" / "python"
        if not python.exists():
            raise FileNotFoundError(f"{python} is missing: run `make setup-test`")
        done = subprocess.run(
            [python, PROGRAMS / f"{program}.py", stack.gateway_url, *arguments],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            env={**os.environ, **_QUIET},
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    return ask

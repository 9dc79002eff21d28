"""The health check of a container that runs Triton: an inference on each model.

    python -m supervisor.healthcheck

asks the Triton of the environment once. Exit status 0 where pages can be read, or could be if VLM_URL let them; else 1.
"""

from __future__ import annotations

import sys

import httpx2

from supervisor.errors import SettingsError
from supervisor.gateway import Health
from supervisor.settings import load
from supervisor.triton_health import TritonHealth


def main() -> int:
    """Ask, and say what was found."""
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with httpx2.Client(trust_env=False) as http:
        health = TritonHealth(settings).health(http)
    sys.stdout.write(f"{health.name.lower()}\n")
    return 0 if health in (Health.ABLE, Health.BLOCKED) else 1


if __name__ == "__main__":
    sys.exit(main())

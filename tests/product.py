"""The product as tests start it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from supervisor.free_ports import settings_on_free_ports
from supervisor.stack import Stack

OCR_MAX_IN_FLIGHT = 24
"""Low enough that a test can reach it with a few pages."""


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Stack]:
    """Triton and the gateway on free ports, what they write kept in `folder`, with `more` in their environment.

    Faults are noticed within a second, and any number of them in a run is forgiven.
    """
    environment = {
        "OCR_MAX_IN_FLIGHT": str(OCR_MAX_IN_FLIGHT),
        "MAX_PAGES_IN_FLIGHT": "16",
        "OUTPUT_DIR": str(folder / "output"),
        "JOBS_DIR": str(folder / "jobs"),
        "URL_ALLOW": "127.0.0.1:*",
        "HEALTH_CACHE_SECONDS": "0.5",
        "WATCH_INTERVAL": "0.2",
        "RESTARTS_MAX": "100",
        "RESTART_DELAY_MAX": "1",
        **more,
    }
    # The stack keeps the environment that it is made in: it must not be that of the tests beside it.
    with mock.patch.dict(os.environ, environment):
        product = Stack(settings_on_free_ports(folder / "run"))
    with product as stack:
        yield stack

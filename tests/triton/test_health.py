"""The health check of a container that runs Triton, on the real one."""

from __future__ import annotations

import httpx2

from supervisor.gateway import Health
from supervisor.triton_health import TritonHealth


def test_every_model_answers_its_canary(stack):
    with httpx2.Client(trust_env=False) as http:
        assert TritonHealth(stack.settings).health(http) is Health.ABLE

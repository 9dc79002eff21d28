"""Starts Triton and the gateway, watches them, and restarts what dies: `python -m supervisor`.

with Stack(settings) as stack:
    httpx2.post(f"{stack.gateway_url}/ocr", …)
"""

from supervisor.errors import GaveUp, PortUnavailable, SettingsError, StartFailed, SupervisorError
from supervisor.settings import Settings
from supervisor.stack import Stack

__all__ = ["GaveUp", "PortUnavailable", "Settings", "SettingsError", "Stack", "StartFailed", "SupervisorError"]

"""Looks at the running servers and says what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from supervisor.canary import Canary, Probe
from supervisor.gateway import Health
from supervisor.server import Server
from supervisor.settings import Settings
from supervisor.triton import Triton


@dataclass(frozen=True)
class Fault:
    """What is wrong, as a sentence, and which server a restart of cures it."""

    server: Server
    sentence: str


class Watch:
    """Compares the servers with what they were when they became ready."""

    def __init__(self, settings: Settings, triton: Triton, servers: Sequence[Server], probe: Probe) -> None:
        """Watch `servers`, in the order of their starts; `probe` tells their health."""
        self._settings = settings
        self._triton = triton
        self._servers = servers
        self._canary = Canary(settings, probe)
        self._stubs: Mapping[int, str] = {}

    def begin(self) -> None:
        """Take the servers, which just became ready, as they should be."""
        self._stubs = self._triton.stubs()
        self._canary.forget()

    def look(self) -> Fault | None:
        """Return what is wrong, the nearest cause first; None if all is well."""
        for server in reversed(self._servers):
            if ending := server.ending():
                return Fault(server, f"{server.name} {ending}")
        if gone := self._stubs.keys() - self._triton.stubs().keys():
            # Triton goes on without it: it says that it is ready, and lets requests wait for ever.
            names = ", ".join(f"{self._stubs[pid]} (pid {pid})" for pid in sorted(gone))
            return Fault(self._triton, f"the process of a model is gone: {names}")
        return self._listen()

    def close(self) -> None:
        """End the canary."""
        self._canary.close()

    def _listen(self) -> Fault | None:
        times = f"{self._settings.canary_failures} times in a row"
        match self._canary.sing():
            case Health.UNABLE:
                return Fault(self._triton, f"the models did not answer a canary inference {times}")
            case Health.SILENT:
                # The one that the probe talks to.
                server = self._servers[-1]
                return Fault(server, f"{server.name} did not answer {times}")
            case _:
                return None

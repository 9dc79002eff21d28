"""What runs took: kept in the output, so that the cost of an archive is that of all its runs."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass, replace

from archive.layout import RUNS, run_key
from archive.stores import Store

_SECONDS = 10.0


@dataclass(frozen=True)
class Effort:
    """Pages that were read, seconds that went by, and hours of servers meanwhile."""

    pages: int = 0
    seconds: float = 0.0
    server_hours: float = 0.0

    def plus(self, other: Effort) -> Effort:
        """Both."""
        return Effort(self.pages + other.pages, self.seconds + other.seconds, self.server_hours + other.server_hours)


class RunLog:
    """Writes down how far this run is, every few seconds: one that is killed is known up to then; `id` is the run's."""

    def __init__(self, output: Store, servers: int) -> None:
        """Raises OSError."""
        self.earlier = _all(output)
        self._output = output
        self._servers = servers
        self.id = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:8]}"
        self._begun_at = time.monotonic()
        self._written_at = self._begun_at
        self._pages = 0

    @property
    def effort(self) -> Effort:
        """Of this run so far. A server costs while the run lasts, whether it reads or not."""
        seconds = time.monotonic() - self._begun_at
        return Effort(self._pages, seconds, self._servers * seconds / 3600)

    def read(self, pages: int) -> None:
        """Pages were read. Raises OSError."""
        self._pages += pages
        if time.monotonic() - self._written_at >= _SECONDS:
            self.write()

    def write(self) -> None:
        """Raises OSError."""
        self._written_at = time.monotonic()
        self._output.write(run_key(self.id), json.dumps(asdict(self.effort)).encode())


def _all(output: Store) -> Effort:
    effort = Effort()
    for item in output.list(RUNS):
        effort = effort.plus(replace(Effort(), **json.loads(output.read(item.key))))
    return effort

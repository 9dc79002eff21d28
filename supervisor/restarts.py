"""How often, and how soon, a server is started again."""

from __future__ import annotations

import time
from collections import deque

from supervisor.errors import GaveUp
from supervisor.settings import Settings


class Restarts:
    """The restarts of the last RESTARTS_WINDOW seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._times: deque[float] = deque()
        self.total = 0
        """All restarts since the supervisor was started."""

    def next_delay(self) -> float:
        """Count one more restart; return the seconds to wait before it: none before the first, then ever more.

        Raises:
            GaveUp: there were RESTARTS_MAX already.
        """
        settings = self._settings
        now = time.monotonic()
        while self._times and self._times[0] < now - settings.restarts_window:
            self._times.popleft()
        if len(self._times) >= settings.restarts_max:
            raise GaveUp(
                f"{len(self._times)} restarts within {settings.restarts_window:g} seconds did not help: giving up "
                "(RESTARTS_MAX, RESTARTS_WINDOW)."
            )
        earlier = len(self._times)
        self._times.append(now)
        self.total += 1
        if earlier == 0:
            return 0.0
        return float(min(settings.restart_delay * 2 ** (earlier - 1), settings.restart_delay_max))

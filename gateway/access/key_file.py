"""The file of API keys, read again when it changes."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from limits import RateLimitItem

from gateway.access.keyring import BadKeyFile, Keyring, parse_keys
from gateway.settings import SettingsError

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
"""How often it is looked at. It is read each time: times and sizes of files can stay the same over a change."""


class KeyFile:
    """The keys of the file at `path`: those that it listed last, while it is broken or gone."""

    def __init__(self, path: Path, default_rate: RateLimitItem | None) -> None:
        """Read it. Raises SettingsError when there are no keys to be had from it."""
        self._path = path
        self._default_rate = default_rate
        self.stale = False
        """Whether the file changed into one that can't be used."""
        try:
            self._seen: bytes | None = path.read_bytes()
            self.keyring = self._parsed(self._seen)
        except (OSError, BadKeyFile) as error:
            raise SettingsError(f"API_KEYS_FILE: {path}: {_reason(error)}") from None

    async def watch(self) -> None:
        """Look at the file every second, for ever."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.to_thread(self._look)

    def _look(self) -> None:
        try:
            data: bytes | None = self._path.read_bytes()
            failure = ""
        except OSError as error:
            data, failure = None, _reason(error)
        if data == self._seen:
            return
        self._seen = data
        try:
            if data is None:
                raise BadKeyFile(failure)
            self.keyring = self._parsed(data)
        except BadKeyFile as error:
            self.stale = True
            _LOG.error("API_KEYS_FILE: %s: %s; the keys that it had before stay good", self._path, error)
        else:
            self.stale = False
            _LOG.info("API_KEYS_FILE: read again: %d keys", len(self.keyring.keys))

    def _parsed(self, data: bytes) -> Keyring:
        try:
            return parse_keys(data.decode(), self._default_rate)
        except UnicodeDecodeError:
            raise BadKeyFile("it is not UTF-8 text") from None


def _reason(error: Exception) -> str:
    return error.strerror or "" if isinstance(error, OSError) else str(error)

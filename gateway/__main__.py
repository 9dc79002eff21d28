"""`python -m gateway`: the gateway on HOST and GATEWAY_PORT, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
import sys

from gateway import access_log, secrecy
from gateway.app import create_app
from gateway.server import Server
from gateway.settings import SettingsError, load

_CONFIGURATION_ERROR = 78
"""EX_CONFIG of sysexits.h: starting it again will not help."""


def main() -> int:
    """Run the server; the exit status."""
    secrecy.hide()
    try:
        settings = load()
        access_log.configure(settings.log_level, settings.log_format)
        Server(create_app(settings), settings).run()
    except SettingsError as error:
        sys.stderr.write(f"The gateway can't start:\n{error}\n")
        return _CONFIGURATION_ERROR
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

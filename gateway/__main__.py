"""`python -m gateway`: the gateway on HOST and GATEWAY_PORT, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from gateway import access_log
from gateway.app import create_app
from gateway.settings import SettingsError, load

_CONFIGURATION_ERROR = 78
"""EX_CONFIG of sysexits.h: starting it again will not help."""


class Server(uvicorn.Server):
    """Uvicorn, which on SIGTERM also refuses the requests that wait for a turn; those at work go on."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take no more work."""
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.admission.close()
        super().handle_exit(sig, frame)


def main() -> int:
    """Run the server; the exit status."""
    try:
        settings = load()
        access_log.configure(settings.log_level, settings.log_format)
        config = uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.gateway_port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=settings.shutdown_timeout,
        )
        Server(config).run()
    except SettingsError as error:
        sys.stderr.write(f"The gateway can't start:\n{error}\n")
        return _CONFIGURATION_ERROR
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

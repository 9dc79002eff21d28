"""The health check of a container that runs the gateway: `python -m gateway.healthcheck`.

Exit status 0 where the gateway's /health says that pages can be read, else 1. Only the standard library is imported: it
runs every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys

_SECONDS = 35
"""More than Triton's models and S3 may take together (HEALTH_TIMEOUT); less than the container's timeout."""


def main() -> int:
    """Ask once, and show the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("GATEWAY_PORT") or 8081), timeout=_SECONDS)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        sys.stdout.write(answer.read().decode())
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"the gateway does not answer: {error}\n")
        return 1
    finally:
        connection.close()
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())

"""Makes an API key: `python -m gateway.access.make_key NAME [--rate 600/minute] >> keys`.

The key is shown once, on standard error; the line for API_KEYS_FILE, from which it can't be told, goes to standard
output.
"""

from __future__ import annotations

import argparse
import sys

from gateway.access.keyring import line_of, make_key


def main() -> None:
    """Make a key."""
    parser = argparse.ArgumentParser(prog="python -m gateway.access.make_key", description="Makes an API key.")
    parser.add_argument("name", help="who will hold it; it stands in logs and metrics")
    parser.add_argument("--rate", help='how often it may send, such as "600/minute"; default: RATE_LIMIT')
    arguments = parser.parse_args()
    key = make_key()
    try:
        line = line_of(arguments.name, key, arguments.rate)
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    sys.stderr.write(f"The key, shown this once: {key}\n")


if __name__ == "__main__":
    main()

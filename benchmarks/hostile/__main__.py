"""`python -m benchmarks.hostile`: every hostile input, sent to the product, and a table of what came back.

    python -m benchmarks.hostile [--kinds images pdfs bodies pages urls] [--write docs/reliability.md]

Exit status 1 when an answer was wrong or something was left behind, 3 where no network of its own can be made.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.hostile.network import NoNetwork, unshare
from benchmarks.hostile.report import failures, table, write
from benchmarks.hostile.run import KINDS, Outcome, Sent

NO_NETWORK = 3


def main() -> int:
    """Run it; the exit status."""
    parser = argparse.ArgumentParser(description="Hostile inputs, sent to the product.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="which inputs; default: all")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document")
    arguments = parser.parse_args()
    try:
        outcome = _run(arguments.kinds)
    except NoNetwork as error:
        print(error)
        return NO_NETWORK
    print(table(outcome))
    if arguments.write:
        write(arguments.write, outcome)
    for failure in failures(outcome):
        print(failure)
    return int(bool(failures(outcome)))


def _run(kinds: list[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outcome.json"
        command = [*unshare(), sys.executable, "-m", "benchmarks.hostile.run", str(path), "--kinds", *kinds]
        subprocess.run(command, check=True)
        told = json.loads(path.read_text(encoding="utf-8"))
    return Outcome(**{**told, "sent": [Sent(**item) for item in told["sent"]]})


if __name__ == "__main__":
    sys.exit(main())

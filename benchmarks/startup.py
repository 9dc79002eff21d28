"""Start to ready, and resident memory, of each model on made weights.

    python -m benchmarks.startup [--sizes tiny full]

The seconds are those from Triton's start to "loaded" in its log: models load side by side, and share the cores.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from unittest import mock

from benchmarks.made import kept_weights
from benchmarks.processes import resident, totals
from supervisor.free_ports import settings_on_free_ports
from supervisor.stack import Stack

MODELS = ("layout", "vlm", "preprocess", "ocr", "restructure")


def main() -> None:
    """Start the product on each size, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", choices=("tiny", "full"), default=["tiny", "full"])
    for size in parser.parse_args().sizes:
        folder = kept_weights(size, dtype="bfloat16" if size == "full" else "float32")
        ready, seconds, memory = _start(folder)
        _print(size, ready, seconds, memory)


def _start(folder: Path) -> tuple[float, Mapping[str, float], Mapping[str, float]]:
    """Seconds until the product was ready, seconds until each model was, and MiB that each holds then."""
    environment = {"ENGINE": "paddle", "MODEL_DIR": str(folder), "START_TIMEOUT": "900"}
    with tempfile.TemporaryDirectory() as run, mock.patch.dict(os.environ, environment):
        start = time.time()
        with Stack(settings_on_free_ports(Path(run))) as stack:
            ready = time.time() - start
            memory = totals(stack, resident)
        return ready, _load_seconds((Path(run) / "triton.log").read_text()), memory


def _load_seconds(log: str) -> dict[str, float]:
    loaded = re.findall(r"^I(\d+ [\d:.]+) .*successfully loaded '(\w+)'", log, re.MULTILINE)
    moments = {name: _moment(stamp) for stamp, name in loaded}
    first = re.search(r"^\w(\d+ [\d:.]+) ", log, re.MULTILINE)
    begun = _moment(first[1]) if first else 0.0
    return {name: moment - begun for name, moment in moments.items()}


def _moment(stamp: str) -> float:
    return datetime.strptime(stamp, "%m%d %H:%M:%S.%f").replace(year=2000).timestamp()


def _print(size: str, ready: float, seconds: Mapping[str, float], memory: Mapping[str, float]) -> None:
    print(f"\n{size}: ready to read a page after {ready:.1f} s\n")
    print("| model | loaded after s | resident MiB |\n|---|---|---|")
    for name in MODELS:
        print(f"| `{name}` | {seconds.get(name, 0):.1f} | {memory.get(name, 0):.0f} |")
    print(f"| tritonserver | | {memory['tritonserver']:.0f} |", flush=True)


if __name__ == "__main__":
    main()

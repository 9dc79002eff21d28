"""perf_analyzer on `ocr` with real pages, at rising concurrency.

make perf                                   # starts the product for itself
python -m benchmarks.perf --url 127.0.0.1:8000   # or asks a Triton that runs
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pages import page_images
from benchmarks.running import running_product

PERF_ANALYZER = Path(".triton/perf/perf_analyzer")


def main() -> int:
    """Print perf_analyzer's figures as a table."""
    arguments = _arguments()
    if not PERF_ANALYZER.exists():
        print(f"{PERF_ANALYZER} is missing: run `make setup`", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, _address(arguments.url) as address:
        data = Path(folder) / "pages.json"
        data.write_text(json.dumps(_input_data(arguments.pages)))
        rows = [_measure(address, data, concurrency, arguments.pages) for concurrency in arguments.concurrency]
    print("\n| concurrency | pages/s | p50, ms | p90, ms | p95, ms | p99, ms |")
    print("|---|---|---|---|---|---|")
    for concurrency, row in zip(arguments.concurrency, rows, strict=True):
        latencies = (f"{float(row[f'p{percentile} latency']) / 1000:.0f}" for percentile in (50, 90, 95, 99))
        print(f"| {concurrency} | {float(row['Inferences/Second']):.2f} | {' | '.join(latencies)} |")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="host:port of a running Triton; without it one is started")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--pages", type=int, default=22, help="how many different pages are sent")
    return parser.parse_args()


@contextmanager
def _address(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with running_product() as stack:
        yield stack.triton_url.removeprefix("http://")


def _input_data(pages: int) -> dict[str, object]:
    """Real pages in perf_analyzer's format."""
    # An element of a BYTES tensor stands behind its length.
    elements = (struct.pack("<I", len(page)) + page for page in page_images(pages))
    encoded = (base64.b64encode(element).decode() for element in elements)
    return {"data": [{"IMAGE": {"content": {"b64": page}, "shape": [1]}} for page in encoded]}


def _measure(address: str, data: Path, concurrency: int, pages: int) -> dict[str, str]:
    """One line of perf_analyzer's report: times in microseconds."""
    report = data.with_name("report.csv")
    # What its own libraries need lies beside it.
    environment = {**os.environ, "LD_LIBRARY_PATH": str(PERF_ANALYZER.with_name("lib").resolve())}
    command = [PERF_ANALYZER, "-m", "ocr", "-u", address, "-i", "http", "--input-data", data]
    # Pages differ, so a window is the set of them once: each window sees the same. Three windows make a figure, however
    # busy the machine was in one of them.
    window = ["--measurement-mode", "count_windows", "--measurement-request-count", str(pages)]
    window += ["--stability-percentage", "999", "--max-trials", "5"]
    subprocess.run(
        [*command, *window, "--concurrency-range", str(concurrency), "--percentile", "50", "-f", report],
        check=True,
        env=environment,
    )
    with report.open() as lines:
        return next(csv.DictReader(lines))


if __name__ == "__main__":
    sys.exit(main())

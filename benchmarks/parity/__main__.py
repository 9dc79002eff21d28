"""Compares this server with the official pipeline on made weights, page by page and byte by byte.

    python -m benchmarks.parity [--version v1.6] [--case WORDS] [--write docs/parity.md]

Prints a row a case, what differs, and last the count of equal pages; exits with 1 on any difference.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from benchmarks.parity.cases import RUNS
from benchmarks.parity.runs import run
from benchmarks.parity.table import Row, printed, with_table
from engines.weights.models import PAIRS


def main() -> int:
    """Run the cases that the arguments choose; all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument("--version", choices=PAIRS, action="append", help="of PaddleOCR-VL; default: all")
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--device", default="cpu", help="cpu or gpu:0, for both sides")
    parser.add_argument("--write", type=Path, help="a document whose table of cases is rewritten")
    arguments = parser.parse_args()
    # Paddle has it log every request.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    rows: list[Row] = []
    for version, kind in RUNS:
        if arguments.version and version not in arguments.version:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for row in run(version, kind, arguments.case, arguments.device, Path(folder)):
                print(printed(row), flush=True)
                rows.append(row)
    pages, equal = sum(row.pages for row in rows), sum(row.equal for row in rows)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        arguments.write.write_text(with_table(text, rows), encoding="utf-8")
    print(f"equal: {equal} of {pages} pages")
    return int(not rows or any(row.differences for row in rows))


if __name__ == "__main__":
    sys.exit(main())

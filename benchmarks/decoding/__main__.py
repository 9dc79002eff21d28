"""Measures the decode loop against the official engine: `make bench-vlm`.

    python -m benchmarks.decoding [--parts shape narrow mixed texts memory server]

Both run on the same made weights, in turn, in one process, with the same settings of the mathematics library; only the
server's part starts servers. The last line sums up what was measured; `host-bound` is the narrow shape in Paddle's
operators.
"""

from __future__ import annotations

import argparse
import logging

from engines.cpu import tune_libraries

PARTS = ("shape", "narrow", "mixed", "texts", "memory", "server")


def main() -> None:
    """Measure the parts that are asked for, each printing its rows as it ends."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--texts", type=int, default=500, help="crops whose texts are compared")
    parser.add_argument("--memory", type=int, default=2000, help="crops over which memory is watched")
    arguments = parser.parse_args()
    tune_libraries()
    logging.disable(logging.INFO)
    from benchmarks.decoding.report import Report

    report = Report(arguments.texts, arguments.memory)
    print("| | official | ours | ratio |\n|---|---|---|---|")
    for part in arguments.parts:
        getattr(report, part)()
    print(report.summary())


if __name__ == "__main__":
    main()

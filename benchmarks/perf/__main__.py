"""Profiles `ocr`, `layout`, `vlm` and the gateway under rising load, and finds the knee.

    make perf                                          # all, and docs/performance.md
    python -m benchmarks.perf --only vlm               # one; its figures are kept
    python -m benchmarks.perf --only --write docs/performance.md   # none: from what is kept
    python -m benchmarks.perf --only ocr --quick       # half a minute, to see that it works

Starts the product for itself, or asks one that runs (`--triton`, `--metrics`, `--gateway`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.pages import page_images
from benchmarks.perf import report
from benchmarks.perf.analyzer import PROGRAM, Analyzer
from benchmarks.perf.gateway import Gateway
from benchmarks.perf.inputs import Asked, mixed, page_requests
from benchmarks.perf.levels import Profile
from benchmarks.perf.profiling import QUICK, Plan, Target, profile
from benchmarks.perf.server import Server, started
from engines.page.offline import forbid_downloads

TARGETS = ("ocr", "layout", "vlm", "gateway")
KEPT = Path(".run/perf")
"""Where the figures of a target stay until it is measured again."""


def main() -> int:
    """Measure what the arguments name, print it, and write the document from all that is kept."""
    arguments = _arguments()
    if not PROGRAM.exists():
        print(f"{PROGRAM} is missing: run `make setup-perf`", file=sys.stderr)
        return 1
    kept, plan = arguments.kept, Plan(seconds=arguments.seconds)
    if arguments.quick:
        kept, plan = kept / "quick", QUICK
    if arguments.only:
        with _server(arguments) as server, tempfile.TemporaryDirectory() as folder:
            for target in _targets(server, arguments.only, mixed(page_images(arguments.pages)), Path(folder)):
                measured = profile(server, target, plan, _tell)
                measured.save(kept)
                print(f"\n{report.summary([measured])}\n\n{report.tables(measured)}\n", flush=True)
    if arguments.write:
        _write(arguments.write, [found for target in TARGETS if (found := Profile.load(kept, target))])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.perf", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="*", choices=TARGETS, default=TARGETS, metavar="TARGET", help=" ".join(TARGETS))
    parser.add_argument("--quick", action="store_true", help="a few short levels, kept apart")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of a level; more where the engine is slow")
    parser.add_argument("--pages", type=int, default=22, help="how many different pages are sent")
    parser.add_argument("--kept", type=Path, default=KEPT, metavar="FOLDER", help="where figures stay")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put tables and pictures into this document")
    parser.add_argument("--triton", metavar="HOST:PORT", help="a running Triton; without it the product is started")
    parser.add_argument("--metrics", default="http://127.0.0.1:8002/metrics", metavar="URL", help="of that Triton")
    parser.add_argument("--gateway", default="http://127.0.0.1:8081", metavar="URL", help="before that Triton")
    return parser.parse_args()


@contextmanager
def _server(arguments: argparse.Namespace) -> Iterator[Server]:
    if arguments.triton:
        yield Server(arguments.triton, arguments.metrics, arguments.gateway)
        return
    with started() as server:
        yield server


def _targets(server: Server, names: Sequence[str], pages: Sequence[bytes], folder: Path) -> Iterator[Target]:
    """Those of these names, each made when its turn comes."""
    asked = Asked(server.triton)
    if {"layout", "vlm"} & set(names):
        forbid_downloads()
        asked.read(pages)
    for name in names:
        if name == "gateway":
            yield Gateway(server.gateway, pages)
        elif name == "ocr":
            yield Analyzer("ocr", "page", server.triton, folder, page_requests(pages))
        elif name == "layout":
            yield Analyzer("layout", "page", server.triton, folder, asked.layout_requests)
        else:
            yield Analyzer("vlm", "crop", server.triton, folder, mixed(asked.vlm_requests))


def _write(document: Path, profiles: Sequence[Profile]) -> None:
    # Drawing is for documents alone: a server that is only measured needs no matplotlib.
    from benchmarks.perf.pictures import draw

    pictures = document.parent / "images"
    for found in profiles:
        draw(found, pictures / report.picture_name(found))
    report.write(document, profiles, pictures)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())

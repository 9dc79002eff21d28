"""Pages a second at 1, 2, 4, 8 Tritons behind gateways, each a process, with a sleeping engine in each GPU's place.

    python -m benchmarks.scaling [--tritons 1 2 4 8] [--gateways 1] [--in-flight 8] [--load 0.5 0.8]
                                 [--calibrate] [--json measured.json]

No GPU is used and nothing is read: what is measured is whether gateway, balancing, batching and the calls between
models keep N devices as busy as one. Pages in flight grow with the Tritons. A file of `--json` keeps runs of earlier
commands; `python -m benchmarks.simulation check` compares them with what it predicts from one Triton.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from pathlib import Path

from PIL import Image

from benchmarks.pages import page_images
from benchmarks.scaling.calibration import One, calibrate
from benchmarks.scaling.fleet import running_fleet
from benchmarks.scaling.gpu import SLEEP, faster, sleep_settings
from benchmarks.scaling.load import Clients, Seen
from benchmarks.scaling.measuring import Times, cpu_seconds, measure
from benchmarks.scaling.report import row, table
from benchmarks.scaling.runs import Kind, Measured, read_measured

HEIGHT = 1169
"""Pixels: pages of 100 dpi, so that the CPU's part of a page is small."""
MARGIN = 3
"""Gateways work on so many times the documents in flight, so that none waits before a gateway."""


def main() -> None:
    """Measure, print the table, and keep the runs."""
    arguments = _arguments()
    measured = read_measured(arguments.json) if arguments.json else Measured()
    pages = [_smaller(page) for page in page_images(arguments.pages)]
    for tritons in arguments.tritons:
        _measure(tritons, arguments, pages, measured)
        if arguments.json:
            measured.write(arguments.json)
    print(table(measured))
    if wrong := [run for run in measured.runs if run.failures]:
        raise SystemExit(f"{len(wrong)} runs had failures")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scaling", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tritons", type=int, nargs="+", default=[1, 2, 4, 8], metavar="N")
    parser.add_argument("--gateways", type=int, default=1, metavar="N")
    parser.add_argument("--in-flight", type=int, nargs="*", default=[8], metavar="N", help="pages in flight a Triton")
    parser.add_argument(
        "--load", type=float, nargs="*", default=[], metavar="X", help="offered pages a second a Triton (Poisson)"
    )
    parser.add_argument("--seconds", type=float, default=20, metavar="S", help="of each load, the warm-up left out")
    parser.add_argument("--warm-up", type=float, default=6, metavar="S")
    parser.add_argument("--pages", type=int, default=22, metavar="N", help="how many different pages are sent")
    parser.add_argument("--speed", type=float, default=1, metavar="X", help="so many times as fast a GPU")
    parser.add_argument("--calibrate", action="store_true", help="measure the times of the stages too, at one Triton")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the runs here")
    return parser.parse_args()


def _measure(tritons: int, arguments: argparse.Namespace, pages: list[bytes], measured: Measured) -> None:
    """All loads on one fleet."""
    gpu = faster(SLEEP, arguments.speed)
    times = Times(arguments.warm_up, arguments.seconds)
    most = MARGIN * tritons * max([8, *arguments.in_flight])
    start = time.monotonic()
    with running_fleet(tritons, arguments.gateways, sleep_settings(gpu), most) as fleet:
        print(
            f"Tritons: {tritons}, gateways: {arguments.gateways}; up after {time.monotonic() - start:.0f} s", flush=True
        )
        urls = [gateway.url for gateway in fleet.gateways]
        if arguments.calibrate and tritons == 1:
            one = One(fleet.tritons[0].triton_url, fleet.tritons[0].metrics_url, lambda: cpu_seconds(fleet))
            clients = Clients(urls, pages, Seen())
            measured.stages = asyncio.run(calibrate(one, clients, gpu, in_flight=8, seconds=arguments.seconds))
            print(measured.stages.model_dump_json(indent=1), flush=True)
        loads: list[tuple[Kind, float]] = [("closed", float(count * tritons)) for count in arguments.in_flight]
        loads += [("open", rate * tritons) for rate in arguments.load]
        for kind, level in loads:
            run = asyncio.run(measure(fleet, Clients(urls, pages, Seen()), kind, level, gpu, times))
            measured.add(run)
            print(row(run), flush=True)


def _smaller(page: bytes) -> bytes:
    with Image.open(io.BytesIO(page)) as image:
        buffer = io.BytesIO()
        image.resize((round(image.width * HEIGHT / image.height), HEIGHT)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


if __name__ == "__main__":
    main()

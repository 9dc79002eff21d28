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
import random
import statistics
import time
from pathlib import Path

import psutil
from PIL import Image

from benchmarks.pages import page_images
from benchmarks.scaling.calibration import calibrate
from benchmarks.scaling.fleet import Fleet, running_fleet
from benchmarks.scaling.load import Clients, Seen
from benchmarks.scaling.runs import Measured, Run, read_measured
from benchmarks.simulation.percentiles import percentile
from benchmarks.simulation.stages import Stages

SLEEP = Stages(
    layout_seconds=0.04,
    layout_page_seconds=0.02,
    prefill_seconds=0.02,
    step_seconds=0.025,
    slots=16,
    crops=6,
    tokens=40,
    cores=psutil.cpu_count() or 1,
    is_shared=True,
)
"""The GPU that the engine stands for. It reads so few pages a second that eight of them leave two cores free time."""
HEIGHT = 1169
"""Pixels: pages of 100 dpi, so that the CPU's part of a page is small."""
MARGIN = 3
"""Gateways let so many times the pages in flight through: they wait for the models and not in the gateway."""


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
    most = MARGIN * tritons * max([8, *arguments.in_flight])
    start = time.monotonic()
    with running_fleet(tritons, arguments.gateways, sleep_settings(gpu), most) as fleet:
        print(
            f"{tritons} Tritons and {arguments.gateways} gateways up after {time.monotonic() - start:.0f} s", flush=True
        )
        urls = [gateway.url for gateway in fleet.gateways]
        if arguments.calibrate and tritons == 1:
            clients = Clients(urls, pages, Seen())
            measured.stages = asyncio.run(calibrate(fleet, clients, gpu, in_flight=8, seconds=arguments.seconds))
            print(measured.stages.model_dump_json(indent=1), flush=True)
        loads = [("closed", float(count * tritons)) for count in arguments.in_flight]
        loads += [("open", rate * tritons) for rate in arguments.load]
        for kind, level in loads:
            run = asyncio.run(_run(fleet, Clients(urls, pages, Seen()), kind, level, gpu, arguments))
            measured.add(run)
            print(row(run, None), flush=True)


async def _run(
    fleet: Fleet, clients: Clients, kind: str, level: float, gpu: Stages, arguments: argparse.Namespace
) -> Run:
    """One load: the warm-up first, then the time that counts."""
    whole = arguments.warm_up + arguments.seconds
    sending = asyncio.create_task(
        clients.closed(int(level), whole) if kind == "closed" else clients.open(level, whole, random.Random(level))
    )
    await asyncio.sleep(arguments.warm_up)
    start, cpu, before = time.monotonic(), _cpu(fleet), await asyncio.to_thread(fleet.metrics)
    await asyncio.sleep(start + arguments.seconds - time.monotonic())
    end, cpu, after = time.monotonic(), _cpu(fleet) - cpu, await asyncio.to_thread(fleet.metrics)
    await sending
    latencies = clients.seen.latencies(start, end)
    seconds = end - start
    worked = [_device_seconds(gpu, old, new) / seconds for old, new in zip(before, after, strict=True)]
    return Run(
        tritons=len(fleet.tritons),
        gateways=len(fleet.gateways),
        kind="closed" if kind == "closed" else "open",
        level=level,
        seconds=seconds,
        warm_up=arguments.warm_up,
        rate=len(latencies) / seconds,
        p50=percentile(latencies, 50),
        p95=percentile(latencies, 95),
        p99=percentile(latencies, 99),
        cores=cpu / seconds,
        busy=statistics.mean(worked),
        pages=[
            round(new["ocr_pages_total"] - old.get("ocr_pages_total", 0))
            for old, new in zip(before, after, strict=True)
        ],
        layout_batch=_sum("layout_batch_pages_sum", before, after)
        / max(1, _sum("layout_batch_pages_count", before, after)),
        failures=dict(clients.seen.failures),
    )


def faster(stages: Stages, speed: float) -> Stages:
    """The same with a GPU so many times as fast."""
    times = ("layout_seconds", "layout_page_seconds", "prefill_seconds", "step_seconds", "step_row_seconds")
    return stages.model_copy(update={name: getattr(stages, name) / speed for name in times})


def sleep_settings(stages: Stages) -> dict[str, str]:
    """The sleeping engine's settings for these times."""
    return {
        "SLEEP_LAYOUT_SECONDS": str(stages.layout_seconds),
        "SLEEP_LAYOUT_PAGE_SECONDS": str(stages.layout_page_seconds),
        "SLEEP_PREFILL_SECONDS": str(stages.prefill_seconds),
        "SLEEP_STEP_SECONDS": str(stages.step_seconds),
        "SLEEP_STEP_ROW_SECONDS": str(stages.step_row_seconds),
        "SLEEP_BLOCKS": str(round(stages.crops)),
        "SLEEP_TOKENS": str(round(stages.tokens)),
        "VLM_SLOTS": str(stages.slots),
    }


def table(measured: Measured) -> str:
    """The runs as a table, each closed one beside that of one Triton with as many pages in flight for each."""
    head = ("Tritons", "gateways", "load", "pages/s", "efficiency", "p50, s", "p95, s", "device busy", "cores used")
    lines = [f"| {' | '.join(head)} | pages of each |", "|---" * (len(head) + 1) + "|"]
    alone = {run.level: run.rate for run in measured.runs if (run.tritons, run.gateways, run.kind) == (1, 1, "closed")}
    return "\n".join([*lines, *(row(run, alone.get(run.level / run.tritons)) for run in measured.runs)])


def row(run: Run, alone: float | None) -> str:
    """One run; `alone` are the pages a second of one Triton at the same load."""
    load = f"{run.level:g} in flight" if run.kind == "closed" else f"{run.level:.2f} pages/s offered"
    efficiency = f"{run.rate / (run.tritons * alone):.2f}" if alone and run.kind == "closed" else ""
    failed = f"; failed: {run.failures}" if run.failures else ""
    return (
        f"| {run.tritons} | {run.gateways} | {load} | {run.rate:.2f} | {efficiency} | {run.p50:.2f} | {run.p95:.2f} "
        f"| {run.busy:.0%} | {run.cores:.2f} | {min(run.pages)}–{max(run.pages)}{failed} |"
    )


def _device_seconds(gpu: Stages, before: dict[str, float], after: dict[str, float]) -> float:
    """Seconds in which a Triton's device worked."""
    amounts = {
        "layout_batch_pages_count": gpu.layout_seconds,
        "layout_batch_pages_sum": gpu.layout_page_seconds,
        "vlm_prefill_seconds_total": 1.0,
        "vlm_decode_seconds_total": 1.0,
    }
    return sum(each * (after.get(name, 0.0) - before.get(name, 0.0)) for name, each in amounts.items())


def _sum(name: str, before: list[dict[str, float]], after: list[dict[str, float]]) -> float:
    return sum(new.get(name, 0.0) - old.get(name, 0.0) for old, new in zip(before, after, strict=True))


def _cpu(fleet: Fleet) -> float:
    return fleet.cpu_seconds() + time.process_time()


def _smaller(page: bytes) -> bytes:
    with Image.open(io.BytesIO(page)) as image:
        buffer = io.BytesIO()
        image.resize((round(image.width * HEIGHT / image.height), HEIGHT)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


if __name__ == "__main__":
    main()

"""Pages a second through the gateway against the same engines in one process, side by side on the same pages.

    python -m benchmarks.throughput [--concurrency 8] [--rounds 5] [--pages 32]

Each round runs every way once, in turn, so that a busy moment of the machine hits all of them; the ratios are of the
medians. The ways: the engines in this process; Triton's `ocr` asked directly; the gateway asked with images.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx2 as httpx
import numpy as np
import tritonclient.http as triton

from benchmarks.pages import page_images
from benchmarks.running import cpu_seconds, mean_batches, metric_totals, running_product
from engines.page.local import local_reader
from engines.page.offline import forbid_downloads
from engines.page.options import PageOptions
from engines.settings import EngineSettings
from supervisor.stack import Stack

Way = Callable[[bytes], None]


@dataclass
class Measured:
    """Pages a second and CPU seconds a page of one way, a figure a round."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def main() -> None:
    """Measure, and print the table."""
    arguments = _arguments()
    pages = page_images(arguments.pages)
    forbid_downloads()
    with running_product() as stack, local_reader(EngineSettings()) as reader:
        ways: dict[str, Way] = {
            "engines in one process": lambda page: _ignore(reader.read(page, PageOptions())),
            "Triton's ocr over HTTP": _triton_way(stack),
            "gateway, images": _gateway_way(stack),
        }
        measured = {name: Measured() for name in ways}
        batches: dict[str, float] = {}
        for number in range(arguments.rounds + 1):
            for name, way in ways.items():
                before = metric_totals(stack)
                rate, cpu = _run(way, pages, arguments.concurrency, stack)
                if number == 0:
                    continue  # the first round warms up
                measured[name].rates.append(rate)
                measured[name].cpu.append(cpu)
                if name.startswith("gateway"):
                    batches = mean_batches(before, metric_totals(stack))
        _print(measured, batches, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concurrency", type=int, default=8, help="pages in flight")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=32, help="pages a round")
    return parser.parse_args()


def _run(way: Way, pages: Sequence[bytes], concurrency: int, stack: Stack) -> tuple[float, float]:
    """Pages a second, and CPU seconds a page of this process and the product's together."""
    cpu, start = cpu_seconds(stack) + time.process_time(), time.perf_counter()
    with ThreadPoolExecutor(concurrency) as clients:
        list(clients.map(way, pages))
    seconds = time.perf_counter() - start
    return len(pages) / seconds, (cpu_seconds(stack) + time.process_time() - cpu) / len(pages)


def _triton_way(stack: Stack) -> Way:
    address = stack.triton_url.removeprefix("http://")

    def ask(page: bytes) -> None:
        # tritonclient's connections may not be shared between threads.
        with triton.InferenceServerClient(address) as client:
            image = triton.InferInput("IMAGE", [1], "BYTES")
            image.set_data_from_numpy(np.array([page], dtype=np.object_))
            client.infer("ocr", [image])

    return ask


def _gateway_way(stack: Stack) -> Way:
    client = httpx.Client(base_url=stack.gateway_url, timeout=600)
    return lambda page: _ignore(client.post("/ocr", files={"file": page}).raise_for_status())


def _ignore(_: object) -> None:
    return None


def _print(measured: dict[str, Measured], batches: dict[str, float], arguments: argparse.Namespace) -> None:
    reference = statistics.median(next(iter(measured.values())).rates)
    print(f"\n{arguments.pages} pages, {arguments.concurrency} in flight, median of {arguments.rounds} rounds\n")
    print(f"| {'way':24} | pages/s | of in-process | CPU s a page |")
    print(f"|{'-' * 26}|---------|---------------|--------------|")
    for name, figures in measured.items():
        rate, cpu = statistics.median(figures.rates), statistics.median(figures.cpu)
        print(f"| {name:24} | {rate:7.2f} | {rate / reference:13.2f} | {cpu:12.2f} |")
    print("\nmean batch through the gateway: " + ", ".join(f"{model} {mean:.1f}" for model, mean in batches.items()))


if __name__ == "__main__":
    main()

"""Where a page's CPU time goes: milliseconds a page of each process of the product.

    python -m benchmarks.breakdown [--concurrency 1 8] [--pages 44]

Pages go through the gateway as images, and once more as the PDFs that they come from, so that rendering shows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx

from benchmarks.pages import page_images
from benchmarks.processes import cpu_seconds, totals
from benchmarks.running import running_product
from benchmarks.scoring import default_corpora, read_corpus
from supervisor.stack import Stack


def main() -> None:
    """Measure, and print the table."""
    arguments = _arguments()
    images = page_images(arguments.pages)
    every = (document for folder in default_corpora() for document in read_corpus(folder))
    documents = [document for document in every if document.path.suffix == ".pdf"]
    pdfs, pdf_pages = [document.path.read_bytes() for document in documents], sum(item.pages for item in documents)
    with running_product() as stack:
        for bodies in (images, pdfs):
            _send(stack, bodies, 2)  # compiles kernels for the shapes to come
        rows = [
            (f"images, {concurrency} in flight", *_measure(stack, images, len(images), concurrency))
            for concurrency in arguments.concurrency
        ]
        rows.append(("PDFs, 4 in flight", *_measure(stack, pdfs, pdf_pages, 4)))
    _print(rows)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8], help="requests in flight")
    parser.add_argument("--pages", type=int, default=44, help="pages of a measurement")
    return parser.parse_args()


def _measure(stack: Stack, bodies: Sequence[bytes], pages: int, concurrency: int) -> tuple[float, dict[str, float]]:
    """Pages a second, and CPU milliseconds a page by process."""
    before, start = totals(stack, cpu_seconds), time.perf_counter()
    _send(stack, bodies, concurrency)
    seconds, after = time.perf_counter() - start, totals(stack, cpu_seconds)
    return pages / seconds, {name: 1000 * (used - before.get(name, 0.0)) / pages for name, used in after.items()}


def _send(stack: Stack, bodies: Sequence[bytes], concurrency: int) -> None:
    with httpx.Client(base_url=stack.gateway_url, timeout=600) as client, ThreadPoolExecutor(concurrency) as pool:
        for answer in pool.map(lambda body: client.post("/ocr", files={"file": body}), bodies):
            answer.raise_for_status()


def _print(rows: Sequence[tuple[str, float, dict[str, float]]]) -> None:
    processes = ["gateway", "renderers", "tritonserver", "ocr", "preprocess", "layout", "vlm", "restructure"]
    print(f"\n| CPU ms a page of | pages/s | {' | '.join(processes)} | all |")
    print(f"|{'---|' * (len(processes) + 3)}")
    for name, rate, used in rows:
        cells = " | ".join(f"{used.get(process, 0):.0f}" for process in processes)
        print(f"| {name} | {rate:.2f} | {cells} | {sum(used.values()):.0f} |")


if __name__ == "__main__":
    main()

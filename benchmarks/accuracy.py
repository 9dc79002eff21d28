"""Word F1, CER and CPU seconds a page of the whole product on documents with known text.

    make accuracy                           # ../shared/corpus/dev, if it is there, and tests/data/synth
    make accuracy CORPUS="folder folder"    # folders with a manifest.json

Each document goes to POST /ocr of a server that this program starts, one at a time, so that the CPU seconds of its
processes (Triton, its models, the gateway, the PDF renderers) are those of that document. It goes there twice and the
second time counts: a server that has just started still compiles kernels for the shapes that it meets.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx

from benchmarks.running import cpu_seconds, running_product
from benchmarks.scoring import Document, character_error_rate, default_corpora, read_corpus, word_f1
from supervisor.stack import Stack


@dataclass(frozen=True)
class Score:
    """One document's figures; `cer` is None where the order of its truth can't be trusted."""

    f1: float
    cer: float | None
    cpu_seconds_a_page: float


def main() -> int:
    """Print a line a document and the means a folder; 1 if a document could not be read."""
    arguments = _arguments()
    failed = False
    with running_product() as stack, httpx.Client(base_url=stack.gateway_url, timeout=600) as client:
        for folder in arguments.folders:
            scores = []
            for document in read_corpus(folder):
                try:
                    markdown, seconds = _read(client, stack, document)
                except httpx.HTTPError as error:
                    print(f"{document.name:24} FAILED {error}", flush=True)
                    failed = True
                    continue
                if arguments.out:
                    (arguments.out / f"{document.name}.md").write_text(markdown, encoding="utf-8")
                scores.append(_score(document, markdown, seconds))
                print(_line(document.name, document.language, [scores[-1]]), flush=True)
            print(_line(f"mean of {folder.name}", str(len(scores)), scores), "\n", flush=True)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=default_corpora())
    parser.add_argument("--out", type=Path, help="keep the Markdown in this folder")
    arguments = parser.parse_args()
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments


def _read(client: httpx.Client, stack: Stack, document: Document) -> tuple[str, float]:
    """The document's Markdown, and the CPU seconds that it took the second time."""
    upload = {"file": (document.path.name, document.path.read_bytes())}
    for _ in ("warm-up", "measurement"):
        before = cpu_seconds(stack)
        answer = client.post("/ocr", files=upload, headers={"Accept": "text/markdown"}).raise_for_status()
        seconds = cpu_seconds(stack) - before
    return answer.text, seconds


def _score(document: Document, markdown: str, seconds: float) -> Score:
    cer = character_error_rate(document.truth, markdown, casefold=document.casefold) if document.in_order else None
    return Score(word_f1(document.truth, markdown), cer, seconds / document.pages)


def _line(name: str, note: str, scores: Sequence[Score]) -> str:
    if not scores:
        return f"{name:24} {note:>4}"
    cers = [score.cer for score in scores if score.cer is not None]
    cer = f"{statistics.mean(cers):7.2%}" if cers else "      -"
    f1, cpu = (statistics.mean(getattr(score, field) for score in scores) for field in ("f1", "cpu_seconds_a_page"))
    return f"{name:24} {note:>4}  word F1 {f1:.3f}  CER {cer}  CPU {cpu:5.2f} s a page"


if __name__ == "__main__":
    sys.exit(main())

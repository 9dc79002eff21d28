"""Sends every case to the running product, in a network of its own; `python -m benchmarks.hostile` starts it there."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from benchmarks.hostile import bodies, images, pages, pdfs, urls
from benchmarks.hostile.cases import READ, TOLD_BY_PADDLEX, Case
from benchmarks.hostile.network import own_network
from benchmarks.hostile.sites import Site, serving
from benchmarks.hostile.zone import REBINDING
from benchmarks.processes import resident, totals
from benchmarks.running import running_product
from supervisor.stack import Stack

KINDS = {"images": images, "pdfs": pdfs, "bodies": bodies, "pages": pages, "urls": urls}
SETTINGS = {
    "ENGINE": "lite",
    "LOG_LEVEL": "error",
    "RENDER_WORKERS": "2",
    "RENDER_TIMEOUT": "2.5",
    "RENDER_MEMORY_BYTES": str(1 << 30),
    "MAX_UPLOAD_BYTES": str(8 << 20),
    "MAX_PAGES": "50",
    "MAX_PAGE_PIXELS": "20000000",
    "URL_TIMEOUT": "2",
    "REQUEST_TIMEOUT": "20",
    **urls.SETTINGS,
}
"""Low enough that every limit is met within seconds."""
_AT_ONCE = 4
_WARM_UP_AT_ONCE = 3 * _AT_ONCE
_WARM_UP_ROUNDS = 12
_LEVEL_MIB = 20.0
"""With a round that adds less to every process, memory has levelled off."""
_LATEST_SECONDS = 25.0
"""REQUEST_TIMEOUT and what an answer of it may take: later is no answer."""


@dataclass(frozen=True)
class Sent:
    """A case and what became of it; `fault` is empty where the answer was right."""

    kind: str
    name: str
    seconds: float
    answer: str
    fault: str


@dataclass(frozen=True)
class Outcome:
    """A whole run: every case, memory by process in MiB before and after, and what else was not as it must be."""

    sent: list[Sent]
    before: dict[str, float]
    after: dict[str, float]
    faults: list[str]


def run(kinds: list[str]) -> Outcome:
    """Start everything, send the cases of these kinds, and look at what is left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with own_network(folder) as asked, serving(folder) as authority:
            settings = {**SETTINGS, "URL_CA_FILE": str(authority), "OUTPUT_DIR": str(folder / "output")}
            with running_product(**settings) as stack:
                cases = [(kind, case) for kind in kinds for case in KINDS[kind].cases()]
                before = _warmed_up(stack, [(kind, case) for kind, case in cases if case.status == 200])
                processes = stack.gateway_pid, stack.triton_pid
                asked.clear()
                sent = _send_all(stack, cases, _AT_ONCE)
                faults = list(_left_behind(stack, asked, rebound="urls" in kinds))
                if (stack.gateway_pid, stack.triton_pid) != processes:
                    faults.append("a server was restarted")
                return Outcome(sent, before, totals(stack, resident), faults)


def _warmed_up(stack: Stack, cases: list[tuple[str, Case]]) -> dict[str, float]:
    """Memory by process, once `cases` add nothing to it any more.

    What is kept for the largest pages that meet in a batch depends on which do: more of them meet here than in the run.
    """
    before = totals(stack, resident)
    for _ in range(_WARM_UP_ROUNDS):
        _send_all(stack, cases, _WARM_UP_AT_ONCE)
        after = totals(stack, resident)
        if all(mebibytes - before.get(name, 0.0) < _LEVEL_MIB for name, mebibytes in after.items()):
            return after
        before = after
    return before


def _send_all(stack: Stack, cases: list[tuple[str, Case]], at_once: int) -> list[Sent]:
    with ThreadPoolExecutor(at_once) as threads:
        return list(threads.map(lambda pair: _send(stack.gateway_url, *pair), cases))


def _send(url: str, kind: str, case: Case) -> Sent:
    start = time.monotonic()
    headers = {"Content-Type": case.content_type, "Accept": "application/json"}
    try:
        answer = httpx.post(f"{url}{case.path}", content=case.body, headers=headers, timeout=_LATEST_SECONDS)
    except httpx.HTTPError as error:
        return Sent(kind, case.name, time.monotonic() - start, type(error).__name__, "no answer")
    seconds = time.monotonic() - start
    code = _code(answer)
    told = f"{answer.status_code} {code or ''}".strip()
    return Sent(kind, case.name, seconds, told, "; ".join(_faults(case, answer, code)))


def _faults(case: Case, answer: httpx.Response, code: str | None) -> Iterator[str]:
    if answer.status_code != case.status or code not in case.codes:
        message = "" if code is None else f": {answer.text[:500]}"
        yield f"{answer.status_code} {code}{message}, and not {case.status} {' or '.join(map(str, case.codes))}"
        return
    if code is not READ:
        return
    body = answer.json()
    markdown = _markdown(body)
    if case.says not in markdown:
        yield f"it reads {markdown[:60]!r}, and not {case.says!r}"
    if case.read and len(body["pages"]) != case.read:
        yield f"{len(body['pages'])} pages, and not {case.read}"


def _code(answer: httpx.Response) -> str | None:
    if answer.status_code == 200:
        return READ
    body = answer.json()
    return str(body["error"]["code"]) if "error" in body else TOLD_BY_PADDLEX


def _markdown(body: dict[str, Any]) -> str:
    if "markdown" in body:
        return str(body["markdown"])
    return "\n".join(page["markdown"]["text"] for page in body["result"]["layoutParsingResults"])


def _left_behind(stack: Stack, asked: Counter[str], *, rebound: bool) -> Iterator[str]:
    health = httpx.get(f"{stack.gateway_url}/health", timeout=60)
    if health.status_code != 200:
        yield f"/health answers {health.status_code}: {health.text[:500]}"
    for place in sorted(set(Site.reached)):
        yield f"something internal was reached: {place}"
    for name in REBINDING if rebound else ():
        wanted = 2 if name == "rebinding-redirect.example" else 1
        if asked[name] != wanted:
            yield f"{name} was looked up {asked[name]} times, and not {wanted}"


def main() -> None:
    """Run, and write the outcome as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("outcome", type=Path)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    outcome = run(arguments.kinds)
    arguments.outcome.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


if __name__ == "__main__":
    main()

"""What GET /metrics tells beyond the counts of requests and pages."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import psutil
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from gateway import loop_lag
from gateway.access.keyring import line_of
from gateway.metrics import Metrics
from gateway.pages import processes
from tests.conftest import ROOT
from tests.waiting import until

from .conftest import Start, as_json
from .documents import A4, encoded, pdf, picture

PAGE = as_json(pdf(A4), dpi=36)


def value(client: TestClient, name: str, **labels: str) -> float:
    """A sample of /metrics; 0 where it is not there."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = (sample for family in families for sample in family.samples)
    return next((sample.value for sample in samples if (sample.name, sample.labels) == (name, labels)), 0.0)


def worker() -> psutil.Process:
    """The one process that draws."""
    (found,) = filter(draws, psutil.Process().children())
    return found


def draws(process: psutil.Process) -> bool:
    try:
        return "gateway.pages.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        # One that has ended has no command line.
        return False


def test_bytes_in_and_out(client: TestClient) -> None:
    request = client.build_request("POST", "/ocr", **as_json(encoded(picture())))
    answer = client.send(request)
    assert value(client, "ocr_gateway_received_bytes_total", path="/ocr") == len(request.content)
    assert value(client, "ocr_gateway_sent_bytes_total", path="/ocr") == len(answer.content)
    assert value(client, "ocr_gateway_document_bytes_total") == len(encoded(picture()))


def test_a_stream_is_counted_whole(client: TestClient) -> None:
    answer = client.post("/ocr", **as_json(encoded(picture())), headers={"Accept": "application/x-ndjson"})
    assert value(client, "ocr_gateway_sent_bytes_total", path="/ocr") == len(answer.content)


def test_renderers_that_die_hang_or_grow_old(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = start(render_timeout=5, pdf_renderer="pdfium")
    assert client.post("/ocr", **PAGE).status_code == 200
    assert value(client, "ocr_gateway_renderers") == 1
    worker().kill()
    assert client.post("/ocr", **PAGE).status_code == 200
    assert value(client, "ocr_gateway_renderers_ended_total", reason="crashed") == 1
    hanging = worker()
    hanging.send_signal(signal.SIGSTOP)
    until(lambda: hanging.status() == psutil.STATUS_STOPPED)
    assert client.post("/ocr", **PAGE).status_code == 422
    assert value(client, "ocr_gateway_renderers_ended_total", reason="timed_out") == 1
    assert value(client, "ocr_gateway_renderers") == 0
    monkeypatch.setattr(processes, "_RECYCLED_AFTER", 2)
    assert client.post("/ocr", **PAGE).status_code == 200
    assert value(client, "ocr_gateway_renderers_ended_total", reason="recycled") == 1


def test_the_process_itself(client: TestClient) -> None:
    for name in ("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"):
        assert value(client, name) > 0


def test_a_loop_that_is_held_up_is_late() -> None:
    async def hold_up() -> Metrics:
        metrics = Metrics()
        measuring = asyncio.create_task(loop_lag.measure(metrics))
        await asyncio.sleep(0.1)
        time.sleep(0.8)  # noqa: ASYNC251 - that is what is measured
        await asyncio.sleep(0.1)
        measuring.cancel()
        return metrics

    registry = asyncio.run(hold_up()).registry
    assert registry.get_sample_value("ocr_gateway_event_loop_lag_seconds_count") == 1
    assert (registry.get_sample_value("ocr_gateway_event_loop_lag_seconds_sum") or 0) > 0.2


def test_methods_that_nobody_knows_make_no_label(client: TestClient) -> None:
    for method in ("BREW", "a" * 1000, "PROPFIND"):
        assert client.request(method, "/ocr").status_code == 405
    assert client.get("/ocr").status_code == 405
    assert value(client, "ocr_gateway_requests_total", path="/ocr", method="other", status="405") == 3
    assert value(client, "ocr_gateway_requests_total", path="/ocr", method="GET", status="405") == 1
    assert "BREW" not in client.get("/metrics").text


def test_the_document_lists_every_metric_and_no_other(start: Start, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(line_of("a", "a"))
    told = start(api_keys_file=tmp_path / "keys", open_paths=("/metrics",)).get("/metrics").text
    families = {family.name for family in text_string_to_metric_families(told)}
    ours = {name for name in families if name.startswith("ocr_gateway_") and not name.endswith("_created")}
    rows = [row for row in (ROOT / "docs/operating.md").read_text().splitlines() if row.startswith("| `ocr_gateway_")]
    written = {name.strip("` ").partition("{")[0] for row in rows for name in row.split("|")[1].split(", ")}
    assert {name.removesuffix("_total") for name in written} == ours

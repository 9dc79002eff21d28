"""Writes deploy/grafana/paddleocr-vl.json, the dashboard for Grafana, from the tables below.

python -m scripts.dashboard          writes it
python -m scripts.dashboard --check  tells whether it is up to date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "deploy/grafana/paddleocr-vl.json"
GPU = "GPU"
"""The row whose metrics Triton has only where there is one."""
_WIDTH, _HEIGHT, _COLUMNS = 8, 7, 24


@dataclass(frozen=True)
class Panel:
    """A graph: of each expression its legend."""

    title: str
    unit: str
    expressions: dict[str, str]


def _quantiles(metric: str, by: str = "") -> dict[str, str]:
    """The median and the 95th percentile of a histogram."""
    labels, legend = (f"le, {by}", f" {{{{{by}}}}}") if by else ("le", "")
    return {
        f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket[$__rate_interval])))": f"{name}{legend}"
        for share, name in ((0.5, "half"), (0.95, "95 %"))
    }


def _mean(metric: str, by: str) -> str:
    return (
        f"sum by ({by}) (rate({metric}_sum[$__rate_interval])) / sum by ({by}) (rate({metric}_count[$__rate_interval]))"
    )


ROWS: dict[str, list[Panel]] = {
    "At a glance": [
        Panel("Pages a second", "short", {"sum(rate(ocr_gateway_pages_total[$__rate_interval]))": "pages"}),
        Panel("Documents answered with a fault of the server", "percentunit", {"ocr:requests_failed:ratio5m": "share"}),
        Panel(
            "Up",
            "short",
            {
                'sum(up{job="gateway"})': "gateways",
                'sum(up{job="triton"})': "Tritons",
                "min(ocr_gateway_tritons_up)": "Tritons, seen by the gateway that sees fewest",
            },
        ),
    ],
    "Traffic": [
        Panel(
            "Requests a second, by path",
            "reqps",
            {"sum by (path, method) (rate(ocr_gateway_requests_total[$__rate_interval]))": "{{method}} {{path}}"},
        ),
        Panel(
            "Answers a second, by status",
            "reqps",
            {"sum by (status) (rate(ocr_gateway_requests_total[$__rate_interval]))": "{{status}}"},
        ),
        Panel(
            "Bytes a second",
            "Bps",
            {
                "sum(rate(ocr_gateway_received_bytes_total[$__rate_interval]))": "received",
                "sum(rate(ocr_gateway_sent_bytes_total[$__rate_interval]))": "sent",
                "sum(rate(ocr_gateway_document_bytes_total[$__rate_interval]))": "documents",
            },
        ),
    ],
    "Waiting": [
        Panel(
            "Documents",
            "short",
            {
                "sum(ocr_gateway_requests_in_flight)": "being read",
                "sum(ocr_gateway_requests_waiting)": "waiting",
            },
        ),
        Panel(
            "Jobs",
            "short",
            {"max(ocr_gateway_jobs_waiting)": "waiting", "sum(ocr_gateway_jobs_running)": "running"},
        ),
        Panel(
            "Seconds that crops wait, to seconds that they are read",
            "short",
            {"instance:ocr_queue_to_compute:ratio2m": "{{instance}}"},
        ),
        Panel(
            "Pages and crops in Triton",
            "short",
            {
                "sum by (instance) (ocr_pages_in_flight)": "pages, {{instance}}",
                "sum by (instance) (vlm_crops_in_flight)": "crops, {{instance}}",
            },
        ),
        Panel("Crops: seconds in the queue", "s", _quantiles("vlm_queue_seconds")),
        Panel(
            "Requests pending in Triton",
            "short",
            {"sum by (model) (nv_inference_pending_request_count)": "{{model}}"},
        ),
    ],
    "Batches and tokens": [
        Panel(
            "Pages and crops a batch, mean",
            "short",
            {
                _mean("layout_batch_pages", "instance"): "layout, {{instance}}",
                _mean("vlm_batch_crops", "instance"): "vlm, {{instance}}",
            },
        ),
        Panel(
            "Tokens a second",
            "short",
            {
                "sum(rate(ocr_gateway_tokens_total[$__rate_interval]))": "of pages answered",
                "sum by (instance) (rate(vlm_tokens_total[$__rate_interval]))": "of crops, {{instance}}",
            },
        ),
        Panel(
            "Crops a second, by how they ended",
            "short",
            {"sum by (outcome) (rate(vlm_crops_total[$__rate_interval]))": "{{outcome}}"},
        ),
    ],
    "Times": [
        Panel("Requests", "s", _quantiles("ocr_gateway_request_seconds", "path")),
        Panel("Stages of a document, mean", "s", {_mean("ocr_gateway_stage_seconds", "stage"): "{{stage}}"}),
        Panel("Work under way, by stage", "short", {"sum by (stage) (ocr_gateway_stage_in_flight)": "{{stage}}"}),
        Panel("A page in Triton", "s", _quantiles("ocr_page_seconds")),
        Panel(
            "The engines, mean",
            "s",
            {
                _mean("layout_engine_seconds", "instance"): "layout, a batch",
                _mean("vlm_engine_seconds", "instance"): "vlm, a crop",
            },
        ),
        Panel("Event loop comes too late by", "s", _quantiles("ocr_gateway_event_loop_lag_seconds")),
    ],
    "Errors": [
        Panel(
            "Errors a second, by code",
            "short",
            {"sum by (code) (rate(ocr_gateway_errors_total[$__rate_interval]))": "{{code}}"},
        ),
        Panel(
            "Pages in Triton, by outcome",
            "short",
            {"sum by (outcome) (rate(ocr_pages_total[$__rate_interval]))": "{{outcome}}"},
        ),
        Panel(
            "Pages sent again, left out; drawing processes ended",
            "short",
            {
                "sum by (code) (rate(ocr_gateway_retries_total[$__rate_interval]))": "again: {{code}}",
                "sum by (code) (rate(ocr_gateway_pages_skipped_total[$__rate_interval]))": "left out: {{code}}",
                "sum by (reason) (rate(ocr_gateway_renderers_ended_total[$__rate_interval]))": "drawing: {{reason}}",
            },
        ),
    ],
    "Memory and CPU": [
        Panel("Memory of the gateways", "bytes", {'process_resident_memory_bytes{job="gateway"}': "{{instance}}"}),
        Panel(
            "Memory of Triton's machines",
            "bytes",
            {
                "nv_cpu_memory_used_bytes": "used, {{instance}}",
                "nv_cpu_memory_total_bytes": "there, {{instance}}",
                "nv_pinned_memory_pool_used_bytes": "pinned, {{instance}}",
            },
        ),
        Panel(
            "CPU",
            "short",
            {
                'rate(process_cpu_seconds_total{job="gateway"}[$__rate_interval])': "cores, gateway {{instance}}",
                "nv_cpu_utilization": "share, Triton's machine {{instance}}",
            },
        ),
    ],
    GPU: [
        Panel("GPU in use", "percentunit", {"nv_gpu_utilization": "{{instance}} {{gpu_uuid}}"}),
        Panel(
            "Memory of the GPU",
            "bytes",
            {"nv_gpu_memory_used_bytes": "used, {{gpu_uuid}}", "nv_gpu_memory_total_bytes": "there, {{gpu_uuid}}"},
        ),
        Panel("Power", "watt", {"nv_gpu_power_usage": "{{instance}} {{gpu_uuid}}"}),
    ],
    "Decode loop (engine paddle)": [
        Panel(
            "Rows a step",
            "short",
            {
                "sum by (instance) (rate(vlm_step_rows_total[$__rate_interval])) "
                "/ sum by (instance) (rate(vlm_steps_total[$__rate_interval]))": "{{instance}}"
            },
        ),
        Panel(
            "Slots and crops that wait for one",
            "short",
            {"vlm_slots_in_use": "slots, {{instance}}", "vlm_waiting_crops": "waiting, {{instance}}"},
        ),
        Panel(
            "Where the loop's time goes",
            "percentunit",
            {
                f"sum by (instance) (rate(vlm_{part}_seconds_total[$__rate_interval]))": f"{part}, {{{{instance}}}}"
                for part in ("decode", "prefill", "vision")
            },
        ),
    ],
}
"""The rows of the dashboard, each with its panels."""


def dashboard() -> dict[str, Any]:
    """What Grafana imports (the dashboard's JSON model, schema version 39)."""
    return {
        "uid": "paddleocr-vl",
        "title": "PaddleOCR-VL server",
        "description": "The server's and Triton's metrics; docs/runbooks.md has the alerts.",
        "tags": ["ocr"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for row, panels in ROWS.items():
        number += 1
        yield {
            "id": number, "type": "row", "title": row, "collapsed": False, "panels": [],
            "gridPos": {"x": 0, "y": top, "w": _COLUMNS, "h": 1},
        }  # fmt: skip
        top += 1
        for place, panel in enumerate(panels):
            number += 1
            down, across = divmod(place, _COLUMNS // _WIDTH)
            yield _panel(number, panel, {"x": across * _WIDTH, "y": top + down * _HEIGHT, "w": _WIDTH, "h": _HEIGHT})
        top += -(-len(panels) // (_COLUMNS // _WIDTH)) * _HEIGHT


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": source, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.expressions.items())
        ],
    }


def main() -> int:
    """Write the file, or check it."""
    text = json.dumps(dashboard(), indent=2) + "\n"
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        print(f"run `python -m scripts.dashboard`: {FILE.name} is out of date", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

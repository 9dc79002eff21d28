"""The same cases through this server: a running Triton, many pages in flight."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tritonclient.http as triton

from benchmarks.parity.answers import CaseAnswer, PageAnswer, as_json
from benchmarks.parity.job import Job, Task
from benchmarks.running import metric_totals, running_product

IN_FLIGHT = 24
"""Pages in flight: connections to Triton. Its HTTP client sends from the thread that made it, and from no other."""
_SECONDS = 600.0


@dataclass(frozen=True)
class Served:
    """The answers by case, and how full the batches were: pages a layout batch, rows a decode step."""

    answers: dict[str, CaseAnswer]
    layout_pages: float
    decode_rows: float


def serve_all(job: Job) -> Served:
    """Start the product on the job's weights and read every case that is read by the model."""
    environment = {
        "ENGINE": "paddle",
        "MODEL_DIR": job.model_dir,
        "MODEL_VERSION": job.version,
        "DEVICE": job.device,
        # What the official native engine shows its model.
        "VLM_COLOUR_ORDER": "bgr",
    }
    with running_product(**environment) as stack:
        url = stack.triton_url.removeprefix("http://")
        with triton.InferenceServerClient(url, concurrency=IN_FLIGHT, network_timeout=_SECONDS) as client:
            answers = _read_all(client, [task for task in job.tasks if task.given is None])
        totals = metric_totals(stack)
    return Served(
        answers,
        totals["layout_batch_pages_sum"] / totals["layout_batch_pages_count"],
        totals["vlm_step_rows_total"] / totals["vlm_steps_total"],
    )


def _read_all(client: triton.InferenceServerClient, tasks: Sequence[Task]) -> dict[str, CaseAnswer]:
    """Send the pages of all cases without waiting for any, then the documents."""
    reading = {task.name: [_send(client, page, task.options) for page in task.pages] for task in tasks}
    answers = {}
    for task in tasks:
        results = [pending.get_result() for pending in reading[task.name]]
        pages = [_page(result) for result in results]
        documents = [_document(client, pages, options) for options in task.documents]
        warnings = [json.loads(warning) for result in results for warning in result.as_numpy("WARNINGS")]
        answers[task.name] = CaseAnswer(pages, documents, [warning["message"] for warning in warnings])
    return answers


def _send(client: triton.InferenceServerClient, path: str, options: Mapping[str, Any]) -> triton.InferAsyncRequest:
    inputs = {"IMAGE": Path(path).read_bytes(), "OPTIONS": json.dumps(options).encode()}
    return client.async_infer("ocr", [_tensor(name, value) for name, value in inputs.items()])


def _page(result: triton.InferResult) -> PageAnswer:
    images = zip(result.as_numpy("IMAGE_NAMES"), result.as_numpy("IMAGES"), strict=True)
    return PageAnswer(
        result.as_numpy("MARKDOWN")[0].decode(),
        result.as_numpy("RESULT")[0].decode(),
        {name.decode(): data.hex() for name, data in images},
    )


def _document(
    client: triton.InferenceServerClient, pages: Sequence[PageAnswer], options: Mapping[str, Any]
) -> list[PageAnswer]:
    results = as_json([json.loads(page.result) for page in pages])
    inputs = {"PAGES": results.encode(), "OPTIONS": json.dumps(options).encode()}
    answer = client.infer("restructure", [_tensor(name, value) for name, value in inputs.items()])
    restructured = json.loads(answer.as_numpy("RESULTS")[0])
    return [PageAnswer(page["markdown"], as_json(page["prunedResult"])) for page in restructured]


def _tensor(name: str, value: bytes) -> triton.InferInput:
    tensor = triton.InferInput(name, [1], "BYTES")
    tensor.set_data_from_numpy(np.array([value], dtype=np.object_))
    return tensor

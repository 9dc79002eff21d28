"""What inferences on Triton itself say of it, from a server that answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from supervisor.free_ports import settings_on_free_ports
from supervisor.gateway import Health
from supervisor.triton_health import TritonHealth


class Told(ThreadingHTTPServer):
    """Answers a model as `answers` says, all others well; None: not at all. Counts a page at each look at the metrics
    where `working`.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, str] | None] = {}
        self.kept_alive = False
        self.inputs: dict[str, list[dict[str, Any]]] = {}
        self.working = False
        self.pages = 0
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Told

    def do_GET(self) -> None:
        self.server.pages += self.server.working
        self._answer(200, f'# TYPE ocr_pages_total counter\nocr_pages_total{{outcome="ok"}} {self.server.pages}\n')

    def do_POST(self) -> None:
        model = self.path.split("/")[3]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.inputs[model] = json.loads(body[: int(self.headers["Inference-Header-Content-Length"])])["inputs"]
        answer = self.server.answers.get(model, (200, "{}"))
        if answer is None:
            self.server.over.wait(30)
        else:
            self._answer(*answer)

    def _answer(self, status: int, text: str) -> None:
        self.server.kept_alive |= self.headers["Connection"] != "close"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def told() -> Iterator[Told]:
    with Told() as server:
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.over.set()
        server.shutdown()


def health(told: Told, seconds: float = 20) -> Health:
    port = told.server_address[1]
    settings = settings_on_free_ports(Path("run")).model_copy(
        update={"triton_http_port": port, "triton_metrics_port": port, "canary_timeout": seconds}
    )
    with httpx2.Client(trust_env=False) as http:
        return TritonHealth(settings).health(http)


def test_three_models_that_answer_are_able(told: Told) -> None:
    assert health(told) is Health.ABLE
    assert {model: [given["name"] for given in inputs] for model, inputs in told.inputs.items()} == {
        "layout": ["IMAGE", "OPTIONS"],
        "vlm": ["IMAGE", "PROMPT", "OPTIONS"],
        "ocr": ["IMAGE", "OPTIONS"],
    }
    # An idle connection holds up Triton's shutdown.
    assert not told.kept_alive


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Stub process 'vlm_0_0' is not healthy.", Health.UNABLE),
        ("[engine_failure] broken", Health.UNABLE),
        ("[overloaded] 64 pages are being read", Health.ABLE),
        ("[server_unavailable] VLM_URL can't be reached", Health.BLOCKED),
        ("[deadline_exceeded] late", Health.BLOCKED),
    ],
)
@pytest.mark.parametrize("model", ["layout", "vlm", "ocr"])
def test_an_error_says_whether_a_restart_helps(told: Told, model: str, text: str, state: Health) -> None:
    told.answers[model] = (500, json.dumps({"error": text}))
    assert health(told) is state


def test_a_model_that_says_nothing_is_dead(told: Told) -> None:
    told.answers["vlm"] = None
    assert health(told, seconds=0.5) is Health.UNABLE


def test_a_model_that_says_nothing_while_pages_are_done_is_busy(told: Told) -> None:
    told.answers["vlm"] = None
    told.working = True
    assert health(told, seconds=0.5) is Health.ABLE


def test_the_worst_counts(told: Told) -> None:
    told.answers = {"vlm": (500, "[server_unavailable]"), "ocr": (500, "is not healthy")}
    assert health(told) is Health.UNABLE


def test_a_triton_that_is_not_there_is_silent() -> None:
    with httpx2.Client(trust_env=False) as http:
        assert TritonHealth(settings_on_free_ports(Path("run"))).health(http) is Health.SILENT

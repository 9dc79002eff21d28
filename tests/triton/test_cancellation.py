"""Pages that nobody waits for any more leave the decode loop of a real Triton."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from tritonclient.utils import InferenceServerException

from benchmarks.running import metric_totals
from scripts.made_weights import Manners, make_weights
from scripts.made_weights.pages import png
from scripts.made_weights.standard_pages import standard_page
from supervisor.stack import Stack
from tests.product import running
from tests.triton.conftest import Models, text
from tests.waiting import until

PAGE = png(standard_page("columns"))
LONG = {"maxNewTokens": 4000}


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Weights whose texts never end by themselves."""
    folder: Path = tmp_path_factory.mktemp("endless")
    weights = make_weights(folder / "weights", manners=Manners(stops=0.0))
    environment = {"ENGINE": "paddle", "MODEL_DIR": str(weights), "DEVICE": "cpu", "VLM_REPETITION_TOKENS": "0"}
    with running(folder, **environment) as stack:
        yield stack


def decoding(stack: Stack) -> float:
    return metric_totals(stack).get("vlm_slots_in_use", 0)


def test_a_cancelled_page_leaves_the_decode_loop(endless: Stack) -> None:
    models, canceller = Models(endless.triton_url), Models(endless.triton_url)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(models.ocr, PAGE, **LONG, cancelKey="k-1")
        until(lambda: decoding(endless) > 0)
        answer = canceller.ask("ocr", IMAGE=text(b""), OPTIONS=text('{"cancel": "k-1"}'))
        assert answer["MARKDOWN"].tolist() == [b""]
        with pytest.raises(InferenceServerException, match=r"\[cancelled\]"):
            page.result()
    until(lambda: decoding(endless) == 0)
    models.client.close()
    canceller.client.close()


def test_a_client_that_hangs_up_frees_the_decode_loop(endless: Stack) -> None:
    before = metric_totals(endless)["vlm_crops_total"]
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{endless.gateway_url}/ocr",
            files={"file": PAGE},
            data={"options": '{"maxNewTokens": 4000}'},
            timeout=httpx2.Timeout(20, read=4),
        )
    until(lambda: metric_totals(endless)["vlm_crops_total"] > before)
    until(lambda: decoding(endless) == 0)
    metrics = httpx2.get(f"{endless.metrics_url}").text
    cancelled = [line for line in metrics.splitlines() if line.startswith("vlm_crops_total") and "cancelled" in line]
    assert cancelled


def test_a_deadline_reaches_the_decode_loop(endless: Stack) -> None:
    response = httpx2.post(
        f"{endless.gateway_url}/ocr",
        files={"file": PAGE},
        data={"options": '{"maxNewTokens": 4000}', "timeout": "3"},
        timeout=30,
    )
    assert response.status_code == 504
    until(lambda: decoding(endless) == 0)

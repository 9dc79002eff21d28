"""The product out of its kit: documents are read, and Triton reaches nothing."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.conftest import ROOT, SYNTH
from tests.containers.alone import alone, until_able
from tests.containers.conftest import TRITON_IMAGE

REACH = """
import json, socket
def reach(host, port):
    try:
        socket.create_connection((host, port), 3).close()
        return "reached"
    except OSError as error:
        return str(error)
print(json.dumps({host: reach(host, port) for host, port in %r}))
"""


def test_a_pdf_is_read(product):
    with (ROOT / "samples/sample.pdf").open("rb") as file:
        answer = httpx2.post(f"{product.url}/ocr", files={"file": file}, timeout=120, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert "Installation Guide" in answer.json()["markdown"]


def test_results_are_kept_in_the_volume(product):
    with (SYNTH / "01_en_single.pdf").open("rb") as file:
        answer = httpx2.post(
            f"{product.url}/ocr", files={"file": file}, data={"save": "true"}, timeout=120, trust_env=False
        )
    assert answer.status_code == 200, answer.text
    volume = product.engine.volumes / "paddleocr-vl_output/_data"
    assert [found.read_text() for found in volume.rglob("*.md")] == [answer.json()["markdown"]]


def test_triton_reaches_nothing_outside_and_is_not_published(product):
    targets = [("192.0.2.1", 443), ("1.1.1.1", 53), ("example.com", 443)]
    said = json.loads(product.execute("triton", "python", "-c", REACH % (targets,)))
    assert "reached" not in said.values(), said
    found = product.inspect("triton")
    (network,) = found["NetworkSettings"]["Networks"].values()
    (described,) = json.loads(product.engine.run("docker", "network", "inspect", network["NetworkID"]))
    assert described["Internal"] is True
    assert not any(found["NetworkSettings"]["Ports"].values())
    # The way that is open, so that the rest proves something.
    assert json.loads(product.execute("triton", "python", "-c", REACH % ([("gateway", 8081)],))) == {
        "gateway": "reached"
    }


@pytest.mark.parametrize("service", ["triton", "gateway"])
def test_nothing_can_be_written_but_what_is_named(product, service):
    touch = "for place in /app /opt /etc /usr/bin /var/tmp; do touch $place/mark 2>/dev/null && echo $place; done; true"
    assert product.execute(service, "sh", "-c", touch) == ""
    assert product.execute(service, "id", "-u").strip() == "10001"
    assert product.execute(service, "sh", "-c", "grep CapEff /proc/1/status").split()[1] == "0" * 16


def test_the_triton_image_works_without_any_network(product):
    with alone(product.engine, TRITON_IMAGE) as container:
        until_able(product.engine, container)


def test_a_gateway_that_is_stopped_finishes_what_it_has(product, page_image):
    def send(_: int) -> httpx2.Response:
        return httpx2.post(f"{product.url}/ocr", files={"file": page_image}, timeout=120, trust_env=False)

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(send, number) for number in range(4)]
        time.sleep(0.5)
        product.compose("stop", "gateway")
        assert [answer.result().status_code for answer in answers] == [200] * 4
    assert product.inspect("gateway")["State"]["ExitCode"] == 0
    product.compose("up", "--detach", "--wait", "gateway")

"""The Python client against the product."""

from __future__ import annotations

import asyncio
import io
import json

import pypdfium2
import pytest

from ocr_client import AsyncClient, Client, ConnectionLost, InvalidRequest, LimitExceeded, Opened, PageRead
from tests.conftest import ROOT, SYNTH
from tests.waiting import until

SAMPLE = ROOT / "samples" / "sample.pdf"


@pytest.fixture
def ocr(stack):
    with Client(stack.gateway_url) as client:
        yield client


def test_a_result_is_the_answer_of_the_api(client, ocr):
    """`client` is a bare one of HTTP."""
    answer = client.post("/ocr", files={"file": SAMPLE.read_bytes()}, data={"page_images": "true"}).json()
    read = json.loads(ocr.read(SAMPLE, page_images=True).to_json())
    for told in (answer, read):
        told.pop("id")
        told["usage"].pop("seconds")
    assert any(page["images"] for page in read["pages"])
    assert all(page["image"] for page in read["pages"])
    assert read == answer


def test_pages_are_told_while_the_document_is_read(ocr):
    heard = []
    result = ocr.read(SAMPLE, pages="1,3", on_event=heard.append)
    assert [type(event) for event in heard] == [Opened, PageRead, PageRead]
    assert heard[0].pages == (0, 2)
    assert [page.index for page in result.pages] == [0, 2]
    with ocr.stream(SAMPLE) as reading:
        assert [page.index for page in reading] == [0, 1, 2]
        assert reading.result.usage.pages == 3


def test_leaving_a_stream_ends_the_work(ocr, client):
    with ocr.stream(SAMPLE) as reading:
        pages = iter(reading)
        assert next(pages).index == 0
        with pytest.raises(ConnectionLost):
            reading.result  # noqa: B018 - it is a property
    until(lambda: "ocr_gateway_requests_in_flight 0.0" in client.get("/metrics").text)


def test_errors_have_their_classes(ocr):
    with pytest.raises(InvalidRequest, match="PDF") as raised:
        ocr.read(b"no document")
    assert (raised.value.code, raised.value.status) == ("unsupported_file", 415)
    assert raised.value.request_id
    with pytest.raises(InvalidRequest) as raised:
        ocr.read(SAMPLE, pages="99")
    assert (raised.value.code, raised.value.param) == ("pages_outside", "pages")
    with pytest.raises(LimitExceeded, match="MAX_PAGES"):
        ocr.read(huge())


def test_many_at_once_to_await(stack):
    async def run():
        async with AsyncClient(stack.gateway_url) as client:
            assert (await client.health()).able
            assert (await client.about()).engine == "lite"
            paths = sorted(SYNTH.glob("*.pdf"))[:4]
            return await asyncio.gather(*(client.read(path) for path in paths))

    assert all(len(result.markdown) > 100 for result in asyncio.run(run()))


def test_a_job_is_submitted_waited_for_fetched_and_forgotten(ocr):
    job = ocr.submit(SAMPLE, pages="2")
    assert ocr.wait(job, timeout=60).status == "done"
    assert [page.index for page in ocr.result(job).pages] == [1]
    assert job.id in [known.id for known in ocr.jobs()]
    assert ocr.cancel(job) is None
    with pytest.raises(InvalidRequest) as raised:
        ocr.job(job)
    assert raised.value.status == 404


def test_the_error_of_a_job_is_the_one_that_reading_would_have_raised(ocr):
    job = ocr.wait(ocr.submit(SAMPLE, pages="99"), timeout=60)
    assert (job.status, job.error.code) == ("failed", "pages_outside")
    with pytest.raises(InvalidRequest, match="3 pages"):
        ocr.result(job)


def huge() -> bytes:
    """A PDF of 1001 empty pages."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(1001):
        document.new_page(10, 10).close()
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    return buffer.getvalue()

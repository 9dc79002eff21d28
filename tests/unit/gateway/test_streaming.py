"""POST /ocr page by page, pages left out, and pages sent again."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tritonclient.utils import InferenceServerException

from gateway import event_stream, page_events
from gateway.document import Page
from gateway.negotiation import preferred

from .conftest import Start, as_json, error_of
from .documents import A4, encoded, pdf, picture
from .fake_triton import FakeTriton

NDJSON = {"Accept": "application/x-ndjson"}
SSE = {"Accept": "text/event-stream"}
CROP = {"imgs/img_in_image_box_1_2_3_4.jpg": b"\xff\xd8crop"}


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def failing(*numbers: int) -> Any:
    """Pages that the engine can't read, by the order in which they reach it."""

    async def on_page(number: int) -> None:
        if number in numbers:
            raise InferenceServerException("[engine_failure] this page broke it", status="500")

    return on_page


def test_pages_come_one_by_one_in_order_and_then_the_whole(start: Start, triton: FakeTriton) -> None:
    triton.crops = CROP

    async def later_pages_first(number: int) -> None:
        await asyncio.sleep(0.2 if number == 0 else 0)

    triton.on_page = later_pages_first
    client = start()
    document = pdf(A4, A4, A4)
    response = client.post("/ocr", **as_json(document, dpi=36, pages="1,3"), headers=NDJSON)
    assert response.headers["content-type"] == "application/x-ndjson"
    opened, first, second, result = events(response.text)
    assert opened == {"event": "opened", "id": result["id"], "kind": "pdf", "page_count": 3, "pages": [0, 2]}
    assert [first["page"]["index"], second["page"]["index"]] == [0, 2]
    # Pictures have the names that they have in the whole, which leaves them out.
    assert set(first["page"]["images"]) == set(CROP)
    assert list(second["page"]["images"]) == ["imgs/img_in_image_box_1_2_3_4_p2.jpg"]
    assert [page["images"] for page in result["pages"]] == [{}, {}]
    whole = client.post("/ocr", **as_json(document, dpi=36, pages="1,3")).json()
    for answer in (result, whole):
        answer.pop("id")
        answer["usage"].pop("seconds")
    assert result.pop("event") == "result"
    assert result == {**whole, "pages": [{**page, "images": {}} for page in whole["pages"]]}


class Slow:
    """A client that reads one chunk of an answer each time it is let; the answer is `app`'s to `scope`."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.may_read = asyncio.Semaphore(0)

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            await self.may_read.acquire()
            self.chunks.append(message["body"])

    async def receive(self) -> Any:
        await asyncio.sleep(3600)


def test_a_stream_makes_no_more_than_its_client_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "_MOST_WAITING", 1000)
    made: list[int] = []

    async def work(emit: event_stream.Emit) -> None:
        for number in range(20):
            await emit.room()
            emit("page", {"text": "a" * 400})
            made.append(number)

    async def run() -> None:
        client = Slow()
        answer = event_stream.EventAnswer("ndjson", work)
        sending = asyncio.create_task(answer({"type": "http"}, client.receive, client.send))
        for read in range(8):
            await asyncio.sleep(0.02)
            assert len(made) <= read + 4
            client.may_read.release()
        for _ in range(40):
            client.may_read.release()
        await sending
        assert len(b"".join(client.chunks).splitlines()) == len(made) == 20

    asyncio.run(run())


def test_pages_behind_a_slow_one_wait_for_it_once_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_events, "_MOST_HELD", 100)

    async def run() -> None:
        told: list[int] = []

        class Emitted:
            def __call__(self, event: str, data: dict[str, Any]) -> None:
                told.append(data["pages"] if event == "opened" else data["page"]["index"])

            async def room(self) -> None:
                pass

        events = page_events.PageEvents("id", Emitted())
        events.opened("pdf", 4, [0, 1, 2, 3])
        result = {"width": 1, "height": 1, "parsing_res_list": []}
        await events.room(0)
        await events.room(1)
        events.read(Page(1, result, "a" * 200, {}))
        waiting = asyncio.create_task(events.room(2))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        await asyncio.wait_for(events.room(0), 1)
        events.read(Page(0, result, "", {}))
        await asyncio.wait_for(waiting, 1)
        assert told == [[0, 1, 2, 3], 0, 1]

    asyncio.run(run())


def test_a_client_that_reads_nothing_ends_at_the_deadline(
    client: TestClient, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(page_events.PageEvents, "room", never)
    response = client.post("/ocr", headers=NDJSON, **as_json(pdf(A4, A4), dpi=36, timeout=1))
    opened, error = events(response.text)
    assert opened["event"] == "opened"
    assert error["error"]["code"] == "deadline_exceeded"
    assert triton.pages == []


def test_a_stream_tells_pictures_once_and_keeps_none(start: Start, triton: FakeTriton) -> None:
    triton.crops = {name: b"\xff\xd8" + bytes(5000) for name in CROP}
    asked = as_json(pdf(A4, A4, A4), dpi=36, page_images=True, options={"restructurePages": False})
    small = start(max_result_bytes=2000)
    *told, result = events(small.post("/ocr", headers=NDJSON, **asked).text)
    assert [len(page["page"]["images"]) for page in told[1:]] == [1, 1, 1]
    assert all(page["page"]["image"] for page in told[1:])
    names = [next(iter(page["page"]["images"])) for page in told[1:]]
    # Each is named in the whole as it was named on its page.
    assert [name for name in names if name in result["markdown"]] == names
    assert len(set(names)) == 3


@pytest.mark.parametrize("headers", [{}, NDJSON])
@pytest.mark.parametrize("fields", [{"page_images": True}, {}])
def test_pictures_that_are_kept_are_bounded(
    start: Start, triton: FakeTriton, headers: dict[str, str], fields: dict[str, Any]
) -> None:
    triton.crops = {name: bytes(5000) for name in CROP}
    small = start(max_result_bytes=12_000)
    asked = as_json(pdf(*[A4] * 12), dpi=36, save=bool(headers), **fields)
    response = small.post("/ocr", headers=headers, **asked)
    error = events(response.text)[-1]["error"] if headers else error_of(response)
    assert error["code"] == "result_too_large"
    assert "MAX_RESULT_BYTES" in error["message"]
    assert ("page_images" in error["message"]) == bool(fields)
    # What was not begun is not read any more.
    assert len(triton.pages) < 12
    small.post("/ocr", **as_json(encoded(picture()))).raise_for_status()


def test_server_sent_events_say_the_same(client: TestClient) -> None:
    response = client.post("/ocr", **as_json(encoded(picture())), headers=SSE)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    told = [block.split("\n") for block in response.text.strip().split("\n\n")]
    assert [lines[0] for lines in told] == ["event: opened", "event: page", "event: result"]
    assert json.loads(told[-1][1].removeprefix("data: "))["markdown"] == "120 x 80\n"


def test_what_fails_before_the_first_event_has_its_status(client: TestClient) -> None:
    response = client.post("/ocr", **as_json(b"no document"), headers=NDJSON)
    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_file"


def test_what_fails_later_is_the_last_event(client: TestClient, triton: FakeTriton) -> None:
    triton.on_page = failing(1)
    response = client.post("/ocr", **as_json(pdf(A4, A4), dpi=36), headers=NDJSON)
    assert response.status_code == 200
    *_, last = events(response.text)
    assert (last["event"], last["error"]["code"]) == ("error", "engine_failure")
    assert last["error"]["request_id"] == response.headers["x-request-id"]
    assert 'ocr_gateway_errors_total{code="engine_failure"} 1.0' in client.get("/metrics").text


def test_what_nobody_foresaw_is_the_last_event_without_its_words(client: TestClient, triton: FakeTriton) -> None:
    async def on_page(number: int) -> None:
        raise ValueError("a secret of the document")

    triton.on_page = on_page
    response = client.post("/ocr", **as_json(encoded(picture())), headers=NDJSON)
    assert events(response.text)[-1]["error"]["code"] == "internal_error"
    assert "secret" not in response.text


def test_pages_that_fail_are_left_out_where_that_is_asked(client: TestClient, triton: FakeTriton) -> None:
    triton.on_page = failing(1)
    answer = client.post("/ocr", **as_json(pdf(A4, A4, A4), dpi=36, on_error="skip")).json()
    (error,) = answer["errors"]
    assert error == {
        "page": error["page"],
        "type": "engine_error",
        "code": "engine_failure",
        "message": error["message"],
    }
    assert error["message"] == f"page {error['page'] + 1}: this page broke it"
    assert [page["index"] for page in answer["pages"]] == [index for index in range(3) if index != error["page"]]
    triton.on_page = failing(*range(triton.count, triton.count + 3))
    streamed = events(client.post("/ocr", **as_json(pdf(A4, A4, A4), dpi=36, on_error="skip"), headers=NDJSON).text)
    assert [event["event"] for event in streamed] == ["opened", "page_error", "page_error", "page_error", "error"]


def test_a_document_of_which_nothing_can_be_read_fails(client: TestClient, triton: FakeTriton) -> None:
    triton.on_page = failing(0, 1)
    response = client.post("/ocr", **as_json(pdf(A4, A4), dpi=36, on_error="skip"))
    assert response.status_code == 502
    assert error_of(response)["message"].startswith("page 1:")


MARKED = {"topP": 0.5}
"""By its options a page is told from the canaries that look whether the engine is back."""


@pytest.mark.parametrize("times", [1, 2])
def test_a_page_that_met_a_restart_is_sent_again_once(start: Start, triton: FakeTriton, times: int) -> None:
    sent: list[int] = []

    async def on_page(number: int) -> None:
        if "topP" in triton.options[number]:
            sent.append(number)
            if len(sent) <= times:
                raise InferenceServerException("Stub process 'ocr_0' is not healthy.", status="500")

    triton.on_page = on_page
    client = start(retry_seconds=20)
    response = client.post("/ocr", **as_json(encoded(picture()), options=MARKED))
    assert response.status_code == (200 if times == 1 else 503)
    assert len(sent) == 2
    assert 'ocr_gateway_retries_total{code="engine_restarting"} 1.0' in client.get("/metrics").text


def test_it_waits_until_the_engine_is_back(start: Start, triton: FakeTriton) -> None:
    down = InferenceServerException("Stub process 'layout_0' is not healthy.", status="500")

    async def on_page(number: int) -> None:
        if "topP" in triton.options[number] and not looked:
            looked.append(triton.calls.count("layout"))
            triton.failures["layout"] = down
            asyncio.get_running_loop().call_later(1.5, triton.failures.clear)
            raise down

    looked: list[int] = []
    triton.on_page = on_page
    client = start(retry_seconds=20)
    assert client.get("/health").status_code == 200
    assert client.post("/ocr", **as_json(encoded(picture()), options=MARKED)).status_code == 200
    # What was known from before the failure did not count, and neither did the look that failed.
    assert triton.calls.count("layout") >= looked[0] + 2


def test_nothing_waits_past_its_deadline(start: Start, triton: FakeTriton) -> None:
    triton.failures["ocr"] = InferenceServerException("Stub process 'ocr_0' is not healthy.", status="500")
    response = start(retry_seconds=60).post("/ocr", **as_json(encoded(picture()), timeout=1.2))
    assert response.status_code == 503
    assert error_of(response)["code"] == "engine_restarting"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/x-ndjson", "ndjson"),
        ("text/event-stream", "sse"),
        ("text/markdown, */*;q=0.1", "markdown"),
        ("text/event-stream;q=0.5, application/json", "json"),
        ("text/event-stream;q=0.5, application/x-ndjson;q=0.6", "ndjson"),
    ],
)
def test_forms(accept: str, form: str) -> None:
    assert preferred(accept) == form

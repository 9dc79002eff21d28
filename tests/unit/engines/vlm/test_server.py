from __future__ import annotations

import base64
import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engines.errors import (
    BadImage,
    BadOption,
    BadSetting,
    EngineError,
    EngineFailure,
    InvalidInput,
    Overloaded,
    ServerFailure,
    ServerUnavailable,
    UnsupportedOption,
)
from engines.settings import EngineSettings
from engines.vlm.base import PROMPTS, Crop, Text, VlmOptions
from engines.vlm.server import ServerVlm
from tests.unit.engines.vlm.scripted_server import (
    Behaviour,
    Exchange,
    ScriptedServer,
    completion,
    free_port,
    read,
    says,
    script,
    serving,
)
from tests.waiting import until

RED = np.full((56, 84, 3), (200, 10, 10), np.uint8)
WAIT = 20.0

Pixels = NDArray[np.uint8]

Open = Callable[..., ServerVlm]


def settings(url: str, **others: Any) -> EngineSettings:
    return EngineSettings(engine="lite", vlm_engine="server", vlm_url=url, **others)


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture
def open_engine(server: ScriptedServer) -> Iterator[Open]:
    """Makes an engine that is loaded and asks `server`."""
    with ExitStack() as stack:
        url = stack.enter_context(serving(server))

        def make(**others: Any) -> ServerVlm:
            engine = ServerVlm(settings(url, **others))
            engine.load()
            stack.callback(engine.close)
            return engine

        yield make


@pytest.fixture
def vlm(open_engine: Open, server: ScriptedServer) -> ServerVlm:
    engine = open_engine()
    server.bodies.clear()
    return engine


def submit(vlm: ServerVlm, prompt: str = "OCR:", image: Pixels = RED, **options: Any) -> Future[Text]:
    [future] = vlm.submit([Crop(image, prompt, VlmOptions(**options))])
    return future


def error(vlm: ServerVlm, **options: Any) -> BaseException | None:
    return submit(vlm, **options).exception(WAIT)


def picture(body: dict[str, Any]) -> tuple[str, Pixels]:
    """Kind and pixels of the image in a request."""
    kind, data = body["messages"][0]["content"][0]["image_url"]["url"].split(";base64,")
    return kind, np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


# What is asked


def test_a_crop_is_asked_and_read(vlm: ServerVlm, server: ScriptedServer) -> None:
    server.behave = says(200, completion("Ahoy", tokens=7))
    text = submit(vlm, max_new_tokens=50).result(WAIT)
    assert (text.text, text.tokens, text.finish_reason) == ("Ahoy", 7, "stop")
    assert text.engine_seconds > 0
    [body] = server.bodies
    kind, pixels = picture(body)
    assert kind == "data:image/png"
    np.testing.assert_array_equal(pixels, RED)
    assert body["messages"][0]["content"][1] == {"type": "text", "text": "OCR:"}
    del body["messages"]
    assert body == {
        "model": "PaddleOCR-VL-1.6-0.9B",
        "temperature": 0.0,
        "max_completion_tokens": 50,
        "skip_special_tokens": True,
    }


@pytest.mark.parametrize("reason", ["stop", "length", "repetition"])
def test_why_a_text_ends(vlm: ServerVlm, server: ScriptedServer, reason: str) -> None:
    server.behave = says(200, completion(reason=reason))
    assert submit(vlm).result(WAIT).finish_reason == reason


@pytest.mark.parametrize("prompt", [*PROMPTS, "What is this?"])
def test_any_prompt_but_an_empty_one(vlm: ServerVlm, server: ScriptedServer, prompt: str) -> None:
    submit(vlm, prompt).result(WAIT)
    assert server.bodies[0]["messages"][0]["content"][1]["text"] == prompt
    assert isinstance(error(vlm, prompt=" "), BadOption)


def test_options_reach_vllm(vlm: ServerVlm, server: ScriptedServer) -> None:
    submit(
        vlm,
        temperature=0.5,
        top_p=0.9,
        repetition_penalty=1.1,
        skip_special_tokens=False,
        min_pixels=1000,
        max_pixels=9000,
        lines=[],
    ).result(WAIT)
    [body] = server.bodies
    del body["messages"], body["model"]
    assert body == {
        "temperature": 0.5,
        "top_p": 0.9,
        "repetition_penalty": 1.1,
        "skip_special_tokens": False,
        "max_completion_tokens": 4096,
        "mm_processor_kwargs": {"min_pixels": 1000, "max_pixels": 9000},
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("sglang", {"temperature": 0.0, "max_completion_tokens": 9, "skip_special_tokens": True}),
        ("fastdeploy", {"temperature": 1.0, "top_p": 0.0, "max_completion_tokens": 9, "skip_special_tokens": True}),
        ("llama-cpp", {"temperature": 0.0, "max_tokens": 9}),
        ("transformers", {"temperature": 0.0, "max_completion_tokens": 9}),
        ("openai", {"temperature": 0.0, "max_completion_tokens": 9}),
    ],
)
def test_each_kind_of_server_is_asked_its_way(
    open_engine: Open, server: ScriptedServer, kind: str, expected: dict[str, Any]
) -> None:
    engine = open_engine(vlm_backend=kind)
    server.bodies.clear()
    submit(engine, max_new_tokens=9, min_pixels=10, max_pixels=28 * 28).result(WAIT)
    [body] = server.bodies
    assert picture(body)[1].shape == (28, 28, 3)
    del body["messages"], body["model"]
    assert body == expected


@pytest.mark.parametrize("kind", ["transformers", "openai"])
def test_what_asks_for_nothing_is_sent_only_where_there_is_a_field(
    open_engine: Open, server: ScriptedServer, kind: str
) -> None:
    engine = open_engine(vlm_backend=kind)
    server.bodies.clear()
    submit(engine, max_new_tokens=9, temperature=0.0, top_p=1.0, repetition_penalty=1.0).result(WAIT)
    [body] = server.bodies
    del body["messages"], body["model"]
    top_p = {"top_p": 1.0} if kind == "openai" else {}
    assert body == {"temperature": 0.0, "max_completion_tokens": 9, **top_p}


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        ("transformers", {"temperature": 0.5}, "temperature"),
        ("transformers", {"top_p": 0.5}, "topP"),
        ("transformers", {"repetition_penalty": 1.2}, "repetitionPenalty"),
        ("transformers", {"skip_special_tokens": False}, "skip_special_tokens"),
        ("openai", {"repetition_penalty": 1.2}, "repetitionPenalty"),
        ("llama-cpp", {"skip_special_tokens": False}, "skip_special_tokens"),
        ("vllm", {"use_cache": False}, "use_cache"),
    ],
)
def test_what_a_server_can_not_honour_is_refused(
    open_engine: Open, server: ScriptedServer, kind: str, options: dict[str, Any], named: str
) -> None:
    engine = open_engine(vlm_backend=kind)
    server.bodies.clear()
    refusal = error(engine, **options)
    assert isinstance(refusal, UnsupportedOption)
    assert str(refusal).startswith(f"{named}: ")
    assert server.bodies == []


def test_jpeg_where_it_is_wished(open_engine: Open, server: ScriptedServer) -> None:
    submit(open_engine(vlm_image_format="jpeg")).result(WAIT)
    assert picture(server.bodies[-1])[0] == "data:image/jpeg"


def test_a_crop_that_no_model_takes(vlm: ServerVlm, server: ScriptedServer) -> None:
    thin = np.zeros((30, 9000, 3), np.uint8)
    assert isinstance(error(vlm, image=thin, max_pixels=10**6), BadImage)
    assert isinstance(error(vlm, image=np.zeros((0, 5, 3), np.uint8)), BadImage)
    assert server.bodies == []


def test_the_key_is_sent_and_nowhere_told(
    open_engine: Open, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = open_engine(vlm_api_key="s3cret")
    server.behave = says(500, {"error": {"message": "oh"}})
    assert "s3cret" not in str(error(engine))
    assert set(server.keys) == {"Bearer s3cret"}
    assert "s3cret" not in caplog.text
    assert "base64" not in caplog.text


def test_no_key_is_sent_unless_one_is_set(vlm: ServerVlm, server: ScriptedServer) -> None:
    assert set(server.keys) == {None}


def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, open_engine: Open, server: ScriptedServer
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert submit(open_engine()).result(WAIT).text == "read"


# Start


def test_the_only_paddleocr_vl_is_taken(open_engine: Open, server: ScriptedServer) -> None:
    server.models = [{"id": "qwen"}, {"id": "mine", "root": "/models/PaddleOCR-VL-1.5"}]
    submit(open_engine()).result(WAIT)
    assert server.bodies[-1]["model"] == "mine"


@pytest.mark.parametrize(
    ("models", "told"),
    [([], "no model"), (["qwen"], "qwen"), (["PaddleOCR-VL", "paddleocr_vl_1.5"], "paddleocr_vl_1.5")],
)
def test_which_model_must_be_clear(open_engine: Open, server: ScriptedServer, models: list[str], told: str) -> None:
    server.models = [{"id": name} for name in models]
    with pytest.raises(BadSetting, match=f"VLM_MODEL.*{told}"):
        open_engine()


def test_vlm_model_is_asked_whatever_is_listed(open_engine: Open, server: ScriptedServer) -> None:
    server.models = []
    open_engine(vlm_model="/weights/vl")
    assert server.bodies[-1]["model"] == "/weights/vl"


@pytest.mark.parametrize(
    ("behave", "told"),
    [
        (says(404, {"error": {"message": "The model `x` does not exist."}}), "does not exist.*it lists: PaddleOCR-VL"),
        (says(400, {"detail": "Server is pinned to 'y'; requested 'x'."}), "pinned to 'y'"),
        (says(401, {"error": "Unauthorized"}), "VLM_API_KEY"),
        (says(422, {"detail": "Unexpected fields in the request: {'skip_special_tokens'}"}), "skip_special_tokens"),
    ],
)
def test_what_only_the_owner_can_cure_stops_the_start(
    open_engine: Open, server: ScriptedServer, behave: Behaviour, told: str
) -> None:
    server.behave = behave
    with pytest.raises(BadSetting, match=told):
        open_engine(vlm_model="x")


@pytest.mark.parametrize("behave", [says(503, {"message": "loading"}), says(500, b"oh"), says(200, b"{")])
def test_a_server_that_is_not_well_lets_us_start(open_engine: Open, server: ScriptedServer, behave: Behaviour) -> None:
    server.behave = behave
    engine = open_engine()
    server.behave = read
    assert submit(engine).result(WAIT).text == "read"


def test_a_server_that_comes_later(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    engine = ServerVlm(settings(f"http://name:word@127.0.0.1:{port}/v1"))
    engine.load()
    try:
        assert f"http://127.0.0.1:{port}/v1" in caplog.text
        assert "name:word" not in caplog.text
        failed = error(engine)
        assert isinstance(failed, ServerUnavailable)
        assert "VLM_URL can't be reached" in str(failed)
        with serving(server, port):
            assert submit(engine).result(WAIT).text == "read"
    finally:
        engine.close()


def test_a_server_that_comes_back_with_another_model(vlm: ServerVlm, server: ScriptedServer) -> None:
    def only_new(exchange: Exchange) -> None:
        known = exchange.body["model"] == "PaddleOCR-VL-2"
        exchange.answer(200 if known else 404, completion() if known else {"error": {"message": "no such model"}})

    server.models, server.behave = [{"id": "PaddleOCR-VL-2"}], only_new
    assert isinstance(error(vlm), BadSetting)
    assert submit(vlm).result(WAIT).text == "read"


def test_an_address_that_is_none() -> None:
    with pytest.raises(BadSetting, match="VLM_URL"):
        ServerVlm(settings("http://host:port/v1"))


# Faults


def test_a_connection_that_is_refused_at_first(server: ScriptedServer) -> None:
    port = free_port()
    engine = ServerVlm(settings(f"http://127.0.0.1:{port}/v1", vlm_connect_retries=8))
    server.models = [{"id": "PaddleOCR-VL"}]
    with ExitStack() as stack:
        later = threading.Timer(0.5, lambda: stack.enter_context(serving(server, port)))
        later.start()
        engine.load()
        stack.callback(engine.close)
        assert submit(engine).result(WAIT).text == "read"
        later.join()


def test_a_reset_before_the_answer_is_tried_again(vlm: ServerVlm, server: ScriptedServer) -> None:
    server.behave = script(Exchange.reset, Exchange.reset, read)
    assert submit(vlm).result(WAIT).text == "read"
    assert len(server.bodies) == 3


def test_retries_end(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_connect_retries=1)
    server.bodies.clear()
    server.behave = Exchange.reset
    failed = error(engine)
    assert isinstance(failed, ServerUnavailable)
    assert "tried 2 times, VLM_CONNECT_RETRIES" in str(failed)
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("behave", "kind", "told"),
    [
        (says(429, {"error": {"message": "slow down"}}), Overloaded, "no room.*slow down"),
        (says(503, b"<html>busy</html>"), Overloaded, "no room"),
        (says(500, {"object": "error", "message": "CUDA error"}), ServerFailure, r"failed \(500\).*CUDA error"),
        (says(502, b""), ServerUnavailable, "behind it"),
        (says(400, {"error": {"message": "The prompt is too long"}}), InvalidInput, "too long"),
        (says(403, b""), BadSetting, "VLM_API_KEY"),
        (says(307, b"", Location="http://127.0.0.1:1/"), ServerFailure, "redirects"),
        (says(200, b'{"choices": ['), ServerFailure, "OpenAI"),
        (says(200, {"choices": []}), ServerFailure, "choices"),
        (says(200, {"choices": completion()["choices"]}), ServerFailure, "usage"),
        (says(200, completion(reason="abort")), ServerFailure, "abort"),
        (says(200, b'{"choices": "' + b"x" * (17 << 20) + b'"}'), ServerFailure, "16 MiB"),
        (says(200, b"{}", **{"Content-Length": "50", "Connection": "close"}), ServerFailure, "broke off"),
    ],
)
def test_answers_that_are_no_text(
    vlm: ServerVlm, server: ScriptedServer, behave: Behaviour, kind: type[EngineError], told: str
) -> None:
    server.behave = behave
    failed = error(vlm)
    assert type(failed) is kind
    assert re.search(told, str(failed))
    assert "VLM_" in str(failed)
    assert len(server.bodies) == 1


def test_an_image_in_a_message_is_not_repeated(vlm: ServerVlm, server: ScriptedServer) -> None:
    def echo(exchange: Exchange) -> None:
        url = exchange.body["messages"][0]["content"][0]["image_url"]["url"]
        exchange.answer(400, {"detail": [{"msg": f"can't read {url}", "input": url}], "more": "x" * 5000})

    server.behave = echo
    message = str(error(vlm))
    assert "can't read …" in message
    assert "base64" not in message
    assert len(message) < 500


def test_a_deadline_ends_a_hanging_answer_and_its_request(vlm: ServerVlm, server: ScriptedServer) -> None:
    server.behave = server.hold
    text = submit(vlm, deadline=time.time() + 0.3).result(WAIT)
    assert (text.text, text.tokens, text.finish_reason) == ("", 0, "deadline")
    assert server.hung_up.wait(WAIT)


def test_cancelling_hangs_up_and_makes_room(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_max_in_flight=1)
    server.bodies.clear()
    server.behave = server.hold
    first, second = submit(engine), submit(engine)
    until(lambda: server.bodies)
    assert first.cancel()
    assert server.hung_up.wait(WAIT)
    server.released.set()
    assert second.result(WAIT).text == "read"


def test_a_past_deadline_asks_nothing(vlm: ServerVlm, server: ScriptedServer) -> None:
    assert submit(vlm, deadline=time.time() - 1).result(WAIT).finish_reason == "deadline"
    assert server.bodies == []


def test_a_deadline_covers_the_wait_for_a_turn(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_max_in_flight=1)
    server.behave = server.hold
    first = submit(engine)
    late = submit(engine, deadline=time.time() + 0.3).result(WAIT)
    assert (late.finish_reason, late.engine_seconds) == ("deadline", 0)
    assert late.queue_seconds > 0
    server.released.set()
    assert first.result(WAIT).text == "read"


def test_without_a_deadline_ocr_timeout_holds(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(ocr_timeout=0.3)
    server.behave = server.hold
    assert submit(engine).result(WAIT).finish_reason == "deadline"


def test_a_crop_that_fails_fails_alone(vlm: ServerVlm, server: ScriptedServer) -> None:
    def by_prompt(exchange: Exchange) -> None:
        is_bad = exchange.body["messages"][0]["content"][1]["text"] == "bad"
        exchange.answer(500 if is_bad else 200, completion())

    server.behave = by_prompt
    futures = vlm.submit([Crop(RED, prompt) for prompt in ("OCR:", "bad", "OCR:")])
    assert [type(future.exception(WAIT)) for future in futures] == [type(None), ServerFailure, type(None)]


# Many at a time


def test_no_more_at_once_than_the_cap(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_max_in_flight=3)
    server.bodies.clear()
    server.most_in_flight = 0
    server.behave = server.hold
    futures = engine.submit([Crop(RED, "OCR:")] * 12)
    until(lambda: server.most_in_flight >= 3)
    time.sleep(0.1)
    assert len(server.bodies) == 3
    server.released.set()
    assert [future.result(WAIT).text for future in futures] == ["read"] * 12
    assert server.most_in_flight == 3


def test_crops_take_turns_as_they_came(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_max_in_flight=1)
    server.bodies.clear()
    futures = engine.submit([Crop(RED, f"{number}") for number in range(20)])
    for future in futures:
        future.result(WAIT)
    prompts = [body["messages"][0]["content"][1]["text"] for body in server.bodies]
    assert prompts == [f"{number}" for number in range(20)]


def test_several_threads_submit(vlm: ServerVlm, server: ScriptedServer) -> None:
    server.behave = lambda exchange: exchange.answer(
        200, completion(exchange.body["messages"][0]["content"][1]["text"])
    )
    texts: dict[str, str] = {}

    def work(name: str) -> None:
        for number in range(10):
            prompt = f"{name}{number}"
            texts[prompt] = submit(vlm, prompt).result(WAIT).text

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 40
    assert all(prompt == text for prompt, text in texts.items())


def test_closing_ends_what_is_open(open_engine: Open, server: ScriptedServer) -> None:
    engine = open_engine(vlm_max_in_flight=2)
    server.behave = server.hold
    futures = engine.submit([Crop(RED, "OCR:")] * 5)
    engine.close()
    futures += engine.submit([Crop(RED, "OCR:")])
    assert [type(future.exception(WAIT)) for future in futures] == [EngineFailure] * 6
    engine.close()


def test_a_key_that_can_not_be_sent_is_refused_without_telling_it() -> None:
    with pytest.raises(BadSetting, match="VLM_API_KEY") as refused:
        ServerVlm(settings("http://127.0.0.1:1/v1", vlm_api_key="s3cret\n"))
    assert "s3cret" not in str(refused.value)


def test_settings_do_not_print_the_key() -> None:
    shown = settings("http://127.0.0.1:1/v1", vlm_api_key="s3cret")
    assert "s3cret" not in f"{shown!r} {json.dumps(shown.model_dump(mode='json'))}"

"""What the server would send, for a transport that has no network."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2

URL = "http://server.example/ocr-service"
PICTURE = b"\xff\xd8picture"
EVENTS = "application/x-ndjson"


def page(index: int, **more: Any) -> dict[str, Any]:
    block = {"label": "text", "bbox": [1, 2, 3, 4], "content": f"page {index}", "order": 1, "score": 0.5}
    blank: dict[str, Any] = {"images": {}, "image": None}
    return {"index": index, "width": 10, "height": 20, "markdown": f"page {index}", "blocks": [block], **blank, **more}


def result(*indices: int, **more: Any) -> dict[str, Any]:
    return {
        "id": "one",
        "engine": "lite",
        "model": "tiny",
        "markdown": "".join(f"page {index}\n" for index in indices),
        "pages": [page(index) for index in indices],
        "usage": {"pages": len(indices), "tokens": 3, "seconds": 0.5},
        "saved": {"local": None, "s3": None},
        "warnings": [],
        "errors": [],
        **more,
    }


def events(*indices: int, **more: Any) -> list[dict[str, Any]]:
    """A whole reading; the picture `imgs/N.jpg` is on each page."""
    pages = [page(index, images={f"imgs/{index}.jpg": base64.b64encode(PICTURE).decode()}) for index in indices]
    return [
        {"event": "opened", "id": "one", "kind": "pdf", "page_count": len(indices), "pages": list(indices)},
        *({"event": "page", "page": told, "warnings": []} for told in pages),
        {"event": "result", **result(*indices, **more)},
    ]


def lines(*told: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in told)


def stream(*told: dict[str, Any]) -> httpx2.Response:
    return httpx2.Response(200, headers={"Content-Type": EVENTS}, content=lines(*told))


def refusal(status: int, kind: str = "unavailable", code: str = "too_many_requests", **headers: str) -> httpx2.Response:
    error = {"type": kind, "code": code, "message": "not now", "param": "pages", "request_id": "r1"}
    return httpx2.Response(
        status, headers={name.replace("_", "-"): value for name, value in headers.items()}, json={"error": error}
    )


class Breaking(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body whose connection breaks after `content`."""

    def __init__(self, content: bytes, error: Exception) -> None:
        self._content = content
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        raise self._error


def breaking(content: bytes, error: Exception) -> httpx2.Response:
    return httpx2.Response(200, headers={"Content-Type": EVENTS}, stream=Breaking(content, error))


class Answers:
    """Gives one answer after the other, the last one for ever, and keeps the requests and their bodies."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers = list(answers)
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A response can be read but once.
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

"""The state of a Triton that has no gateway beside it, found by an inference on each model."""

from __future__ import annotations

import json
import re
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from supervisor.addresses import authority
from supervisor.gateway import Health
from supervisor.settings import Settings

_WIDTH, _HEIGHT = 192, 64
_ENGINE_SHARE = 0.8
"""This part of CANARY_TIMEOUT is told to the engines as their deadline: one that can say that it is late lives."""
_BUSY = "[overloaded]"
_BLOCKED = ("[server_unavailable]", "[server_failure]", "[bad_setting]", "[deadline_exceeded]")
_DONE = re.compile(r"^(?:layout_pages|vlm_crops|ocr_pages)_total(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
_CLOSE = {"Connection": "close"}
"""An idle connection would hold up Triton's shutdown."""
_WORST_LAST = (Health.ABLE, Health.BLOCKED, Health.UNABLE, Health.SILENT)


class TritonHealth:
    """Asks `layout`, `vlm` and `ocr` for one small image each."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"http://{authority(settings.triton_host, settings.triton_http_port)}"
        self._metrics_url = f"http://{authority(settings.triton_host, settings.triton_metrics_port)}/metrics"
        self._seconds = settings.canary_timeout

    def health(self, http: httpx2.Client) -> Health:
        """The worst that an inference says; takes at most CANARY_TIMEOUT and the second of a look at the metrics."""
        done_before = self._done(http)
        deadline = time.time() + _ENGINE_SHARE * self._seconds
        with ThreadPoolExecutor(3) as pool:
            states = list(pool.map(lambda ask: self._ask(http, *ask), _questions(deadline)))
        if Health.SILENT not in states and None in states and self._done(http) > done_before:
            # Under load a canary waits behind real pages: what answers those lives.
            states = [Health.ABLE if state is None else state for state in states]
        return max((state or Health.UNABLE for state in states), key=_WORST_LAST.index)

    def _ask(self, http: httpx2.Client, model: str, inputs: list[tuple[dict[str, Any], bytes]]) -> Health | None:
        """What one model says; None where it says nothing."""
        header = json.dumps({"inputs": [described for described, _ in inputs]}).encode()
        try:
            answer = http.post(
                f"{self._url}/v2/models/{model}/infer",
                content=b"".join([header, *(data for _, data in inputs)]),
                headers={
                    **_CLOSE,
                    "Content-Type": "application/octet-stream",
                    "Inference-Header-Content-Length": str(len(header)),
                },
                timeout=self._seconds,
            )
        except httpx2.TimeoutException:
            return None
        except httpx2.TransportError:
            return Health.SILENT
        if answer.is_success or _BUSY in answer.text:
            return Health.ABLE
        return Health.BLOCKED if any(kind in answer.text for kind in _BLOCKED) else Health.UNABLE

    def _done(self, http: httpx2.Client) -> float:
        """How many pages and crops were answered so far."""
        try:
            told = http.get(self._metrics_url, headers=_CLOSE, timeout=1).text
        except httpx2.TransportError:
            return 0.0
        return sum(float(value) for value in _DONE.findall(told))


def _questions(deadline: float) -> list[tuple[str, list[tuple[dict[str, Any], bytes]]]]:
    """The models, each with its inputs."""
    pixels = _pixels()
    image = _tensor("IMAGE", "UINT8", [1, _HEIGHT, _WIDTH, 3], pixels)
    batched = _text("OPTIONS", [1, 1], json.dumps({"deadline": deadline}))
    short = _text("OPTIONS", [1, 1], json.dumps({"deadline": deadline, "max_new_tokens": 16}))
    page = _tensor("IMAGE", "BYTES", [1], _counted(_png(pixels)))
    return [
        ("layout", [image, batched]),
        ("vlm", [image, _text("PROMPT", [1, 1], "OCR:"), short]),
        ("ocr", [page, _text("OPTIONS", [1], json.dumps({"deadline": deadline}))]),
    ]


def _tensor(name: str, datatype: str, shape: list[int], data: bytes) -> tuple[dict[str, Any], bytes]:
    """An input of KServe's protocol with the extension for binary data."""
    parameters = {"binary_data_size": len(data)}
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": parameters}, data


def _text(name: str, shape: list[int], text: str) -> tuple[dict[str, Any], bytes]:
    return _tensor(name, "BYTES", shape, _counted(text.encode()))


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _pixels() -> bytes:
    """Black bars on white, RGB uint8 of [64, 192, 3]."""
    white, bars = bytes([255]) * 3 * _WIDTH, (bytes([255]) * 24 + bytes(24)) * (3 * _WIDTH // 48)
    return b"".join(bars if 20 <= row < 44 else white for row in range(_HEIGHT))


def _png(pixels: bytes) -> bytes:
    """The pixels as a PNG, each row unfiltered (PNG specification, sections 5 and 9)."""
    rows = b"".join(b"\0" + pixels[start : start + 3 * _WIDTH] for start in range(0, len(pixels), 3 * _WIDTH))
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )

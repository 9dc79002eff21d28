"""A Triton of the tests' own, at the seam where the real client stands: the same three methods, no network."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tritonclient.http import InferInput

Answer = dict[str, Any]


class FakeResult:
    """What an answer of tritonclient offers."""

    def __init__(self, outputs: dict[str, npt.NDArray[Any]]) -> None:
        self._outputs = outputs

    def as_numpy(self, name: str) -> npt.NDArray[Any] | None:
        return self._outputs.get(name)


def strings(*values: str | bytes) -> npt.NDArray[Any]:
    return np.array([v.encode() if isinstance(v, str) else v for v in values], dtype=np.object_)


def payload(tensor: InferInput) -> bytes:
    """The one string in a BYTES tensor, as it goes over the wire: four bytes of length before it."""
    return bytes(tensor._get_binary_data()[4:])


class FakeTriton:
    """Answers as the model repository does: each page's Markdown tells its size. `on_page` may do otherwise."""

    def __init__(self) -> None:
        self.ready = True
        self.ends = "stop"
        self.closed = False
        self.delay = 0.0
        self.pages: list[bytes] = []
        self.options: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.restructured: list[dict[str, Any]] = []
        self.settings_of_restructured: list[dict[str, Any]] = []
        self.deadlines_of_restructured: list[float] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.cancelled = 0
        self.cancelled_keys: list[str] = []
        self.keep_pages = True
        self.crops: dict[str, bytes] = {}
        self.markdown = ""
        self.blocks: list[dict[str, Any]] = []
        self.warnings: list[dict[str, str]] = []
        self.failures: dict[str, Exception] = {}
        self.on_page: Callable[[int], Awaitable[None]] | None = None
        self.count = 0

    async def is_server_ready(self) -> bool:
        return self.ready

    async def close(self) -> None:
        self.closed = True

    async def infer(self, model_name: str, inputs: list[InferInput], request_id: str = "") -> FakeResult:
        self.calls.append(model_name)
        if model_name in self.failures:
            raise self.failures[model_name]
        tensors = {tensor.name(): tensor for tensor in inputs}
        if model_name == "layout":
            return FakeResult({"BOXES": strings("[]").reshape(1, 1)})
        if model_name == "vlm":
            return FakeResult(
                {"TEXT": strings("Canary 123").reshape(1, 1), "FINISH_REASON": strings(self.ends).reshape(1, 1)}
            )
        options = json.loads(payload(tensors["OPTIONS"]))
        if model_name == "restructure":
            return self._restructure(json.loads(payload(tensors["PAGES"])), options)
        if "cancel" in options:
            self.cancelled_keys.append(options["cancel"])
            return FakeResult({})
        return await self._page(payload(tensors["IMAGE"]), options)

    async def _page(self, image: bytes, options: dict[str, Any]) -> FakeResult:
        number = self.count
        self.count += 1
        self.options.append(options)
        if self.keep_pages:
            self.pages.append(image)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.on_page is not None:
                await self.on_page(number)
            await asyncio.sleep(self.delay)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1
        width, height = Image.open(io.BytesIO(image)).size
        text = f"{width} x {height}"
        names = list(self.crops)
        refs = "".join(f'\n\n<img src="{name}">' for name in names)
        block = {
            "block_label": "text",
            "block_content": text,
            "block_bbox": [0, 0, width, height],
            "block_id": 0,
            "block_order": 1,
            "group_id": 0,
        }
        box = {"coordinate": [0.4, 0.2, width + 0.1, height + 0.3], "label": "text", "score": 0.9}
        result = {
            "width": width,
            "height": height,
            "model_settings": {},
            "parsing_res_list": self.blocks or [block],
            "layout_det_res": {"boxes": [box]},
        }
        drawings = {"input_img": b"the page", "layout_det_res": b"its blocks"} if options.get("visualize") else {}
        return FakeResult(
            {
                "MARKDOWN": strings(self.markdown or text + refs),
                "RESULT": strings(json.dumps(result)),
                "IMAGE_NAMES": strings(*names),
                "IMAGES": strings(*self.crops.values()),
                "DRAWING_NAMES": strings(*drawings),
                "DRAWINGS": strings(*drawings.values()),
                "WARNINGS": strings(*map(json.dumps, self.warnings)),
                "TOKENS": np.array([7], dtype=np.int32),
                "ENGINE": strings("fake"),
                "MODEL": strings("fake 1"),
            }
        )

    def _restructure(self, pages: list[dict[str, Any]], options: dict[str, Any]) -> FakeResult:
        self.deadlines_of_restructured.append(options.pop("deadline"))
        self.restructured.append({"pages": len(pages), **options})
        self.settings_of_restructured = [page["model_settings"] for page in pages]
        refs = "".join(f'\n\n<img src="{name}">' for name in self.crops)
        results = [
            {"prunedResult": page, "markdown": f"# {page['parsing_res_list'][0]['block_content']}{refs}"}
            for page in pages
        ]
        return FakeResult({"RESULTS": strings(json.dumps(results[:1] if options.get("concatenatePages") else results))})

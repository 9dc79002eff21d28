"""A Triton whose pages say what a test wants them to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tritonclient.http import InferInput

from tests.unit.gateway.fake_triton import FakeResult, FakeTriton, strings

Blocks = list[dict[str, Any]]
_LINE = 40
"""Pixels between two blocks."""


def block(content: str, label: str = "text", *, at: int = 0, order: int | None = None) -> dict[str, Any]:
    """A block as PaddleX has it, the `at`-th from the top of its page."""
    return {
        "block_label": label,
        "block_content": content,
        "block_bbox": [60, 40 + at * _LINE, 360, 70 + at * _LINE],
        "block_id": at,
        "block_order": at + 1 if order is None else order,
        "group_id": at,
    }


class CraftedTriton(FakeTriton):
    """Answers each page with `markdown` and `blocks`; pages wait for `gate` where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.markdown: str | None = None
        self.blocks: Blocks = []
        self.gate: Gate | None = None
        self.on_page = self._wait
        self.fails: Callable[[int], Exception | None] = lambda number: None

    async def infer(self, model_name: str, inputs: list[InferInput], request_id: str = "") -> FakeResult:
        # The page asks /health, whose canary is no page of a test's.
        one = FakeTriton() if request_id == "canary" else super()
        return await one.infer(model_name, inputs, request_id)

    async def _page(self, image: bytes, options: dict[str, Any]) -> FakeResult:
        answer = await super()._page(image, options)
        if self.markdown is None:
            return answer
        result = json.loads(answer.as_numpy("RESULT")[0])  # type: ignore[index]
        result["parsing_res_list"] = self.blocks
        result["layout_det_res"]["boxes"] = [
            {"coordinate": found["block_bbox"], "label": found["block_label"], "score": 0.97} for found in self.blocks
        ]
        crafted = {"MARKDOWN": strings(self.markdown), "RESULT": strings(json.dumps(result))}
        return FakeResult({**answer._outputs, **crafted})

    async def _wait(self, number: int) -> None:
        if self.gate is not None:
            await self.gate.passed()
        if (failure := self.fails(number)) is not None:
            raise failure


class Gate:
    """Lets pages through one by one, as the test says from its own thread."""

    def __init__(self) -> None:
        self._permits = asyncio.Semaphore(0)
        self._loop: asyncio.AbstractEventLoop | None = None

    def let(self, count: int = 1) -> None:
        """Let so many more through."""
        for _ in range(count):
            if self._loop is None:
                self._permits.release()
            else:
                self._loop.call_soon_threadsafe(self._permits.release)

    async def passed(self) -> None:
        """Return when it is this page's turn."""
        self._loop = asyncio.get_running_loop()
        await self._permits.acquire()

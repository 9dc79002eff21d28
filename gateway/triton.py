"""The models, asked over Triton's HTTP.

`InferenceClient` is the seam: `tritonclient.http.aio.InferenceServerClient` in production, a small fake in tests.
`Models` knows the tensors and the deadlines; `gateway.triton_errors` what Triton's errors mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import numpy as np
import numpy.typing as npt
from pydantic import HttpUrl
from tritonclient.http import InferInput
from tritonclient.http.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, EngineFailure, EngineRestarting, GatewayError
from gateway.triton_errors import late, meaning, restarting

_LOG = logging.getLogger(__name__)

_CANCEL_SECONDS = 5.0


class InferenceResult(Protocol):
    """The answer of a model."""

    def as_numpy(self, name: str) -> npt.NDArray[Any] | None:
        """The output tensor `name`; None when there is none."""
        ...


class InferenceClient(Protocol):
    """The part of tritonclient's asynchronous HTTP client that the gateway uses."""

    async def is_server_ready(self) -> bool:
        """Whether Triton says that it is ready."""
        ...

    async def infer(self, model_name: str, inputs: list[InferInput], request_id: str = "") -> InferenceResult:
        """Ask a model."""
        ...

    async def close(self) -> None:
        """Close the pool of connections."""
        ...


@dataclass(frozen=True)
class PageResult:
    """What the `ocr` model read on one page: its Markdown, PaddleX's `prunedResult`, and the pictures cut out of it.

    `drawings` are the page and what was found on it, where that was asked for.
    """

    markdown: str
    result: dict[str, Any]
    images: dict[str, bytes]
    drawings: dict[str, bytes]
    warnings: list[dict[str, Any]]
    tokens: int
    engine: str
    model: str


@dataclass(frozen=True)
class RestructuredPage:
    """A page after the joining over page breaks."""

    markdown: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Identity:
    """Which engine and model answer; None until one has answered."""

    engine: str | None = None
    model: str | None = None


@dataclass
class Models:
    """The models of one Triton. Every call ends at its deadline: a killed stub would let its callers wait for ever."""

    client: InferenceClient
    identity: Identity = Identity()
    last_page_at: float = 0.0
    """When `ocr` last answered with a page, on the monotonic clock."""
    _cancelling: set[asyncio.Task[None]] = field(default_factory=set)

    async def ready(self, deadline: Deadline) -> bool:
        """Whether Triton can be reached and says that it is ready; it does not know of dead stubs."""
        try:
            return await deadline.wait(self.client.is_server_ready())
        except (DeadlineExceeded, InferenceServerException, aiohttp.ClientError, OSError):
            return False

    async def read_page(self, image: bytes, options: dict[str, Any], deadline: Deadline, request_id: str) -> PageResult:
        """Read one page: `image` is a whole encoded image. Where it ends without an answer Triton drops the page too.

        Raises InvalidRequest and its kin, EngineOverloaded, EngineRestarting, EngineFailure, DeadlineExceeded.
        """
        key = uuid.uuid4().hex
        told = {**options, "deadline": deadline.unix(), "cancelKey": key}
        try:
            answer = await self._infer("ocr", [_bytes("IMAGE", image), _json("OPTIONS", told)], deadline, request_id)
        except BaseException as error:
            if _answered(error):
                raise
            self._cancelling.add(task := asyncio.create_task(self._cancel(key)))
            task.add_done_callback(self._cancelling.discard)
            raise
        page = PageResult(
            markdown=_text(answer, "MARKDOWN"),
            result=json.loads(_text(answer, "RESULT")),
            images=_named(answer, "IMAGE_NAMES", "IMAGES"),
            drawings=_named(answer, "DRAWING_NAMES", "DRAWINGS"),
            warnings=[json.loads(warning) for warning in _list(answer, "WARNINGS")],
            tokens=int(_tensor(answer, "TOKENS")[0]),
            engine=_text(answer, "ENGINE"),
            model=_text(answer, "MODEL"),
        )
        self.identity = Identity(page.engine, page.model)
        self.last_page_at = time.monotonic()
        return page

    async def restructure(
        self, pages: list[dict[str, Any]], options: dict[str, Any], deadline: Deadline, request_id: str
    ) -> list[RestructuredPage]:
        """Join tables over page breaks and set title levels, by PaddleX's restructure_pages.

        One result a page, or one in all with `concatenatePages`.

        Raises InvalidRequest, EngineOverloaded, EngineRestarting, EngineFailure, DeadlineExceeded.
        """
        inputs = [_json("PAGES", pages), _json("OPTIONS", {**options, "deadline": deadline.unix()})]
        answer = await self._infer("restructure", inputs, deadline, request_id)
        results = json.loads(_text(answer, "RESULTS"))
        expected = min(1, len(pages)) if options.get("concatenatePages") else len(pages)
        if len(results) != expected:
            raise EngineFailure(f"the model restructure answered {len(results)} pages instead of {expected}")
        return [RestructuredPage(page["markdown"], page["prunedResult"]) for page in results]

    async def detect(self, image: npt.NDArray[np.uint8], deadline: Deadline) -> list[Any]:
        """Ask `layout` for the blocks of an RGB image, uint8 of [height, width, 3]."""
        answer = await self._infer("layout", [_array("IMAGE", image[None])], deadline, "")
        blocks: list[Any] = json.loads(bytes(_tensor(answer, "BOXES").flat[0]))
        return blocks

    async def recognise(self, image: npt.NDArray[np.uint8], prompt: str, deadline: Deadline) -> str:
        """Ask `vlm` for the text of an RGB image, uint8 of [height, width, 3]."""
        told = json.dumps({"deadline": deadline.unix()})
        text, options = (np.array([[value.encode()]], dtype=np.object_) for value in (prompt, told))
        inputs = [_array("IMAGE", image[None]), _array("PROMPT", text), _array("OPTIONS", options)]
        answer = await self._infer("vlm", inputs, deadline, "")
        if _text(answer, "FINISH_REASON") == "deadline":
            raise late(deadline)
        return bytes(_tensor(answer, "TEXT").flat[0]).decode()

    async def close(self) -> None:
        """Close the connections: an idle one holds up Triton's own shutdown."""
        await asyncio.gather(*self._cancelling, return_exceptions=True)
        await self.client.close()

    async def _cancel(self, key: str) -> None:
        """Tell `ocr` that nobody waits for a page any more: Triton does not notice a client that hangs up.

        The page's deadline ends it in any case, so a failure here costs time and nothing else.
        """
        inputs = [_bytes("IMAGE", b""), _json("OPTIONS", {"cancel": key})]
        try:
            await self._infer("ocr", inputs, Deadline.after(_CANCEL_SECONDS), "")
        except GatewayError as error:
            _LOG.debug("a page could not be cancelled: %s", error.message)

    async def _infer(
        self, model: str, inputs: list[InferInput], deadline: Deadline, request_id: str
    ) -> InferenceResult:
        try:
            return await deadline.wait(self.client.infer(model, inputs, request_id=request_id))
        except InferenceServerException as error:
            raise meaning(model, error, deadline) from None
        except aiohttp.ClientConnectorError:
            raise restarting(taken=False) from None
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            raise restarting() from None


def _answered(error: BaseException) -> bool:
    """Whether Triton is done with what ended by `error`, or never began it."""
    if isinstance(error, EngineRestarting):
        return not error.taken
    if isinstance(error, DeadlineExceeded):
        return error.by_engine
    return isinstance(error, GatewayError)


def connect(
    url: HttpUrl, *, connections: int, seconds: float, headers: Callable[[], Mapping[str, str]] = dict
) -> InferenceClient:
    """A client of Triton at `url`; needs a running event loop. A call ends after `seconds` whatever its deadline.

    It has so many `connections` at most, or as many as there are calls where that is 0.

    `headers` gives what each call sends besides.
    """
    address = f"{url.host}:{url.port}{(url.path or '').rstrip('/')}"
    server = InferenceServerClient(address, conn_limit=connections, conn_timeout=seconds, ssl=url.scheme == "https")
    server.register_plugin(lambda request: request.headers.update(headers()))
    client: InferenceClient = server
    return client


def _array(name: str, value: npt.NDArray[Any]) -> InferInput:
    tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(value)
    return tensor


def _bytes(name: str, value: bytes) -> InferInput:
    return _array(name, np.array([value], dtype=np.object_))


def _json(name: str, value: object) -> InferInput:
    return _bytes(name, json.dumps(value).encode())


def _tensor(answer: InferenceResult, name: str) -> npt.NDArray[Any]:
    tensor = answer.as_numpy(name)
    if tensor is None:
        raise EngineFailure(f"Triton's answer lacks {name}: the model repository and the gateway differ")
    return tensor


def _list(answer: InferenceResult, name: str) -> list[bytes]:
    return [bytes(value) for value in _tensor(answer, name).flatten()]


def _named(answer: InferenceResult, names: str, values: str) -> dict[str, bytes]:
    return {name.decode(): data for name, data in zip(_list(answer, names), _list(answer, values), strict=True)}


def _text(answer: InferenceResult, name: str) -> str:
    values = _list(answer, name)
    if len(values) != 1:
        raise EngineFailure(
            f"Triton's answer holds {len(values)} of {name}: the model repository and the gateway differ"
        )
    return values[0].decode()

"""What the models are asked: real pages, and what `ocr` asks of `layout` and `vlm` for them."""

from __future__ import annotations

import base64
import json
import random
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import tritonclient.http as triton
from numpy.typing import NDArray

from engines.layout.base import Box
from engines.page.options import PageOptions
from engines.page.reader import PageReader
from engines.preprocess.base import Prepared, PreprocessOptions
from engines.settings import EngineSettings
from engines.vlm.base import Crop, Text

T = TypeVar("T")

Request = dict[str, dict[str, object]]
"""The input tensors of a request as perf_analyzer's `--input-data` has them."""

_ENOUGH_SECONDS = 600.0


def page_requests(pages: Sequence[bytes]) -> list[Request]:
    """What `ocr` is asked: an encoded page."""
    return [{"IMAGE": text(page)} for page in pages]


def mixed(items: Sequence[T]) -> list[T]:
    """The same in an order that is always the same and follows no rule: any part is much like the whole."""
    return random.Random(1).sample(items, len(items))


@dataclass
class Asked:
    """What the page pipeline asks of `layout` and `vlm`. It runs here, on the `layout` of a running Triton."""

    triton_address: str
    layout_requests: list[Request] = field(default_factory=list)
    vlm_requests: list[Request] = field(default_factory=list)

    def read(self, pages: Sequence[bytes]) -> None:
        """Find out for these pages. Raises InferenceServerException, EngineError."""
        reader = PageReader(self, EngineSettings())
        for page in pages:
            reader.read(page, PageOptions(deadline=time.time() + _ENOUGH_SECONDS))

    def preprocess(self, image: NDArray[np.uint8], options: PreprocessOptions, _deadline: float) -> Prepared:
        """No page is turned or flattened."""
        raise NotImplementedError

    def layout(self, image: NDArray[np.uint8], options: dict[str, Any], _deadline: float) -> list[Box]:
        """The boxes of the page, from Triton."""
        self.layout_requests.append({"IMAGE": pixels(image), "OPTIONS": text(json.dumps(options))})
        tensors = [
            triton.InferInput("IMAGE", [1, *image.shape], "UINT8"),
            triton.InferInput("OPTIONS", [1, 1], "BYTES"),
        ]
        tensors[0].set_data_from_numpy(image[np.newaxis])
        tensors[1].set_data_from_numpy(np.array([[json.dumps(options).encode()]], dtype=np.object_))
        with triton.InferenceServerClient(self.triton_address, network_timeout=_ENOUGH_SECONDS) as client:
            found = client.infer("layout", tensors).as_numpy("BOXES")
        boxes: list[Box] = json.loads(found.reshape(-1)[0])
        return boxes

    def vlm(self, crops: Sequence[Crop], _deadline: float) -> list[Text]:
        """Note the crops, and read nothing."""
        for crop in crops:
            options = text(crop.options.model_dump_json(exclude_none=True, exclude={"deadline"}))
            self.vlm_requests.append({"IMAGE": pixels(crop.image), "PROMPT": text(crop.prompt), "OPTIONS": options})
        return [Text("", 0) for _ in crops]


def text(value: str | bytes) -> dict[str, object]:
    """A STRING tensor of one element, which stands behind its length."""
    encoded = value.encode() if isinstance(value, str) else value
    return {"content": {"b64": _base64(struct.pack("<I", len(encoded)) + encoded)}, "shape": [1]}


def pixels(image: NDArray[np.uint8]) -> dict[str, object]:
    """An RGB image [height, width, 3] as a UINT8 tensor."""
    return {"content": {"b64": _base64(image.tobytes())}, "shape": list(image.shape)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

"""Calls to the three models of the Triton that the test run has started."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import np_to_triton_dtype

from supervisor.stack import Stack

Outputs = dict[str, np.ndarray]


class Models:
    """Sends requests to a Triton by their tensors' names."""

    def __init__(self, url: str) -> None:
        self.client = triton.InferenceServerClient(url.removeprefix("http://"), concurrency=64, network_timeout=120)

    def ask(self, model: str, **inputs: np.ndarray) -> Outputs:
        """The outputs of one request. Raises InferenceServerException."""
        return _outputs(self.client.infer(model, [_tensor(name, value) for name, value in inputs.items()]))

    def ask_all(self, model: str, requests: list[Mapping[str, np.ndarray]]) -> list[Outputs | Exception]:
        """The outputs or the error of each of many requests that are in flight together."""
        sent = [
            self.client.async_infer(model, [_tensor(name, value) for name, value in inputs.items()])
            for inputs in requests
        ]
        answers: list[Outputs | Exception] = []
        for pending in sent:
            try:
                answers.append(_outputs(pending.get_result()))
            except triton.InferenceServerException as error:
                answers.append(error)
        return answers

    def ocr(self, image: bytes, **options: Any) -> Outputs:
        """One page through `ocr`."""
        return self.ask("ocr", IMAGE=text(image), OPTIONS=text(json.dumps(options)))


def text(value: str | bytes, *shape: int) -> np.ndarray:
    """A STRING tensor of one element, [1] unless a shape is given."""
    encoded = value.encode() if isinstance(value, str) else value
    return np.array([encoded], dtype=np.object_).reshape(shape or (1,))


def _tensor(name: str, value: np.ndarray) -> triton.InferInput:
    tensor = triton.InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    tensor.set_data_from_numpy(value)
    return tensor


def _outputs(result: triton.InferResult) -> Outputs:
    return {output["name"]: result.as_numpy(output["name"]) for output in result.get_response()["outputs"]}


@pytest.fixture(scope="session")
def models(stack: Stack) -> Iterator[Models]:
    calls = Models(stack.triton_url)
    yield calls
    calls.client.close()


@pytest.fixture(scope="session")
def paddle_models(paddle_stack: Stack) -> Iterator[Models]:
    calls = Models(paddle_stack.triton_url)
    yield calls
    calls.client.close()

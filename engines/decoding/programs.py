"""OpenVINO programs over weights that come in with each call, for CPUs.

One program does a layer; which layer, its inputs say: the weights come in with the data, from where Paddle keeps them.
So nothing is compiled or stored once a layer, and products are as fast as with weights compiled in (at the released
shape, with 64 rows and more). Everything is float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.decoding.arrays import Floats
from engines.openvino_runtime import import_openvino, infer

Node = Any
Weight = Any
"""A tensor of OpenVINO over memory that is Paddle's."""
Graph = tuple[list[Node], list[Node]]
"""Results and parameters."""

KERNELS = 30
"""Kernels that OpenVINO keeps for shapes that it has seen, in each program: without any a made tower took 20 to 40 %
longer, since the operators of one layer need them again in the next. With 300 memory grew for thousands of crops."""


class Program:
    """A compiled program with a request of its own; not for two threads at once."""

    def __init__(self, compiled: Any) -> None:
        self._request = compiled.create_infer_request()

    def __call__(self, *inputs: Floats | NDArray[np.int64] | Weight) -> Floats:
        """The one output, as a copy."""
        output: Floats = infer(self._request, inputs)[0]
        return output

    def views(self, *inputs: Floats | Weight) -> Sequence[Floats]:
        """All outputs, good until the next call."""
        outputs = infer(self._request, inputs, share_outputs=True)
        return [outputs[place] for place in range(len(outputs))]


def compile_graph(graph: Graph, threads: int) -> Any:
    """The program of a graph, for so many threads."""
    openvino = import_openvino()
    options = {
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "CPU_RUNTIME_CACHE_CAPACITY": KERNELS,
    }
    return openvino.Core().compile_model(openvino.Model(*graph), "CPU", options)


def weight(array: Floats) -> Weight:
    """The array as an input of programs, without a copy."""
    return import_openvino().Tensor(array, shared_memory=True)


class GraphBuilder:
    """The operations that graphs here are made of."""

    def __init__(self) -> None:
        import_openvino()
        from openvino import opset13

        self._op = opset13

    def _product(self, x: Node, y: Node, *, turned: bool = False) -> Node:
        """x times y, or times y with its last two sides exchanged."""
        return self._op.matmul(x, y, transpose_a=False, transpose_b=turned)

    def _reshaped(self, x: Node, *sides: int) -> Node:
        return self._op.reshape(x, self._ints(*sides), special_zero=False)

    def _rotated(self, x: Node, rope: Sequence[Node]) -> Node:
        """Rotary embedding of [heads, n, head], cosine and signed sine being [n, head]."""
        op = self._op
        low, high = op.split(x, op.constant(np.array(2)), 2).outputs()
        return op.add(op.multiply(x, rope[0]), op.multiply(op.concat([high, low], -1), rope[1]))

    def _floats(self, *sides: int) -> Node:
        return self._op.parameter(list(sides), np.float32)

    def _ints(self, *values: int) -> Node:
        return self._op.constant(np.array(values, np.int64))

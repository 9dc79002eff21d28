"""The vision tower of PaddleOCR-VL as OpenVINO programs, for CPUs.

Source of the mathematics: PaddleX, `modeling/paddleocr_vl/_siglip.py` and `_projector.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.decoding.programs import Graph, GraphBuilder, Node, Program, compile_graph


@dataclass(frozen=True)
class TowerShape:
    """Widths of the tower. `merged`: patches a side that become one token; `epsilon` is that of the layers' norms."""

    hidden: int
    heads: int
    head: int
    merged: int
    epsilon: float
    merge_epsilon: float


@dataclass(frozen=True)
class Programs:
    """What the tower is made of.

    `embed(patches [n, pixels], grid [2], *weights)` gives hidden states [n, hidden];
    `layer(hidden, cos, sin [n, head], *project's and attend's weights)` those behind a layer, for one picture;
    `project(hidden, cos, sin, *weights)` queries, keys and values [heads, n, head] of any part of one;
    `attend(hidden, queries of a part, keys, values of the whole, *weights)` the hidden states of the part;
    `merge(hidden in the order of tokens, *weights)` the image's tokens.
    """

    embed: Program
    layer: Program
    project: Program
    attend: Program
    merge: Program


class CompiledPrograms:
    """The programs, compiled for so many threads."""

    def __init__(self, shape: TowerShape, threads: int) -> None:
        graphs = _Graphs(shape)
        wanted = (graphs.embed(), graphs.layer(), graphs.project(), graphs.attend(), graphs.merge())
        self._compiled = [compile_graph(graph, threads) for graph in wanted]

    def open(self) -> Programs:
        """The programs for one thread; what they allocate goes with them."""
        return Programs(*(Program(compiled) for compiled in self._compiled))


class _Graphs(GraphBuilder):
    """Builds the graphs; parameters stand in the order of `Programs`."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self._shape = shape

    def embed(self) -> Graph:
        op = self._op
        patches, grid = self._floats(-1, -1), op.parameter([2], np.int64)
        weight, bias, places = self._floats(self._shape.hidden, -1), self._floats(-1), self._floats(1, -1, -1, -1)
        scaled = op.interpolate(places, grid, "linear_onnx", "sizes", axes=self._ints(2, 3))
        by_patch = self._reshaped(op.transpose(scaled, self._ints(0, 2, 3, 1)), -1, self._shape.hidden)
        hidden = op.add(self._product(patches, weight, turned=True), bias)
        return [op.add(hidden, by_patch)], [patches, grid, weight, bias, places]

    def layer(self) -> Graph:
        hidden, rope = self._hidden(), self._rope()
        first, second = self._projecting(), self._attending()
        result = self._attend(hidden, self._project(hidden, rope, first), second)
        return [result], [hidden, *rope, *first, *second]

    def project(self) -> Graph:
        hidden, rope, weights = self._hidden(), self._rope(), self._projecting()
        return list(self._project(hidden, rope, weights)), [hidden, *rope, *weights]

    def attend(self) -> Graph:
        hidden, weights = self._hidden(), self._attending()
        turned = [self._floats(self._shape.heads, -1, self._shape.head) for _ in range(3)]
        return [self._attend(hidden, turned, weights)], [hidden, *turned, *weights]

    def merge(self) -> Graph:
        op, shape = self._op, self._shape
        hidden, norms = self._hidden(), [self._floats(-1) for _ in range(4)]
        first, second = (self._floats(-1, -1), self._floats(-1)), (self._floats(-1, -1), self._floats(-1))
        normed = self._norm(hidden, norms[:2], shape.epsilon)
        normed = self._norm(normed, norms[2:], shape.merge_epsilon)
        joined = self._reshaped(normed, -1, shape.merged**2 * shape.hidden)
        wide = op.gelu(self._linear(joined, first), "erf")
        return [self._linear(wide, second)], [hidden, *norms, *first, *second]

    def _project(self, hidden: Node, rope: Sequence[Node], weights: Sequence[Node]) -> list[Node]:
        normed = self._norm(hidden, weights[:2], self._shape.epsilon)
        query, key, value = (self._by_head(self._linear(normed, weights[place : place + 2])) for place in (2, 4, 6))
        return [self._rotated(query, rope), self._rotated(key, rope), value]

    def _attend(self, hidden: Node, turned: Sequence[Node], weights: Sequence[Node]) -> Node:
        op, shape = self._op, self._shape
        query, key, value = turned
        scale = op.constant(np.float32(shape.head**-0.5))
        logits = self._product(op.multiply(query, scale), key, turned=True)
        seen = self._product(op.softmax(logits, -1), value)
        by_row = self._reshaped(op.transpose(seen, self._ints(1, 0, 2)), -1, shape.hidden)
        hidden = op.add(hidden, self._linear(by_row, weights[:2]))
        wide = self._linear(self._norm(hidden, weights[2:4], shape.epsilon), weights[4:6])
        return op.add(hidden, self._linear(op.gelu(wide, "tanh"), weights[6:8]))

    def _projecting(self) -> list[Node]:
        """Parameters: the norm's scale and shift; weight and bias of queries, keys and values."""
        return self._scale_and_shift() + [node for _ in range(3) for node in self._weight_and_bias()]

    def _attending(self) -> list[Node]:
        """Parameters: weight and bias of the output; the second norm; the two of the feed-forward network."""
        return [
            *self._weight_and_bias(),
            *self._scale_and_shift(),
            *(self._floats(self._shape.hidden, -1), self._floats(-1)),
            *(self._floats(-1, self._shape.hidden), self._floats(self._shape.hidden)),
        ]

    def _scale_and_shift(self) -> list[Node]:
        return [self._floats(self._shape.hidden), self._floats(self._shape.hidden)]

    def _weight_and_bias(self) -> list[Node]:
        return [self._floats(self._shape.hidden, self._shape.hidden), self._floats(self._shape.hidden)]

    def _hidden(self) -> Node:
        return self._floats(-1, self._shape.hidden)

    def _rope(self) -> list[Node]:
        return [self._floats(-1, self._shape.head), self._floats(-1, self._shape.head)]

    def _norm(self, x: Node, weights: Sequence[Node], epsilon: float) -> Node:
        op = self._op
        weight, bias = weights
        normed = op.mvn(x, self._ints(-1), normalize_variance=True, eps=epsilon, eps_mode="inside_sqrt")
        return op.add(op.multiply(normed, weight), bias)

    def _linear(self, x: Node, weights: Sequence[Node]) -> Node:
        weight, bias = weights
        return self._op.add(self._product(x, weight), bias)

    def _by_head(self, x: Node) -> Node:
        """[n, hidden] as [heads, n, head]."""
        apart = self._reshaped(x, -1, self._shape.heads, self._shape.head)
        return self._op.transpose(apart, self._ints(1, 0, 2))

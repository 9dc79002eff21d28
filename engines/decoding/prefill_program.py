"""A layer of the language model over a prompt, as an OpenVINO program.

Source of the mathematics: PaddleX, `modeling/paddleocr_vl/_ernie.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.decoding.programs import Graph, GraphBuilder, Node


@dataclass(frozen=True)
class DecoderShape:
    """Widths of the language model: `queries` query heads over `heads` heads of keys and values, of `head` numbers."""

    queries: int
    heads: int
    head: int
    epsilon: float


class LayerGraph(GraphBuilder):
    """Builds the graph.

    Inputs: hidden states of n tokens [n, hidden]; cosine and signed sine [n, head]; a mask [n, m + n], added to the
    logits; keys and values of the m tokens before, [heads, m, head]; the weights: norm, queries with keys and values,
    output, norm, gate with up, down, whose matrices are [inputs, outputs].
    Outputs: hidden states behind the layer [n, hidden]; keys and values [heads, m + n, head].
    """

    def __init__(self, shape: DecoderShape) -> None:
        super().__init__()
        self._shape = shape

    def build(self) -> Graph:
        """Results and parameters."""
        op, shape = self._op, self._shape
        hidden, rope, mask = (
            self._floats(-1, -1),
            [self._floats(-1, shape.head) for _ in range(2)],
            self._floats(-1, -1),
        )
        before = [self._floats(shape.heads, -1, shape.head) for _ in range(2)]
        norms, matrices = [self._floats(-1) for _ in range(2)], [self._floats(-1, -1) for _ in range(4)]
        qkv, out, gate_up, down = matrices
        query, key, value = self._by_head(self._product(self._norm(hidden, norms[0]), qkv))
        key = op.concat([before[0], self._rotated(key, rope)], 1)
        value = op.concat([before[1], value], 1)
        seen = self._attention(self._rotated(query, rope), key, value, mask)
        between = op.add(hidden, self._product(seen, out))
        wide = self._product(self._norm(between, norms[1]), gate_up)
        gate, up = op.split(wide, op.constant(np.array(1)), 2).outputs()
        after = op.add(between, self._product(op.multiply(op.swish(gate), up), down))
        inputs = [hidden, *rope, mask, *before, norms[0], qkv, out, norms[1], gate_up, down]
        return [after, key, value], inputs

    def _attention(self, query: Node, key: Node, value: Node, mask: Node) -> Node:
        """Each key-value head serves its group of query heads; [n, query heads · head]."""
        op, shape = self._op, self._shape
        group = shape.queries // shape.heads
        scaled = op.multiply(query, op.constant(np.float32(shape.head**-0.5)))
        grouped = self._reshaped(scaled, shape.heads, group, -1, shape.head)
        keys, values = (op.unsqueeze(x, self._ints(1)) for x in (key, value))
        logits = op.add(self._product(grouped, keys, turned=True), mask)
        seen = self._reshaped(self._product(op.softmax(logits, -1), values), shape.queries, -1, shape.head)
        return self._reshaped(op.transpose(seen, self._ints(1, 0, 2)), -1, shape.queries * shape.head)

    def _by_head(self, x: Node) -> list[Node]:
        """Queries, keys and values, each [heads, n, head]."""
        op, shape = self._op, self._shape
        apart = self._reshaped(x, -1, shape.queries + 2 * shape.heads, shape.head)
        by_head = op.transpose(apart, self._ints(1, 0, 2))
        lengths = self._ints(shape.queries, shape.heads, shape.heads)
        outputs: list[Node] = op.variadic_split(by_head, op.constant(np.array(0)), lengths).outputs()
        return outputs

    def _norm(self, x: Node, weight: Node) -> Node:
        op = self._op
        mean = op.reduce_mean(op.multiply(x, x), self._ints(-1), keep_dims=True)
        root = op.sqrt(op.add(mean, op.constant(np.float32(self._shape.epsilon))))
        return op.multiply(op.divide(x, root), weight)

"""The table of `make bench-vlm`, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

import paddle

from benchmarks.decoding.bench import Bench
from benchmarks.decoding.mixed import equal_texts, memory_marks, mixed_lengths
from benchmarks.decoding.rates import Rate, decode_rates, first_token_seconds, longest_stall
from benchmarks.decoding.server import server_ratios
from benchmarks.made import kept_weights
from scripts.made_weights import Dtype, Manners, Size

ENDLESS = Manners(stops=0.0)
"""No text ends by itself: all have the length that they are given."""
RAMBLING = Manners(stops=1.2)
LINE = (4, 36)
"""Image tokens of a line of text as the page pipeline scales it: 576 patches."""


@dataclass
class Report:
    """Prints a row for each figure, and remembers those of the last line."""

    texts_wanted: int
    memory_wanted: int
    known: dict[str, float] = field(default_factory=dict)

    def shape(self) -> None:
        """The released shape in float32."""
        with _bench("full", ENDLESS, "endless", "bfloat16") as bench:
            for rate in decode_rates(bench, (1, 4, 8, 16, 32), steps=16):
                self._rate("0.9B", rate)
                self.known[f"decode x{rate.crops}"] = rate.ratio
            official, ours = first_token_seconds(bench, LINE, 4)
            _row("0.9B: vision and prefill, s a crop", official, ours, official / ours)
            _tell("0.9B: longest stall of a crop while 16 come in, in its steps", longest_stall(bench, LINE, 16))

    def narrow(self) -> None:
        """18 narrow layers: as a CPU decodes, and in Paddle's operators, the cost of whose launching is a GPU's."""
        for in_paddle in (False, True):
            name = "narrow, in Paddle's operators" if in_paddle else "narrow"
            with _bench("narrow", ENDLESS, "endless", in_paddle=in_paddle) as bench:
                for rate in decode_rates(bench, (16, 64), steps=60):
                    self._rate(name, rate)
                    if in_paddle:
                        self.known[f"host-bound x{rate.crops}"] = rate.ratio
                _tell(f"{name}: longest stall of a crop while 16 come in, in its steps", longest_stall(bench, LINE, 16))

    def mixed(self) -> None:
        """Mixed lengths that arrive over time."""
        with _bench("narrow", ENDLESS, "endless") as bench:
            mixed = mixed_lengths(bench, 64)
            ratio = mixed.official / mixed.ours
            _row("narrow: 64 crops of 4 to 400 tokens, s in all", mixed.official, mixed.ours, ratio)
            _tell("slots in use while crops waited, %", 100 * mixed.busy)

    def texts(self) -> None:
        """Texts equal to the official engine's."""
        for dtype in get_args(Dtype):
            with _bench("tiny", RAMBLING, "rambling", dtype) as bench:
                equal, tokens = equal_texts(bench, self.texts_wanted)
                what = f"tiny, {dtype} weights: texts equal to the official ones"
                _tell(f"{what}, of {self.texts_wanted} ({tokens} tokens)", equal)

    def memory(self) -> None:
        """Memory over many crops."""
        with _bench("tiny", RAMBLING, "rambling") as bench:
            marks = memory_marks(bench, self.memory_wanted)
            listed = ", ".join(f"{mark:.0f}" for mark in marks)
            print(f"| tiny: resident MiB after each tenth of {self.memory_wanted} crops | | {listed} | |", flush=True)

    def server(self) -> None:
        """Pages a second through the servers."""
        for clients, official, ours in server_ratios((8, 32)):
            _row(f"tiny: pages/s of the servers, {clients} clients", official, ours, ours / official)
            self.known[f"server x{clients}"] = ours / official

    def _rate(self, name: str, rate: Rate) -> None:
        _row(f"{name}: decode tokens/s, {rate.crops} crops", rate.official, rate.ours, rate.ratio)

    def summary(self) -> str:
        """The last line."""
        wanted = ("decode x16", "host-bound x16", "server x8")
        return ", ".join(f"{name} {self.known[name]:.1f}" for name in wanted if name in self.known)


@contextmanager
def _bench(
    size: Size, manners: Manners, name: str, dtype: Dtype = "float32", *, in_paddle: bool = False
) -> Iterator[Bench]:
    """A checkpoint of this size and manners, gradients off."""
    weights = kept_weights(size, dtype=dtype, manners=manners, name=name)
    with paddle.no_grad():
        yield Bench(weights, in_paddle=in_paddle)


def _row(what: str, official: float, ours: float, ratio: float) -> None:
    print(f"| {what} | {official:.3g} | {ours:.3g} | {ratio:.2f} |", flush=True)


def _tell(what: str, figure: float) -> None:
    print(f"| {what} | | {figure:.3g} | |", flush=True)

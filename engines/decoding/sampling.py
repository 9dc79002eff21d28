"""From logits to the next token of each row: greedy, or sampled where a crop asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.decoding.rows import Row
from engines.vlm.base import VlmOptions

FEW = 1024
"""Tokens among which `top_p` is looked for first."""


def next_tokens(logits: Any, rows: Sequence[Row]) -> list[int]:
    """The next token of every row, from logits [rows, vocabulary], Paddle's on whatever device or numpy's.

    Greedy rows leave the device as one token; the logits of the others are brought over.
    """
    chosen: list[int] = logits.argmax(-1).tolist()
    special = [place for place, row in enumerate(rows) if not is_greedy(row.prompt.options)]
    if special:
        wanted = np.asarray(logits[special].astype("float32"))
        for place, scores in zip(special, wanted, strict=True):
            row = rows[place]
            seen = np.concatenate([row.prompt.ids, np.asarray(row.generated, np.int64)])
            chosen[place] = choose(scores, seen, row.prompt.options, row.random)
    return chosen


def is_greedy(options: VlmOptions) -> bool:
    """Whether the likeliest token is always taken, as the official engine does whatever is asked."""
    return not options.temperature and options.repetition_penalty in (None, 1.0)


def choose(
    scores: NDArray[np.float32], seen: NDArray[np.int64], options: VlmOptions, random: np.random.Generator
) -> int:
    """One token from logits [vocabulary], which are changed.

    `repetition_penalty` divides the positive and multiplies the negative logits of tokens `seen` in prompt and text
    (Keskar et al. 2019, CTRL, as transformers does it); `temperature` 0 or none takes the likeliest; `top_p` samples
    among the likeliest tokens whose probabilities sum up to it (Holtzman et al. 2020).
    """
    # Extreme options run to the ends of the numbers, where the likeliest token is all that is left.
    with np.errstate(over="ignore", divide="ignore"):
        if options.repetition_penalty:
            penalty, before = options.repetition_penalty, scores[seen]
            scores[seen] = np.where(before > 0, before / penalty, before * penalty)
        if not options.temperature:
            return int(scores.argmax())
        wide = np.nan_to_num(scores.astype(np.float64))
        likelihood = np.exp((wide - wide.max()) / options.temperature)
    tokens = np.arange(len(likelihood)) if options.top_p is None else _likeliest(likelihood, options.top_p)
    sums = np.cumsum(likelihood[tokens])
    place = int(np.searchsorted(sums, random.random() * sums[-1], side="right"))
    return int(tokens[min(place, len(tokens) - 1)])


def _likeliest(likelihood: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """The fewest tokens that have this share of the whole, the likeliest first; likelihoods need not sum up to 1."""
    wanted = share * likelihood.sum()
    few = np.argpartition(likelihood, -FEW)[-FEW:] if len(likelihood) > FEW else np.arange(len(likelihood))
    # Few distributions are so flat that a whole vocabulary must be sorted.
    tokens = few if likelihood[few].sum() >= wanted else np.arange(len(likelihood))
    order = tokens[np.argsort(-likelihood[tokens], kind="stable")]
    return order[: int(np.searchsorted(np.cumsum(likelihood[order]), wanted)) + 1]

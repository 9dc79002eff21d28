"""From logits to the next token of each row: greedy, or sampled where a crop asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import paddle
from numpy.typing import NDArray

from engines.decoding.rows import Row
from engines.vlm.base import VlmOptions


def next_tokens(logits: Any, rows: Sequence[Row]) -> list[int]:
    """The next token of every row, from logits [rows, vocabulary] on the device.

    Greedy rows leave the device as one token; the logits of the others are brought over.
    """
    chosen = [int(token) for token in paddle.argmax(logits, axis=-1).numpy()]
    special = [place for place, row in enumerate(rows) if not is_greedy(row.prompt.options)]
    if special:
        wanted = paddle.index_select(logits, paddle.to_tensor(special)).astype("float32").numpy()
        for place, scores in zip(special, wanted, strict=True):
            row = rows[place]
            seen = np.unique(np.concatenate([row.prompt.ids, np.asarray(row.generated, np.int64)]))
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
    if options.repetition_penalty:
        before = scores[seen]
        scores[seen] = np.where(before > 0, before / options.repetition_penalty, before * options.repetition_penalty)
    if not options.temperature:
        return int(scores.argmax())
    scores = scores.astype(np.float64) / options.temperature
    likelihood = np.exp(scores - scores.max())
    likelihood /= likelihood.sum()
    order = np.argsort(-likelihood, kind="stable")
    if options.top_p is not None:
        order = order[: int(np.searchsorted(np.cumsum(likelihood[order]), options.top_p)) + 1]
    kept = likelihood[order]
    return int(random.choice(order, p=kept / kept.sum()))

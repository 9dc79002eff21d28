"""The special tokens of PaddleOCR-VL.

Source: the released tokenizer, which is ERNIE 4.5's with tokens for pictures, places and table cells.
"""

from __future__ import annotations

from dataclasses import dataclass

PAD, START, EOS = 0, 1, 2
UNKNOWN_TOKEN, START_TOKEN, EOS_TOKEN = "<unk>", "<s>", "</s>"
PLACES = 1001
"""Places along a side of a picture, `<|LOC_0|>` to `<|LOC_1000|>`."""
TABLE_TOKENS = ("<ecel>", "<fcel>", "<xcel>", "<lcel>", "<ucel>", "<nl>")
"""OTSL, in which tables are answered."""
SENTENCE_START, SENTENCE_END = "<|begin_of_sentence|>", "<|end_of_sentence|>"
IMAGE, VIDEO = "<|IMAGE_PLACEHOLDER|>", "<|video_pad|>"


@dataclass(frozen=True)
class Specials:
    """Special tokens with their ids, in the order of the ids."""

    ids: dict[str, int]

    @property
    def spoken(self) -> tuple[str, ...]:
        """Those that belong to a text: decoding keeps them even where it drops special tokens."""
        return tuple(token for token in self.ids if token in TABLE_TOKENS or token.startswith("<|LOC_"))


def specials_at(first: int, every_place: int) -> Specials:
    """The special tokens from the id `first` on, with the gaps of the released vocabulary where it has every place.

    `every_place` leaves only each n-th of the places, for a small vocabulary.
    """
    places = [f"<|LOC_{place}|>" for place in range(0, PLACES, every_place)]
    head = [SENTENCE_END, SENTENCE_START]
    tail = [
        IMAGE,
        "<|VIDEO_PLACEHOLDER|>",
        *places,
        "<|LOC_BEGIN|>",
        "<|LOC_END|>",
        "<|LOC_SEP|>",
        "<|CROP_COL_SEP|>",
        "<|CROP_ROW_SEP|>",
        "<|IMAGE_SEP|>",
        "<|image_pad|>",
        "<|IMAGE_START|>",
        "<|IMAGE_END|>",
        VIDEO,
        *TABLE_TOKENS,
    ]
    gap = 23 if len(places) == PLACES else len(head)
    ids = {token: first + place for place, token in enumerate(head)}
    ids.update({token: first + gap + place for place, token in enumerate(tail)})
    return Specials(ids)

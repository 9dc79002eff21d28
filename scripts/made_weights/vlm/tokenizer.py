"""A tokenizer that covers the whole vocabulary of a made model, in the files of SentencePiece and of tokenizers.

Both files hold the same byte-pair encoding: SentencePiece joins any two pieces whose joint is a piece too, best score
first, and `tokenizer.json` lists those joints in that order.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from scripts.made_weights.vlm.shape import Shape
from scripts.made_weights.vlm.tokens import (
    EOS_TOKEN,
    IMAGE,
    SENTENCE_END,
    SENTENCE_START,
    START_TOKEN,
    UNKNOWN_TOKEN,
    VIDEO,
)
from scripts.made_weights.vlm.words import SENTENCES, filler

LEARNED = 900
"""Pieces that are learned at most, bytes and control tokens included; fewer than the ids before any special token."""
SPACE = "▁"
_NORMAL, _USER_DEFINED = 1, 4


def write_tokenizer(folder: Path, shape: Shape) -> None:
    """Write the six files of a tokenizer into the folder."""
    model = _model(shape)
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())
    _write(folder / "tokenizer.json", _fast(model, shape))
    _write(folder / "tokenizer_config.json", _config(shape))
    _write(folder / "special_tokens_map.json", _special_tokens_map(shape))
    _write(folder / "added_tokens.json", shape.specials.ids)


def _model(shape: Shape) -> Any:
    """A SentencePiece model (`ModelProto`) of as many pieces as the vocabulary has."""
    from sentencepiece import SentencePieceTrainer
    from sentencepiece import sentencepiece_model_pb2 as proto

    learned = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=learned,
        model_type="bpe",
        vocab_size=LEARNED,
        hard_vocab_limit=False,
        byte_fallback=True,
        character_coverage=1.0,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        minloglevel=2,
        num_threads=1,
    )
    # Its class is made when the module is imported: no type checker sees it.
    model: Any = getattr(proto, "ModelProto").FromString(learned.getvalue())  # noqa: B009
    specials = {place: token for token, place in shape.specials.ids.items()}
    lowest = min(piece.score for piece in model.pieces)
    for place in range(len(model.pieces), shape.vocabulary):
        if place in specials:
            model.pieces.add(piece=specials[place], score=0.0, type=_USER_DEFINED)
        else:
            model.pieces.add(piece=SPACE + filler(place), score=lowest - place, type=_NORMAL)
    model.trainer_spec.vocab_size = shape.vocabulary
    return model


def _fast(model: Any, shape: Shape) -> dict[str, Any]:
    """`tokenizer.json` of the same pieces. Source of the layout: transformers' converter of Llama tokenizers."""
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": place, **added} for place, added in _added_tokens(shape).items()],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": UNKNOWN_TOKEN,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": {piece.piece: place for place, piece in enumerate(model.pieces)},
            "merges": _merges(model),
        },
    }


def _merges(model: Any) -> list[tuple[str, str]]:
    """Every way to join two pieces to a third, the joint of the best score first."""
    scores = {piece.piece: piece.score for piece in model.pieces if piece.type == _NORMAL}
    joints = [
        (score, joint[:cut], joint[cut:])
        for joint, score in scores.items()
        for cut in range(1, len(joint))
        if joint[:cut] in scores and joint[cut:] in scores
    ]
    joints.sort(key=lambda joint: -joint[0])
    return [(left, right) for _, left, right in joints]


def _added_tokens(shape: Shape) -> dict[int, dict[str, Any]]:
    """The tokens that are found in a text before it is split into pieces, by id."""
    plain = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False}
    control = {0: UNKNOWN_TOKEN, 1: START_TOKEN, 2: EOS_TOKEN}
    spoken = set(shape.specials.spoken)
    tokens = {**control, **{place: token for token, place in shape.specials.ids.items()}}
    return {place: {"content": token, **plain, "special": token not in spoken} for place, token in tokens.items()}


def _special_tokens_map(shape: Shape) -> dict[str, Any]:
    spoken = set(shape.specials.spoken)
    return {
        "additional_special_tokens": [token for token in shape.specials.ids if token not in spoken],
        "bos_token": START_TOKEN,
        "cls_token": SENTENCE_START,
        "eos_token": EOS_TOKEN,
        "pad_token": UNKNOWN_TOKEN,
        "sep_token": SENTENCE_END,
        "unk_token": UNKNOWN_TOKEN,
    }


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "add_bos_token": False,
        "add_eos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {str(place): added for place, added in _added_tokens(shape).items()},
        **_special_tokens_map(shape),
        "clean_up_tokenization_spaces": False,
        "image_token": IMAGE,
        "legacy": True,
        "model_max_length": 131072,
        "processor_class": "PaddleOCRVLProcessor",
        "sp_model_kwargs": {},
        "tokenizer_class": "LlamaTokenizer",
        "video_token": VIDEO,
    }


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

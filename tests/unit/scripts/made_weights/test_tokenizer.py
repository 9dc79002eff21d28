"""Both files of the made tokenizer hold the same tokens, and PaddleX decodes what they encode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines.vlm.base import PROMPTS
from scripts.made_weights.vlm.shape import SHAPES, Size
from scripts.made_weights.vlm.tokenizer import write_tokenizer
from scripts.made_weights.vlm.words import SENTENCES

TEXTS = (
    *SENTENCES,
    *PROMPTS,
    "<|begin_of_sentence|>User: <|IMAGE_START|><|IMAGE_PLACEHOLDER|><|IMAGE_END|>OCR:\nAssistant: ",
    "<fcel>Harbour<lcel><nl><ecel><ucel><xcel><nl>",
    "<|LOC_100|><|LOC_200|>text",
    " two  spaces\tand a tab\n\n",
    "weiß, naïve, Ωμέγα, 한국어, 日本語, 🚢",
    "",
)


@pytest.fixture(scope="module", params=SHAPES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Size]:
    path = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(path, SHAPES[request.param])
    return path, request.param


@pytest.fixture(scope="module")
def pieces(folder: tuple[Path, Size]) -> Any:
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_file=str(folder[0] / "tokenizer.model"))


@pytest.fixture(scope="module")
def fast(folder: tuple[Path, Size]) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder[0] / "tokenizer.json"))


@pytest.mark.parametrize("text", TEXTS)
def test_both_files_split_a_text_alike_and_lose_nothing(pieces: Any, fast: Any, text: str) -> None:
    ids = pieces.encode(text)
    assert fast.encode(text).ids == ids
    assert pieces.decode(ids) == text
    assert fast.decode(ids, skip_special_tokens=False) == text


def test_the_whole_vocabulary_is_covered(folder: tuple[Path, Size], pieces: Any, fast: Any) -> None:
    vocabulary = SHAPES[folder[1]].vocabulary
    assert pieces.get_piece_size() == fast.get_vocab_size() == vocabulary
    names = [pieces.id_to_piece(place) for place in range(vocabulary)]
    assert len(set(names)) == vocabulary
    assert names == [fast.id_to_token(place) for place in range(vocabulary)]


def test_it_has_learned_words(pieces: Any) -> None:
    assert len(pieces.encode(" the results of the transport")) < 9


def test_the_released_ids_of_special_tokens() -> None:
    """Those that `config.json` of PaddleOCR-VL-0.9B and its programs name."""
    ids = SHAPES["full"].specials.ids
    assert ids["<|end_of_sentence|>"] == 100272
    assert ids["<|IMAGE_PLACEHOLDER|>"] == 100295
    assert ids["<|LOC_0|>"] == 100297
    assert ids["<|LOC_BEGIN|>"] == 101298
    assert ids["<|IMAGE_START|>"] == 101305
    assert ids["<|video_pad|>"] == 101307


def test_paddlex_keeps_table_cells_and_drops_control_tokens(folder: tuple[Path, Size]) -> None:
    from paddlex.inference.models.common.tokenizer import LlamaTokenizer

    path, size = folder
    tokenizer = LlamaTokenizer.from_pretrained(str(path), vocab_file=str(path / "tokenizer.model"))
    ids = SHAPES[size].specials.ids
    text = "<|IMAGE_START|>Table Recognition:<fcel>Port<nl>"
    encoded = tokenizer(text)["input_ids"]
    assert encoded[0] == ids["<|IMAGE_START|>"]
    assert encoded[-1] == ids["<nl>"]
    decoded = tokenizer.decode([*encoded, 2], skip_special_tokens=True, spaces_between_special_tokens=False)
    assert decoded == "Table Recognition:<fcel>Port<nl>"

"""What the check expects, against what Paddle, PaddleX and sentencepiece themselves write and ask for."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pytest

from engines.page.offline import forbid_downloads
from engines.weights.check import complaints
from engines.weights.models import Model
from engines.weights.pdiparams import count_parameters, count_tensors
from engines.weights.protobuf import fields
from engines.weights.vlm_tensors import expected_tensors
from tests.unit.engines.weights.folders import VLM_CONFIG, write_name

SIZES = {**VLM_CONFIG, "rope_scaling": {"mrope_section": [1, 1, 0], "rope_type": "default", "type": "default"}}


@pytest.fixture(scope="module")
def paddle() -> Any:
    forbid_downloads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import paddle
        import paddlex  # noqa: F401
    return paddle


@pytest.mark.parametrize("changes", [{}, {"use_bias": True}, {"num_key_value_heads": 2}, {"num_hidden_layers": 1}])
def test_the_tensors_are_those_that_paddlex_loads(paddle: Any, changes: dict[str, Any]) -> None:
    from paddlex.inference.models.doc_vlm.modeling.paddleocr_vl import _paddleocr_vl as official
    from paddlex.inference.models.doc_vlm.modeling.paddleocr_vl._config import PaddleOCRVLConfig

    config = {**SIZES, **changes}
    model = official.PaddleOCRVLForConditionalGeneration(PaddleOCRVLConfig(**config))
    transposed = set(model.get_transpose_weight_keys())
    shapes = {
        name: tuple(reversed(tensor.shape)) if name in transposed else tuple(tensor.shape)
        for name, tensor in model.get_hf_state_dict().items()
    }
    assert expected_tensors(config) == shapes


def test_parameters_that_paddle_saved(paddle: Any, tmp_path: Path) -> None:
    layers = paddle.nn.Sequential(paddle.nn.Conv2D(3, 4, 3), paddle.nn.BatchNorm2D(4), paddle.nn.Linear(6, 2))
    layers.eval()
    paddle.jit.save(layers, str(tmp_path / "inference"), [paddle.static.InputSpec([None, 3, 8, 8], "float32", "image")])
    # Kernel and offset; scale, offset, mean and variance; weight and offset.
    assert count_tensors(tmp_path / "inference.pdiparams") == 8
    assert count_parameters(tmp_path / "inference.json") == 8
    write_name(tmp_path, "UVDoc")
    assert complaints(Model("UVDoc", tmp_path)) == []


def test_a_tokenizer_that_sentencepiece_trained() -> None:
    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a page of text", "a line of text"] * 20),
        model_writer=written,
        vocab_size=20,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    numbers = [number for number, _ in fields(written.getvalue())]
    processor = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    assert numbers.count(1) == processor.get_piece_size()

"""The official modules of a PaddleOCR-VL checkpoint, and the numbers that decoding needs from its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engines.errors import MissingWeights
from engines.paddlex_models import open_predictor
from engines.settings import EngineSettings
from engines.weights.models import Model


@dataclass(frozen=True)
class Checkpoint:
    """PaddleX's model and processor, loaded; `device` is Paddle's name of where it lies."""

    model: Any
    processor: Any
    device: str
    eos: frozenset[int]
    """The tokens that end a text."""

    @property
    def config(self) -> Any:
        """The model's configuration (`config.json`)."""
        return self.model.config


def load_checkpoint(model: Model, settings: EngineSettings) -> Checkpoint:
    """Load a PaddleOCR-VL: float32 on a CPU, on a GPU bfloat16 where it can, as PaddleX chooses.

    Raises:
        MissingWeights: the folder is not whole, or its configuration is not one that this loop decodes.
    """
    import paddle

    predictor = open_predictor(model, settings)
    network = predictor.infer
    network.eval()
    config = network.config
    if config.vision_config.hidden_act != "gelu_pytorch_tanh":
        raise MissingWeights(f"{model.path}/config.json: not the vision tower of PaddleOCR-VL 0.9B")
    if config.use_bias or config.scale_qk_coeff != 1.0 or config.get("tie_word_embeddings", False):
        raise MissingWeights(f"{model.path}/config.json: not the architecture of PaddleOCR-VL 0.9B")
    eos = network.generation_config.eos_token_id
    return Checkpoint(
        network, predictor.processor, str(paddle.get_device()), frozenset(eos if isinstance(eos, list) else [eos])
    )

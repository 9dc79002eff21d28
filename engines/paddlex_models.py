"""Opening PaddleX models from folders, never from the network."""

from __future__ import annotations

import warnings
from typing import Any

from engines.errors import MissingWeights
from engines.page.offline import forbid_downloads
from engines.settings import EngineSettings
from engines.weights.models import Model


def open_predictor(model: Model, settings: EngineSettings, **arguments: Any) -> Any:
    """Make PaddleX's predictor for a model on disk; `arguments` go to it.

    Raises:
        MissingWeights: PaddleX can't load what the folder holds.
    """
    forbid_downloads()
    with warnings.catch_warnings():
        # Paddle tells at import that a compiler cache would speed up extensions that nobody builds here.
        warnings.filterwarnings("ignore", message="No ccache found")
        import paddle
        from paddlex import create_predictor

    paddle.base.core.set_num_threads(settings.paddle_threads)
    try:
        return create_predictor(
            model.name, model_dir=str(model.path), device=_device(settings), batch_size=1, **arguments
        )
    except Exception as error:
        raise MissingWeights(f"{model.path}: PaddleX can't load {model.name} from there: {error}") from error


def _device(settings: EngineSettings) -> str:
    """DEVICE, with auto resolved."""
    import paddle

    if settings.device != "auto":
        return settings.device
    return "gpu:0" if paddle.device.is_compiled_with_cuda() and paddle.device.cuda.device_count() else "cpu"

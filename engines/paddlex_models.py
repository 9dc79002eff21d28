"""Opening PaddleX models from folders, never from the network."""

from __future__ import annotations

import warnings
from typing import Any

from engines.cpu import tune_libraries
from engines.errors import BadSetting, MissingWeights
from engines.page.offline import forbid_downloads
from engines.settings import EngineSettings
from engines.weights.check import check_model
from engines.weights.models import Model


def open_predictor(model: Model, settings: EngineSettings, **arguments: Any) -> Any:
    """Make PaddleX's predictor for a model on disk; `arguments` go to it.

    Raises:
        MissingWeights: a file of the model is absent or cut short, or PaddleX can't load what the folder holds.
        BadSetting: DEVICE names a GPU that Paddle does not see.
    """
    check_model(model)
    forbid_downloads()
    tune_libraries()
    with warnings.catch_warnings():
        # Paddle tells at import that a compiler cache would speed up extensions that nobody builds here.
        warnings.filterwarnings("ignore", message="No ccache found")
        import paddle
        from paddlex import create_predictor

    paddle.base.core.set_num_threads(settings.paddle_threads)
    device = chosen_device(settings)
    try:
        return create_predictor(model.name, model_dir=str(model.path), device=device, batch_size=1, **arguments)
    except Exception as error:
        raise MissingWeights(f"{model.path}: PaddleX can't load {model.name} from there: {error}") from error


def open_static_predictor(model: Model, settings: EngineSettings, **arguments: Any) -> Any:
    """The same for a model that is a static graph (`inference.json`), whose runner has a thread count of its own.

    Without one PaddleX takes 10 threads on any machine (`PaddlePredictorOption`). Its choice of oneDNN stays: off for
    PP-DocLayout and UVDoc, on for the orientation classifier.
    """
    return open_predictor(model, settings, engine_config={"cpu_threads": settings.paddle_threads}, **arguments)


def chosen_device(settings: EngineSettings) -> str:
    """DEVICE, with auto resolved: `cpu` or `gpu:0` and so on.

    Raises:
        BadSetting: DEVICE names a GPU that Paddle does not see.
    """
    import paddle

    count = paddle.device.cuda.device_count() if paddle.device.is_compiled_with_cuda() else 0
    if settings.device == "auto":
        return "gpu:0" if count else "cpu"
    kind, _, number = settings.device.partition(":")
    if kind == "gpu" and int(number or 0) >= count:
        # PaddleX would go on with the CPU.
        raise BadSetting(
            f"DEVICE={settings.device}, but Paddle sees {count} GPUs: install paddlepaddle-gpu, or set DEVICE=cpu"
        )
    return settings.device

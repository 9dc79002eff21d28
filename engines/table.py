"""The table of engines: the one place where names in the settings become classes.

An engine is imported when it is asked for: whoever runs another one need not have its libraries.
"""

from __future__ import annotations

from engines.decoding.observer import Observer
from engines.layout.base import LayoutEngine
from engines.preprocess.base import PreprocessEngine
from engines.refusals import Notice, Refusal, first_of
from engines.settings import EngineSettings
from engines.vlm.base import VlmEngine
from engines.weights.models import Version


def make_layout(settings: EngineSettings) -> LayoutEngine:
    """The layout engine that the settings name, not yet loaded."""
    if settings.engine == "paddle":
        from engines.layout.paddle import PaddleLayout

        return PaddleLayout(settings)
    if settings.engine == "sleep":
        from engines.layout.sleep import SleepLayout
        from engines.sleep.settings import SleepSettings

        return SleepLayout(SleepSettings())
    from engines.layout.lite import LiteLayout

    return LiteLayout(settings)


def make_vlm(settings: EngineSettings, observer: Observer | None = None) -> VlmEngine:
    """The recognition engine that the settings name, not yet loaded; `observer` hears of its decode loop."""
    if settings.vlm_engine == "server":
        from engines.vlm.server import ServerVlm

        return ServerVlm(settings)
    if settings.engine == "paddle":
        from engines.vlm.paddle import PaddleVlm

        return PaddleVlm(settings, observer)
    if settings.engine == "sleep":
        from engines.sleep.settings import SleepSettings
        from engines.vlm.sleep import SleepVlm

        return SleepVlm(settings, SleepSettings(), observer)
    from engines.vlm.lite import LiteVlm

    return LiteVlm(settings)


def make_preprocess(settings: EngineSettings) -> PreprocessEngine:
    """The engine that turns and flattens pages, not yet loaded; one that refuses where there is no model for it.

    Raises MissingWeights.
    """
    from engines.preprocess.none import NoPreprocess

    if settings.engine == "lite":
        from engines.lite.options import preprocess_refusal as lite_refusal

        return NoPreprocess(lite_refusal)
    if settings.engine == "sleep":
        from engines.sleep.options import preprocess_refusal as sleep_refusal

        return NoPreprocess(sleep_refusal)
    from engines.weights.folder import find_weights

    weights = find_weights(settings)
    if weights.orientation or weights.unwarping:
        from engines.preprocess.paddle import PaddlePreprocess

        return PaddlePreprocess(settings)
    from engines.paddle_options import preprocess_refusal

    return NoPreprocess(preprocess_refusal(weights, settings.model_dir))


def make_refusal(settings: EngineSettings) -> Refusal:
    """What the running engines refuse of a page's options. Raises MissingWeights."""
    if settings.engine == "paddle":
        from engines import paddle_options
        from engines.weights.folder import find_weights

        weights = find_weights(settings)
        refusals = [
            paddle_options.layout_refusal(weights),
            paddle_options.preprocess_refusal(weights, settings.model_dir),
        ]
    elif settings.engine == "sleep":
        from engines.sleep.options import preprocess_refusal

        refusals = [preprocess_refusal]
    else:
        from engines.lite import options

        refusals = [options.layout_refusal, options.preprocess_refusal]
        if settings.vlm_engine == "local":
            refusals.append(options.vlm_refusal)
    if settings.vlm_engine == "server":
        from engines.vlm_server.backends import vlm_refusal

        refusals.append(vlm_refusal(settings.vlm_backend))
    return first_of(refusals)


def make_notice(settings: EngineSettings) -> Notice:
    """What is told of a page's options that the running engines take and that change nothing."""
    if settings.engine == "lite" and settings.vlm_engine == "local":
        from engines.lite.options import vlm_notice

        return vlm_notice
    return lambda _name, _value: None


def pipeline_version(settings: EngineSettings) -> Version:
    """The official pipeline whose defaults hold. Raises MissingWeights."""
    if settings.engine == "paddle":
        from engines.weights.folder import find_weights

        return find_weights(settings).version
    return "v1.6"


def model_name(settings: EngineSettings) -> str:
    """The name under which answers tell which weights read the page. Raises MissingWeights."""
    if settings.vlm_engine == "server":
        from engines.vlm_server.models import served_model

        return served_model(settings)
    if settings.engine == "paddle":
        from engines.weights.models import PAIRS

        return PAIRS[pipeline_version(settings)].vlm
    if settings.engine == "sleep":
        from engines.sleep.texts import NAME

        return NAME
    return f"PP-OCRv6 {settings.lite_model}"

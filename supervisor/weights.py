"""A look at the weights before anything starts: Triton would take half a minute to say the same less well."""

from __future__ import annotations

import logging

from pydantic import ValidationError

from engines.errors import MissingWeights
from engines.settings import EngineSettings
from engines.sleep.settings import SleepSettings
from engines.weights import manifest
from engines.weights.check import check_weights, notes
from engines.weights.folder import find_weights, look_into
from supervisor.errors import WeightsError
from supervisor.settings import refusal

logger = logging.getLogger("supervisor")


def check() -> None:
    """Look at what the engines will load; with VERIFY_WEIGHTS also compare every file with the manifest.

    Raises:
        SettingsError: a variable of the engines can't be used.
        WeightsError: the weights are not all there, not whole, or not those of the manifest.
    """
    try:
        settings = EngineSettings()
    except ValidationError as error:
        raise refusal(EngineSettings, error) from None
    if settings.engine == "sleep":
        _tell_of_sleep()
    if settings.engine == "paddle":
        try:
            _check(settings)
        except MissingWeights as error:
            raise WeightsError(str(error)) from None


def _tell_of_sleep() -> None:
    try:
        SleepSettings()
    except ValidationError as error:
        raise refusal(SleepSettings, error) from None
    logger.warning("ENGINE=sleep: NOTHING IS READ. Every answer is made up; this server is for tests of capacity only.")


def _check(settings: EngineSettings) -> None:
    weights = find_weights(settings)
    check_weights(weights)
    for model in weights.models:
        for note in notes(model):
            logger.info("weights: %s", note)
    if settings.verify_weights and settings.model_dir:
        logger.info("weights: comparing with %s", manifest.NAME)
        count = manifest.verify(look_into(settings.model_dir), logger.info)
        logger.info("weights: %d files are those of %s", count, manifest.NAME)

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from engines.settings import EngineSettings
from engines.vlm.server import ServerVlm
from tests.unit.engines.vlm.scripted_server import free_port
from tests.vlm_server.real_server import RealServer

Open = Callable[..., ServerVlm]


@pytest.fixture(scope="session")
def vlm_weights(made_weights: Path) -> Path:
    """The folder of a made PaddleOCR-VL."""
    [folder] = made_weights.glob("PaddleOCR-VL*")
    return folder


@pytest.fixture(scope="session")
def real_server(vlm_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    server = RealServer(vlm_weights, tmp_path_factory.mktemp("vlm-server"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_engine(real_server: RealServer) -> Iterator[Open]:
    """Makes an engine that is loaded and asks the real server."""
    with ExitStack() as stack:

        def make(**others: Any) -> ServerVlm:
            told = {"vlm_backend": "transformers", "vlm_model": real_server.model, **others}
            engine = ServerVlm(
                EngineSettings(engine="lite", model_dir=None, vlm_engine="server", vlm_url=real_server.url, **told)
            )
            engine.load()
            stack.callback(engine.close)
            return engine

        yield make

"""The official server and this one, on the same made weights."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from benchmarks.official_server import official_server
from tests.product import running


@dataclass(frozen=True)
class Both:
    """Asks both at the same time."""

    official: httpx.Client
    here: httpx.Client
    threads: ThreadPoolExecutor

    def ask(self, path: str, body: Mapping[str, Any]) -> tuple[httpx.Response, httpx.Response]:
        """The official answer, and the one from here."""
        asked = [self.threads.submit(client.post, path, json=body) for client in (self.official, self.here)]
        official, here = (answer.result() for answer in asked)
        return official, here


@pytest.fixture(scope="session")
def weights(made_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made weights without the model that flattens pages."""
    folder = tmp_path_factory.mktemp("drop-in") / "weights"
    shutil.copytree(made_weights, folder, ignore=shutil.ignore_patterns("UVDoc"))
    return folder


@pytest.fixture(scope="session")
def both(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both servers; this one shows its model the colours that the native engine of PaddleX does."""
    environment = {"ENGINE": "paddle", "MODEL_DIR": str(weights), "VLM_COLOUR_ORDER": "bgr"}
    with ExitStack() as stack:
        url = stack.enter_context(official_server(weights))
        product = stack.enter_context(running(tmp_path_factory.mktemp("product"), **environment))
        # A connection a request: the one that waits for the other's answer would be closed meanwhile.
        alone = httpx.Limits(max_keepalive_connections=0)
        clients = [
            stack.enter_context(httpx.Client(base_url=address, timeout=600, trust_env=False, limits=alone))
            for address in (url, product.gateway_url)
        ]
        yield Both(*clients, stack.enter_context(ThreadPoolExecutor(2)))

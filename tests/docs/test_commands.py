"""The commands of the documents do what the documents say."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from supervisor.stack import Stack
from tests.conftest import ROOT
from tests.docs.installed import absent_modules, extras
from tests.docs.pages import COMMANDS, ENGLISH, Block, blocks
from tests.docs.reader import Reader, follow

CLI = ROOT / "docs/cli.md"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Nothing."""


@pytest.fixture(scope="session")
def files() -> Iterator[str]:
    """The address of a server that has the samples, as one inside a company would."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(ROOT / "samples"))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def followed(
    stack: Stack, files: str, made_weights: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], tuple[Path, int]]:
    """Follows a page, once: the folder in which that was done, and how many commands were run."""
    addresses = {
        "http://127.0.0.1:8081": stack.gateway_url,
        "127.0.0.1:8081": stack.gateway_url.removeprefix("http://"),
        "127.0.0.1:8000": stack.triton_url.removeprefix("http://"),
        "http://127.0.0.1:8002/metrics": stack.metrics_url,
        "https://files.bank.example": files,
    }

    @cache
    def follow_in_a_folder_of_its_own(page: Path) -> tuple[Path, int]:
        folder = tmp_path_factory.mktemp(page.stem)
        # Of its own: a page writes a file beside the models.
        shutil.copytree(made_weights, folder / "official_models", copy_function=os.link)
        reader = Reader(folder, addresses, absent_modules(extras(page)), tmp_path_factory.mktemp("tools"))
        return folder, follow(reader, blocks(page))

    return follow_in_a_folder_of_its_own


def commands(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in COMMANDS]


@pytest.mark.parametrize("page", [page for page in ENGLISH if commands(page)], ids=lambda page: page.name)
def test_the_commands_of_a_page_work(followed: Callable[[Path], tuple[Path, int]], page: Path) -> None:
    _, count = followed(page)
    assert count == sum(not block.why for block in commands(page))


def test_the_files_of_the_command_are_where_its_page_says(followed: Callable[[Path], tuple[Path, int]]) -> None:
    folder, _ = followed(CLI)
    written = {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.md")}
    assert written == {"sample.md", "page.md", "scans/page.md", "scans/2024/a.md"}

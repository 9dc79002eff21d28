"""The product, started once a run, and the documents that are sent to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from engines.page.offline import forbid_downloads

if TYPE_CHECKING:
    from supervisor.stack import Stack

ROOT = Path(__file__).parents[1]
SYNTH = ROOT / "tests" / "data" / "synth"


def pytest_configure() -> None:
    """PaddleX must find its environment before whichever test imports it first."""
    forbid_downloads()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Triton and the gateway on free ports, ready; they outlive the faults that tests make."""
    from tests.product import running

    with running(tmp_path_factory.mktemp("product")) as stack:
        yield stack


@pytest.fixture(scope="session")
def made_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MODEL_DIR of tiny random weights: v1.6, with the models that turn and flatten pages."""
    from scripts.made_weights import make_weights

    return make_weights(tmp_path_factory.mktemp("made") / "v1.6", "v1.6", with_preprocessing=True)


@pytest.fixture(scope="session")
def paddle_stack(made_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The same with the offline weights' engine, on made weights."""
    from tests.product import running

    weights = {"ENGINE": "paddle", "MODEL_DIR": str(made_weights), "DEVICE": "cpu"}
    with running(tmp_path_factory.mktemp("paddle"), **weights) as stack:
        yield stack


@pytest.fixture(scope="session")
def made_weights_v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MODEL_DIR of tiny random weights: v1, without optional models."""
    from scripts.made_weights import make_weights

    return make_weights(tmp_path_factory.mktemp("made") / "v1", "v1")


@pytest.fixture(scope="session")
def page_image() -> bytes:
    """A page of English text as a PNG, at 200 dpi."""
    with pypdfium2.PdfDocument(SYNTH / "01_en_single.pdf") as document:
        return png(document[0].render(scale=200 / 72).to_pil())


@pytest.fixture(scope="session")
def line_images() -> list[tuple[str, np.ndarray]]:
    """Lines of text of different lengths, each with its image, RGB uint8 [height, width, 3]."""
    names = ("Harbour", "Quay", "Crane and berth", "Vessel", "Northern pilot station", "Tide", "Cargo manifest", "Pier")
    return [
        (written, _line_image(written)) for written in (f"{name} {4100 + place}" for place, name in enumerate(names))
    ]


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _line_image(written: str) -> np.ndarray:
    font = ImageFont.load_default(size=30)
    picture = Image.new("RGB", (int(font.getlength(written)) + 40, 56), "white")
    ImageDraw.Draw(picture).text((20, 8), written, fill="black", font=font)
    return np.asarray(picture)

"""The engine of VLM_ENGINE=server against a real OpenAI-compatible server of PaddleOCR-VL on made weights."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engines.errors import BadSetting, ServerUnavailable, UnsupportedOption
from engines.paddlex_models import open_predictor
from engines.page.local import local_reader
from engines.page.options import PageOptions
from engines.settings import EngineSettings
from engines.vlm.base import PROMPTS, Crop, VlmOptions
from engines.vlm.server import ServerVlm
from engines.weights.models import Model
from tests.unit.engines.lite.rendering import settings as lite_settings
from tests.vlm_server.conftest import Open
from tests.vlm_server.real_server import RealServer

WAIT = 120.0
BOUNDS = {"min_pixels": 28 * 28 * 250, "max_pixels": 28 * 28 * 500}
"""Inside those of the server's own preprocessor_config.json, which it keeps to whatever is sent."""


def crop(width: int, height: int, written: str) -> NDArray[np.uint8]:
    """Coloured, so that red taken for blue is another picture; RGB uint8 [height, width, 3]."""
    picture = Image.new("RGB", (width, height), (250, 235, 190))
    ImageDraw.Draw(picture).text((8, 4), written, fill=(20, 30, 200), font=ImageFont.load_default(size=24))
    return np.asarray(picture)


CROPS = {
    "line": crop(420, 40, "Harbour 4100"),
    "block": crop(640, 320, "Quay 4101\nCrane and berth\nVessel"),
    "large": crop(1300, 900, "Tide 4102\nPier"),
    "narrow": crop(30, 400, "W"),
    "tiny": crop(12, 9, "."),
}


@pytest.fixture(scope="module")
def official(vlm_weights: Path) -> Any:
    """PaddleX's own predictor on the same weights."""
    model = Model("PaddleOCR-VL-1.6-0.9B", vlm_weights)
    return open_predictor(model, EngineSettings(engine="paddle", model_dir=vlm_weights.parent, device="cpu"))


@pytest.fixture
def vlm(open_engine: Open) -> ServerVlm:
    return open_engine()


@pytest.mark.filterwarnings("ignore:To copy construct from a tensor:UserWarning")  # PaddleX's own
@pytest.mark.parametrize("bounds", [{}, BOUNDS], ids=["any size", "bounds"])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_texts_are_those_of_paddlex(vlm: ServerVlm, official: Any, prompt: str, bounds: dict[str, Any]) -> None:
    options = VlmOptions(max_new_tokens=40, **bounds)
    futures = vlm.submit([Crop(image, prompt, options) for image in CROPS.values()])
    for name, image, future in zip(CROPS, CROPS.values(), futures, strict=True):
        # PaddleX's processor makes a picture of an array as it is: RGB stays RGB.
        [wanted] = official.predict([{"image": image, "query": prompt}], max_new_tokens=40, **bounds)
        # PaddleX's tokenizer takes spaces out at the start and before punctuation, which servers leave.
        assert future.result(WAIT).text.replace(" ", "") == wanted["result"].replace(" ", ""), name


def test_a_limit_of_tokens(vlm: ServerVlm) -> None:
    [future] = vlm.submit([Crop(CROPS["block"], "OCR:", VlmOptions(max_new_tokens=2))])
    text = future.result(WAIT)
    assert (text.tokens, text.finish_reason) == (2, "length")


def test_many_at_once_read_as_alone(vlm: ServerVlm) -> None:
    crops = [Crop(image, prompt, VlmOptions(max_new_tokens=20)) for prompt in PROMPTS for image in CROPS.values()]
    alone = [vlm.submit([crop])[0].result(WAIT).text for crop in crops]
    together = [future.result(WAIT).text for future in vlm.submit(crops)]
    assert together == alone
    assert len(set(alone)) > len(crops) / 2


def test_a_deadline(vlm: ServerVlm) -> None:
    options = VlmOptions(deadline=time.time() + 0.05)
    [future] = vlm.submit([Crop(CROPS["large"], "OCR:", options)])
    assert future.result(WAIT).finish_reason == "deadline"


def test_what_it_has_no_field_for_is_refused(vlm: ServerVlm) -> None:
    [future] = vlm.submit([Crop(CROPS["line"], "OCR:", VlmOptions(repetition_penalty=1.2))])
    with pytest.raises(UnsupportedOption, match="repetitionPenalty"):
        future.result(WAIT)


def test_another_model_stops_the_start(open_engine: Open) -> None:
    with pytest.raises(BadSetting, match=r"VLM_MODEL.*pinned to"):
        open_engine(vlm_model="PaddleOCR-VL")


def test_another_kind_of_server_stops_the_start(open_engine: Open) -> None:
    with pytest.raises(BadSetting, match=r"VLM_BACKEND.*Unexpected fields"):
        open_engine(vlm_backend="vllm")


def test_a_model_must_be_named_as_it_lists_none(open_engine: Open) -> None:
    with pytest.raises(BadSetting, match="VLM_MODEL"):
        open_engine(vlm_model=None)


def test_a_page_is_laid_out_here_and_read_there(real_server: RealServer, page_image: bytes) -> None:
    settings = lite_settings().model_copy(
        update={
            "vlm_engine": "server",
            "vlm_url": real_server.url,
            "vlm_backend": "transformers",
            "vlm_model": real_server.model,
        }
    )
    options = PageOptions.from_json('{"maxNewTokens": 8}')
    with local_reader(settings) as reader:
        page = reader.read(page_image, options)
    assert page.tokens > 8
    assert {warning.type for warning in page.warnings} <= {"cut_short"}


def test_a_server_that_dies_and_comes_back(vlm: ServerVlm, real_server: RealServer) -> None:
    asked = Crop(CROPS["line"], "OCR:", VlmOptions(max_new_tokens=10))
    before = vlm.submit([asked])[0].result(WAIT)
    real_server.kill()
    with pytest.raises(ServerUnavailable, match="VLM_URL can't be reached"):
        vlm.submit([asked])[0].result(WAIT)
    real_server.start()
    assert vlm.submit([asked])[0].result(WAIT).text == before.text

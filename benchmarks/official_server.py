"""PaddleX's own server, `paddlex --serve`, on local weights."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import yaml

from engines.page.official import official_config
from engines.page.offline import forbid_downloads
from engines.settings import EngineSettings
from engines.weights.folder import find_weights
from supervisor.free_ports import settings_on_free_ports

START_SECONDS = 180


@contextmanager
def official_server(weights: Path) -> Iterator[str]:
    """The server on these weights, with its own threads, until the context ends; its address.

    It turns pages upright, or flattens them, where `weights` holds the model for that and a request asks for it.

    Raises:
        SystemExit: it did not come up; the message holds the end of what it printed.
    """
    forbid_downloads()
    with tempfile.TemporaryDirectory() as folder:
        pipeline, port = Path(folder, "pipeline.yaml"), settings_on_free_ports(Path(folder)).gateway_port
        pipeline.write_text(yaml.safe_dump(_config(weights)))
        program = Path(sys.executable).with_name("paddlex")
        where = ("--port", str(port), "--host", "127.0.0.1", "--device", "cpu")
        log = Path(folder, "log")
        with log.open("wb") as output:
            server = subprocess.Popen(
                [program, "--serve", "--pipeline", pipeline, *where], stdout=output, stderr=output
            )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(url, server, log)
            yield url
        finally:
            server.terminate()
            server.wait()


def _config(weights: Path) -> dict[str, Any]:
    """The pipeline's configuration as PaddleX ships it, with the paths of these weights."""
    found = find_weights(EngineSettings(engine="paddle", model_dir=weights))
    config: dict[str, Any] = yaml.safe_load(yaml.safe_dump(official_config(found.version)))
    config["use_queues"] = True
    config["SubModules"]["LayoutDetection"]["model_dir"] = str(found.layout.path)
    config["SubModules"]["VLRecognition"]["model_dir"] = str(found.vlm.path) if found.vlm else None
    config["use_doc_preprocessor"] = bool(found.orientation or found.unwarping)
    preprocessor = config["SubPipelines"]["DocPreprocessor"]
    for module, step, model in (
        ("DocOrientationClassify", "use_doc_orientation_classify", found.orientation),
        ("DocUnwarping", "use_doc_unwarping", found.unwarping),
    ):
        preprocessor[step] = model is not None
        preprocessor["SubModules"][module]["model_dir"] = str(model.path) if model else None
    return config


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    with httpx.Client(trust_env=False) as client:
        for _ in range(START_SECONDS * 4):
            if server.poll() is not None:
                raise SystemExit(f"the official server did not start:\n{log.read_text()[-3000:]}")
            try:
                client.get(f"{url}/health").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.25)
            else:
                return
    raise SystemExit(f"the official server does not come up:\n{log.read_text()[-3000:]}")

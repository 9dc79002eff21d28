"""Saving a small network as the static Paddle model that PaddleX loads."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

import yaml

from scripts.made_weights.notice import NOTICE, NOTICE_KEY

if TYPE_CHECKING:
    from paddle.nn import Layer

FILES = ("inference.json", "inference.pdiparams")


def import_paddle() -> Any:
    """Paddle, without what it warns of at import: that a compiler cache would speed up extensions nobody builds."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No ccache found")
        import paddle

    return paddle


def save(
    make: Callable[[], Layer],
    inputs: Sequence[tuple[str, list[int | None]]],
    folder: Path,
    config: dict[str, Any],
) -> None:
    """Write the network, its float32 `inputs` by name and shape, and its `inference.yml` into the folder."""
    paddle = import_paddle()
    folder.mkdir(parents=True, exist_ok=True)
    specs = [paddle.static.InputSpec(shape, "float32", name) for name, shape in inputs]
    # Names are counted anew, or the file would depend on what else the process has made.
    with warnings.catch_warnings(), paddle.utils.unique_name.guard():
        # Source code of the project and of Paddle, as seen by Paddle's own translation of it to a graph.
        warnings.simplefilter("ignore")
        network = make()
        network.eval()
        graph = paddle.jit.to_static(network, full_graph=True, input_spec=specs)
        with tempfile.TemporaryDirectory() as saved:
            paddle.jit.save(graph, f"{saved}/inference")
            for name in FILES:
                copyfile(f"{saved}/{name}", folder / name)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    (folder / "inference.yml").write_text(f"# {NOTICE}\n{text}", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({**config, NOTICE_KEY: NOTICE}, indent=2) + "\n", encoding="utf-8")

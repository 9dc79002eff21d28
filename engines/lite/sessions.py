"""Opening ONNX models for a server whose workers are the only source of parallelism."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Session:
    """One model with one input, on one thread of the caller. `run` may be called from several threads at once.

    A session never starts threads of its own: with a pool of workers as wide as the machine, threads inside a session
    and their spinning only take the cores from each other (267 ms became 747 ms for one detection).
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input: str = self._session.get_inputs()[0].name

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the exporter of the model wrote into it."""
        entries: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        return entries

    def run(self, batch: Floats) -> list[Floats]:
        """All outputs for `batch`, float32 [n, ...]."""
        outputs: list[Any] = self._session.run(None, {self._input: batch})
        return outputs

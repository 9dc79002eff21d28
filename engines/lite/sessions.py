"""Opening ONNX models for a server whose workers are the only source of parallelism.

Two runtimes run the same files. onnxruntime is always there. OpenVINO, where it is installed, computes in bfloat16 on
processors that can, which takes a half to two thirds of the time; elsewhere it computes in float32 like onnxruntime.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engines.openvino_runtime import import_openvino, infer

Floats = NDArray[np.float32]
Runtime = Literal["auto", "onnxruntime", "openvino"]

FEW_KERNELS, MANY_KERNELS = 300, 5000
"""Kernels that OpenVINO keeps for shapes that it has seen. It keeps up to 5000, which for pages of ever new sizes is
memory without end (414 MB after 80 sizes, against 240 MB with 300, at the same speed)."""


class Session(Protocol):
    """One model with one input, run on the thread of the caller. `run` may be called from several threads at once."""

    def run(self, batch: Floats) -> list[Floats]:
        """All outputs for `batch`, float32 [n, ...]; good until the next run on the same thread."""


def open_session(
    path: Path, runtime: Runtime = "onnxruntime", *, threads: int = 1, few_shapes: bool = False
) -> Session:
    """Open a model.

    `runtime` "auto" takes OpenVINO where it is installed. At most `threads` threads will run the model at once.
    `few_shapes` tells that its inputs have few different shapes.
    """
    if runtime == "openvino" or (runtime == "auto" and find_spec("openvino") is not None):
        return OpenVinoSession(path, threads, MANY_KERNELS if few_shapes else FEW_KERNELS)
    return OnnxSession(path)


class OnnxSession:
    """A model in onnxruntime.

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


class OpenVinoSession:
    """A model in OpenVINO, with one stream of one thread for each worker."""

    def __init__(self, path: Path, threads: int, kernels: int) -> None:
        self._model = (
            import_openvino()
            .Core()
            .compile_model(
                str(path),
                "CPU",
                {
                    "NUM_STREAMS": threads,
                    "INFERENCE_NUM_THREADS": threads,
                    "ENABLE_CPU_PINNING": False,
                    "CPU_RUNTIME_CACHE_CAPACITY": kernels,
                },
            )
        )
        self._local = threading.local()

    def run(self, batch: Floats) -> list[Floats]:
        """All outputs for `batch`, float32 [n, ...]."""
        if not hasattr(self._local, "request"):
            self._local.request = self._model.create_infer_request()
        outputs = infer(self._local.request, {0: batch}, share_outputs=True)
        return [outputs[place] for place in range(len(self._model.outputs))]

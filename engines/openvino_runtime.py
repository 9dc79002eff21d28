"""OpenVINO as a server without a network and with several threads can use it."""

from __future__ import annotations

import sys
import threading
from typing import Any


def import_openvino() -> Any:
    """The package `openvino`, kept from reporting its import to its maker's statistics over the internet.

    It does so through `openvino_telemetry`, and has a stub of its own for where that is not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


class _FirstInference:
    """The first inference of a process runs alone.

    It makes static variables of OpenVINO's Python binding, and lets go of Python's lock meanwhile; a second thread that
    came along would wait for them with that lock held, and the process would stand still for ever.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_done = False

    def infer(self, request: Any, inputs: Any, *, share_outputs: bool) -> Any:
        if self._is_done:
            return request.infer(inputs, share_inputs=True, share_outputs=share_outputs)
        with self._lock:
            outputs = request.infer(inputs, share_inputs=True, share_outputs=share_outputs)
            self._is_done = True
        return outputs


_first = _FirstInference()


def infer(request: Any, inputs: Any, *, share_outputs: bool = False) -> Any:
    """Run an inference request on the calling thread; shared outputs are good until its next run."""
    return _first.infer(request, inputs, share_outputs=share_outputs)

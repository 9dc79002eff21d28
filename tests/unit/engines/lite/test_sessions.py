"""Both runtimes compute the same, and neither tells anybody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from engines.lite import weights
from engines.lite.sessions import open_session
from tests.unit.engines.lite.rendering import settings

MODEL = settings().lite_weights / weights.TEXT_DETECTION["tiny"].name


def test_the_runtimes_agree() -> None:
    image = np.random.default_rng(1).uniform(-1, 1, (1, 3, 64, 96)).astype(np.float32)
    [exact], [other] = (open_session(MODEL, runtime).run(image) for runtime in ("onnxruntime", "openvino"))
    assert exact.shape == other.shape
    # OpenVINO computes in bfloat16 where the processor can.
    assert np.abs(exact - other).max() < 0.1


def test_openvino_does_not_report_its_import(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from engines.lite.sessions import open_session
open_session(Path({str(MODEL.resolve())!r}), "openvino")
from openvino.tools.ovc import telemetry_utils
assert telemetry_utils.tm.__name__ == "openvino.tools.ovc.telemetry_stub", telemetry_utils.tm
"""
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []


def test_threads_may_begin_together() -> None:
    """OpenVINO's Python binding would wait for itself with Python's lock held, done like this nearly each time."""
    program = f"""
import sys, threading
from pathlib import Path
import numpy as np
from engines.lite.sessions import open_session
sessions = [open_session(Path({str(MODEL.resolve())!r}), "openvino", threads=4) for _ in range(2)] * 2
together = threading.Barrier(len(sessions))
def run(session):
    together.wait()
    session.run(np.zeros((1, 3, 32, 32), np.float32))
threads = [threading.Thread(target=run, args=(session,)) for session in sessions]
sys.setswitchinterval(1e-6)
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program], timeout=60, check=True)

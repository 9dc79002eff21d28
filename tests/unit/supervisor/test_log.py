from __future__ import annotations

from pathlib import Path

import pytest

from supervisor.log import TritonLog

WRITTEN = rb"""E1122 11:01:13.049554 24010 server.cc:241] "CudaDriverHelper has not been initialized."
I1122 11:01:13.130224 24010 model_lifecycle.cc:839] "successfully loaded 'vlm'"
E1122 11:01:13.381271 24010 model_lifecycle.cc:642] "failed to load 'a': ValueError: bad\nnews\n\nAt:\n  x.py(1)"
E1122 11:01:13.381271 24010 model_lifecycle.cc:642] "failed to load 'a': ValueError: bad\nnews\n\nAt:\n  x.py(1)"
[libprotobuf ERROR /tmp/text_format.cc:337] Error parsing text-format inference.ModelConfig: 7:1: no field named "xx".
error: creating server: Internal - failed to load all models
"""


@pytest.fixture
def log(tmp_path: Path) -> TritonLog:
    return TritonLog(tmp_path / "triton.log")


def test_errors_are_told_once_without_stacks_and_without_what_lacks_a_gpu(log: TritonLog) -> None:
    with log.rotate() as file:
        file.write(WRITTEN)
    assert log.take_errors() == [
        "failed to load 'a': ValueError: bad\nnews",
        'Error parsing text-format inference.ModelConfig: 7:1: no field named "xx".',
        "creating server: Internal - failed to load all models",
    ]
    assert log.take_errors() == []
    assert log.loaded == {"vlm"}


def test_a_line_that_is_still_being_written_is_read_when_it_ends(log: TritonLog) -> None:
    with log.rotate() as file:
        file.write(b"error: cut")
        file.flush()
        assert log.take_errors() == []
        file.write(b" short\n")
    assert log.take_errors() == ["cut short"]


def test_the_last_four_logs_are_kept(log: TritonLog) -> None:
    for number in range(7):
        with log.rotate() as file:
            file.write(b"%d" % number)
    names = ["triton.log", *(f"triton.log.{age}" for age in range(1, 5))]
    assert [(log.path.parent / name).read_text() for name in names] == ["6", "5", "4", "3", "2"]
    assert len(list(log.path.parent.iterdir())) == 5

"""The budget of the cache, from what is free; and which errors say that memory is short."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.decoding import memory
from engines.decoding.cache import CacheFull, CacheShape
from engines.errors import EngineFailure
from engines.settings import EngineSettings

SHAPE = CacheShape(layers=18, heads=2, head_size=128, dtype="bfloat16")
GIB = 1 << 30


@pytest.fixture
def control_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    return tmp_path


def limit(folder: Path, maximum: object, current: int, files: int) -> None:
    (folder / "memory.max").write_text(f"{maximum}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(f"anon {current - files}\ninactive_file {files}\nactive_file 0\n")


def tokens() -> int:
    return memory.cache_tokens(EngineSettings(), SHAPE, "cpu")


def test_files_that_were_read_count_as_free(control_group: Path) -> None:
    limit(control_group, 8 * GIB, 7 * GIB, files=3 * GIB)
    assert tokens() == int(0.25 * 4 * GIB) // SHAPE.token_bytes


def test_too_little_says_what_to_do(control_group: Path) -> None:
    limit(control_group, 8 * GIB, 8 * GIB - (1 << 20), files=0)
    with pytest.raises(EngineFailure, match="VLM_CACHE_TOKENS"):
        tokens()


def test_without_a_limit_the_machine_counts(control_group: Path) -> None:
    limit(control_group, "max", 8 * GIB, files=0)
    limited = tokens()
    (control_group / "memory.max").unlink()
    assert limited > 0
    assert tokens() > 0


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (MemoryError("the device is full"), True),
        (CacheFull("no room"), True),
        (OSError("(External) CUBLAS error(3), CUBLAS_STATUS_ALLOC_FAILED."), True),
        (OSError("(External) CUDA error(2), out of memory."), True),
        (OSError("(External) CUDA error(700), an illegal memory access was encountered."), False),
        (RuntimeError("out of ideas"), False),
    ],
)
def test_errors_that_say_that_memory_is_short(error: Exception, short: bool) -> None:
    assert memory.is_short(error) is short

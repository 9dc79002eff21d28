"""How many tokens the cache may hold: what the settings say, or a share of the memory that is free at start."""

from __future__ import annotations

from pathlib import Path

import psutil

from engines.decoding.cache import SHORTEST_LANE, CacheFull, CacheShape, LaneLength, by_halves, doubling
from engines.errors import EngineFailure
from engines.settings import EngineSettings

GPU_SHARE = 0.5
"""Of what the weights leave of a GPU: the vision tower, the prefill and the other models' processes need the rest."""
CPU_SHARE = 0.25
"""Of a machine's free memory, which other processes share."""
LONGEST_ROW = 8192
"""Tokens: a slot never takes more, for a prompt of 1,300 tokens and 4,096 new ones."""
CPU_SLOTS, GPU_SLOTS = 16, 64

_SHORT_OF_MEMORY = ("ALLOC_FAILED", "out of memory", "memory allocation")
_CGROUP = Path("/sys/fs/cgroup")


def slots(settings: EngineSettings, device: str) -> int:
    """Rows that decode at once."""
    return settings.vlm_slots or (CPU_SLOTS if device == "cpu" else GPU_SLOTS)


def lane_length(device: str) -> LaneLength:
    """How long the lanes of the cache are."""
    return by_halves if device == "cpu" else doubling


def cache_tokens(settings: EngineSettings, shape: CacheShape, device: str) -> int:
    """The budget of the cache in tokens.

    Raises:
        EngineFailure: there is not room for one long row, so that some crops could never be read.
    """
    if settings.vlm_cache_tokens:
        return settings.vlm_cache_tokens
    free = _free_cpu() * CPU_SHARE if device == "cpu" else _free_gpu(device) * GPU_SHARE
    tokens = int(free // shape.token_bytes)
    if tokens < LONGEST_ROW:
        raise EngineFailure(
            f"the memory left on {device} holds {tokens} tokens of the VLM's cache, a long table takes {LONGEST_ROW}: "
            f"free some memory ({LONGEST_ROW * shape.token_bytes / 2**20:.0f} MiB are needed for the cache), "
            f"or set VLM_CACHE_TOKENS, {SHORTEST_LANE} at least"
        )
    return min(tokens, slots(settings, device) * LONGEST_ROW)


def _free_gpu(device: str) -> float:
    import paddle

    number = int(device.rpartition(":")[2])
    total = paddle.device.cuda.get_device_properties(number).total_memory
    return float(total - paddle.device.cuda.memory_reserved(number))


def is_short(error: Exception) -> bool:
    """Whether an error says that memory is short.

    Paddle's own allocator raises MemoryError; what CUDA's libraries allocate for themselves fails as OSError.
    """
    text = str(error)
    return isinstance(error, (MemoryError, CacheFull)) or (
        isinstance(error, OSError) and any(words in text for words in _SHORT_OF_MEMORY)
    )


def _free_cpu() -> float:
    """Bytes free on the machine, or in this control group where that is less."""
    free = float(psutil.virtual_memory().available)
    limit, used, statistics = (_CGROUP / name for name in ("memory.max", "memory.current", "memory.stat"))
    try:
        counted = dict(line.split() for line in statistics.read_text().splitlines())
        # Files that were read, weights above all, count as used, and go when their room is wanted.
        return min(free, float(limit.read_text()) - float(used.read_text()) + float(counted["inactive_file"]))
    except (OSError, ValueError, KeyError):  # no control group, or "max": no limit
        return free

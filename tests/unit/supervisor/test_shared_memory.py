from __future__ import annotations

from pathlib import Path

from supervisor.shared_memory import SharedMemory


def test_what_a_killed_supervisor_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    prefix = SharedMemory(tmp_path / "note").new_prefix()
    region = Path("/dev/shm", f"{prefix}region")
    region.touch()
    assert SharedMemory(tmp_path / "note").new_prefix() != prefix
    assert not region.exists()


def test_regions_of_others_stay(tmp_path: Path) -> None:
    other = Path("/dev/shm", SharedMemory(tmp_path / "other").new_prefix())
    other.touch()
    ours = SharedMemory(tmp_path / "ours")
    ours.new_prefix()
    ours.remove()
    assert other.exists()
    SharedMemory(tmp_path / "other").remove()
    assert not other.exists()

"""What is measured at one load, and all loads of one target: kept as JSON from one run to the next."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)


class Stage(_Kept):
    """A model at one load: requests a batch, milliseconds in its queue, milliseconds of its engine."""

    batch: float
    queue: float
    engine: float


class Inside(_Kept):
    """The server at one load: CPU seconds a request of all its processes, and its models.

    None where the processes are another machine's, and where a model read nothing.
    """

    cpu: float | None = None
    layout: Stage | None = None
    vlm: Stage | None = None


class Level(_Kept):
    """One load: `load` requests in flight, or due a second. Rates are a second, latencies milliseconds.

    `good` is the share of the requests that were answered with a result; the others were turned away. `late` is the
    share that the load generator sent later than they were due.
    """

    load: float
    answered: float
    p50: float
    p90: float
    p95: float
    p99: float
    good: float = 1.0
    late: float = 0.0
    inside: Inside = Inside()


class Profile(_Kept):
    """All loads of one target. `unit` is what a request asks to be read: a page, a crop."""

    target: str
    unit: str
    closed: tuple[Level, ...]
    open: tuple[Level, ...]

    def save(self, folder: Path) -> None:
        """Keep the profile for `load`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.target}.json").write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, target: str) -> Profile | None:
        """The profile of a target that was kept last, if there is one."""
        path = folder / f"{target}.json"
        return cls.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None

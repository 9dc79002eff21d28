"""The work as Ray Data has it: shards are cut into units, units are read by actors, shards are put together."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, cast

import ray
import ray.data
import ray.exceptions
from ray.data.block import BlockAccessor

from archive.errors import ShardFailed
from archive.finishing import Finished, finish
from archive.planning import units
from archive.reading import RayReader, Reading, Told
from archive.stores import open_store

_SHARDS_AT_ONCE = 256
"""In one run of the pipeline: what is planned and not read yet is held by Ray."""
_FINISHED_AT_ONCE = 4
_CPUS_OF_A_PLANNER = 0.5
_CPUS_OF_A_FINISHER = 0.25
_CPUS_OF_A_READER = 0.01
"""It waits for servers nearly all the time.

Readers stay as long as the run. On a machine that has one, and up to 25, planners leave the rest of half a CPU: a
finisher has room even if that is all. Nothing asks for 0, or it would run on a head that is to do no work. Readers and
planners must differ, or Ray Data makes one of both.
"""
_FINISHED_AGAIN = 3
"""How often a shard is put together again whose process died, or node."""


@dataclass(frozen=True)
class Work:
    """What to do: `todo` shards with their numbers of documents, by `readers` processes."""

    reading: Reading
    todo: Mapping[int, int]
    readers: int
    pages_a_request: int


@dataclass
class _Open:
    """A shard that is being read: the number of its units, and those that were told of, with their documents."""

    units: int
    told: dict[str, str] = field(default_factory=dict)

    @property
    def by_document(self) -> Mapping[str, Collection[str]]:
        """The units that were told of, for each document."""
        units: defaultdict[str, list[str]] = defaultdict(list)
        for unit, document in sorted(self.told.items()):
            units[document].append(unit)
        return dict(units)


def run(work: Work) -> Generator[Told | Finished, None, None]:
    """Do it; tells of each unit and each shard as they come to an end.

    A node that dies takes with it what it was doing: Ray does that again elsewhere, and the checkpoints see to it that
    nothing is read twice that was read. Raises OSError, ShardFailed, ray.exceptions.RayError.
    """
    left = deque(work.todo)
    while left:
        yield from _run(work, [left.popleft() for _ in range(min(_SHARDS_AT_ONCE, len(left)))])


def _run(work: Work, shards: Sequence[int]) -> Iterator[Told | Finished]:
    finishing: dict[ray.ObjectRef[Finished], int] = {}
    open_shards: dict[int, _Open] = {}
    ended: set[int] = set()
    for row in _rows(work, shards):
        shard, count = row.pop("shard"), row.pop("units")
        if shard in ended:
            continue
        state = open_shards.setdefault(shard, _Open(count))
        if row["unit"]:
            told = replace(Told(shard=shard, **row), share=work.todo[shard] / count)
            if told.unit not in state.told:
                yield told
            if told.stop is not None:
                return
            state.told[told.unit] = told.document
        if len(state.told) == state.units:
            ended.add(shard)
            finishing[_finish.remote(work.reading.output, shard, open_shards.pop(shard).by_document)] = shard
        while finishing and (len(finishing) > _FINISHED_AT_ONCE or ray.wait([*finishing], timeout=0)[0]):
            yield _finished(finishing)
    while finishing:
        yield _finished(finishing)


def _finished(finishing: dict[ray.ObjectRef[Finished], int]) -> Finished:
    """The next of the shards that are being put together, which is taken out. Raises ShardFailed, RayError."""
    (ready, *_), _ = ray.wait([*finishing])
    shard = finishing.pop(ready)
    try:
        finished: Finished = ray.get(ready)
    except ray.exceptions.OutOfMemoryError as error:
        raise ShardFailed(f"shard {shard:06} can't be put together: no machine has the memory for it") from error
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError) as error:
        raise ShardFailed(
            f"shard {shard:06} can't be put together: the process that does it died {_FINISHED_AGAIN + 1} times, "
            "perhaps for want of memory"
        ) from error
    return finished


def _rows(work: Work, shards: Sequence[int]) -> Iterator[dict[str, Any]]:
    threads = work.reading.each * len(work.reading.servers)
    # Blocks of a row each: a task of the readers is one unit, so that what has been read is told at once, and a task
    # that is repeated is short. repartition() would do that by tasks which ask for a whole CPU.
    ray.data.DataContext.get_current().target_max_block_size = 1
    planned = ray.data.from_items([{"shard": shard} for shard in shards], override_num_blocks=len(shards)).flat_map(
        partial(_planned, output=work.reading.output, pages_a_request=work.pages_a_request, retry=work.reading.retry),
        num_cpus=_CPUS_OF_A_PLANNER,
    )
    read = planned.map(
        # A class is taken too, whatever the annotation says.
        cast(Any, _RowReader),
        fn_constructor_args=[work.reading],
        compute=ray.data.ActorPoolStrategy(
            size=work.readers,
            max_tasks_in_flight_per_actor=2 * threads,
            max_concurrent_calls_per_actor=threads,
            enable_true_multi_threading=True,
        ),
        num_cpus=_CPUS_OF_A_READER,
    )
    # iter_batches() has a thread that goes on after the loop, into Ray's shutdown (archive.cluster).
    for bundle in read.iter_internal_ref_bundles():
        for block in bundle.block_refs:
            yield from BlockAccessor.for_block(ray.get(block)).to_arrow().to_pylist()


class _RowReader:
    """A RayReader, for rows that have a unit."""

    def __init__(self, reading: Reading) -> None:
        self._reader = RayReader(reading)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        told = self._reader(row) if row["unit"] else {"unit": ""}
        return {**told, "shard": row["shard"], "units": row["units"]}


def _planned(row: Mapping[str, Any], *, output: str, pages_a_request: int, retry: bool) -> list[dict[str, Any]]:
    """The units of a shard, each with the number of all; one row without a unit where there is nothing to do."""
    shard = row["shard"]
    found = units(open_store(output), shard, pages_a_request=pages_a_request, retry=retry)
    texts = [unit.to_json() for unit in found] or [""]
    return [{"shard": shard, "units": len(found), "unit": text} for text in texts]


@ray.remote(num_cpus=_CPUS_OF_A_FINISHER, max_retries=_FINISHED_AGAIN)
def _finish(output: str, shard: int, units: Mapping[str, Collection[str]]) -> Finished:
    return finish(open_store(output), shard, units)

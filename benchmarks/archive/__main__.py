"""Reads an archive again and again, each time with something killed meanwhile, and prints what became of its pages.

    python -m benchmarks.archive [--pages 160] [--only WORD ...]

A real Triton with the lite engine behind two gateways, a Ray cluster of a head and two nodes, and a real S3 (Ceph's
RADOS Gateway). Ends with status 1 where a page is lost or stands in the results twice.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import httpx2 as httpx

from archive.buckets import Bucket
from tests.archive.job import Job, checkpoints, failures, pages, rows, shards_done
from tests.archive.ray_cluster import RayCluster
from tests.archive.ray_cluster import running as running_ray
from tests.archive.scans import BROKEN, archive, expected
from tests.product import running as running_product
from tests.s3.rados_gateway import ACCESS_KEY, SECRET_KEY, RadosGateway
from tests.s3.rados_gateway import running as running_s3
from tests.unit.gateway.gateway_process import gateway, wait_for

if TYPE_CHECKING:
    from supervisor.stack import Stack

SOURCE = "s3://archive/scans"
SHARD_DOCUMENTS = "20"
PAGES_A_REQUEST = "4"


@dataclass
class World:
    """What there is to kill; `doomed` kills a server that nobody else uses."""

    stack: Stack
    s3: RadosGateway
    ray: RayCluster
    folder: Path
    pages: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Pictures, and the pages of two long PDFs."""
        long = self.pages // 4
        return self.pages - 2 * long, long, long

    @contextmanager
    def server(self, name: str) -> Iterator[tuple[Callable[[], None], str]]:
        """A gateway of its own: what kills it, and its address."""
        folder = self.folder / name
        settings = {"OUTPUT_DIR": str(folder / "output"), "JOBS_DIR": str(folder / "jobs"), "LOG_LEVEL": "error"}
        with gateway(TRITON_URL=self.stack.triton_url, **settings) as (process, url):
            wait_for(f"{url}/livez")
            yield process.kill, url

    def read_by_engine(self) -> int:
        """Pages that the engine has read since it started."""
        lines = httpx.get(self.stack.metrics_url).text.splitlines()
        told = [line for line in lines if line.startswith("ocr_pages_total{") and 'outcome="ok"' in line]
        return round(sum(float(line.split()[-1]) for line in told))


@dataclass(frozen=True)
class Row:
    """What became of the pages of one job."""

    killed: str
    pages: int
    lost: int
    twice: int
    failed: int
    sent_again: int
    read: int

    def __str__(self) -> str:
        cells = (self.killed, self.pages, self.lost, self.twice, self.failed, self.sent_again, self.read)
        return f"| {' | '.join(map(str, cells))} |"


CASES: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "a node of two": ("node",),
    "a server of two": ("server",),
    "the driver, then resumed": ("driver",),
    "a node, a server and the driver, then resumed": ("node", "server", "driver"),
}


def read(world: World, killed: str, place: int) -> Row:
    """One job, from an empty output to its end."""
    output = Bucket("archive", f"results-{place}")
    target = f"s3://archive/results-{place}"
    before = world.read_by_engine()
    with world.server(f"{place}-doomed") as (kill_server, doomed), world.server(f"{place}-other") as (_, other):
        arguments = (
            SOURCE, "-o", target, "--server", doomed, "--server", other, "-j", "4", "--ray", world.ray.address,
            "--shard-documents", SHARD_DOCUMENTS, "--pages-per-request", PAGES_A_REQUEST, "-q",
        )  # fmt: skip
        job = Job(world.folder / str(place), *arguments)
        for what in CASES[killed]:
            done = shards_done(output)
            job.until(lambda: shards_done(output) > done or checkpoints(output) >= 12)  # noqa: B023 - called at once
            if what == "node":
                world.ray.kill_node()
                world.ray.add_node()
            elif what == "server":
                kill_server()
            else:
                job.kill()
                job = Job(world.folder / str(place), *arguments)
        job.ended(300)
    counted = pages(rows(output), SOURCE)
    wanted = expected(*world.shape)
    return Row(
        killed,
        len(counted),
        len(wanted - set(counted)),
        sum(count - 1 for count in counted.values()),
        len(failures(output)),
        job.summary["pages_sent_again"],
        world.read_by_engine() - before,
    )


@contextmanager
def made_world(count: int) -> Iterator[World]:
    """Everything started, and the archive in its bucket."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="archive-")))
        for name in ("s3", "product"):
            (folder / name).mkdir()
        s3 = stack.enter_context(running_s3(folder / "s3"))
        keys = {
            "AWS_ENDPOINT_URL_S3": s3.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        stack.enter_context(mock.patch.dict(os.environ, keys))
        product = stack.enter_context(running_product(folder / "product"))
        ray = stack.enter_context(running_ray(2))
        world = World(product, s3, ray, folder, count)
        s3.client().create_bucket(Bucket="archive")
        source = Bucket("archive", "scans")
        for key, data in (archive(*world.shape) | BROKEN).items():
            source.write(key, data)
        yield world


def main(argv: Sequence[str] | None = None) -> int:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--pages", type=int, default=160)
    parser.add_argument("--only", nargs="*", default=[""], help="words of what is killed")
    arguments = parser.parse_args(argv)
    wrong = False
    with made_world(arguments.pages) as world:
        print("| killed | pages | lost | done twice | failures | sent again | read by the engine |")
        print("|---|---|---|---|---|---|---|", flush=True)
        for place, killed in enumerate(CASES):
            if any(word in killed for word in arguments.only):
                row = read(world, killed, place)
                print(row, flush=True)
                wrong |= bool(row.lost or row.twice)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())

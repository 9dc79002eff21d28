"""The official side of a run in a process of its own, with the cases whose texts are given.

    python -m benchmarks.parity.worker JOB FOLDER

Leaves `official.json` and `assembled.json` in FOLDER. Paddle finds the same mathematics library here as in the server.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.parity.answers import save
from benchmarks.parity.job import Job
from engines.cpu import tune_libraries
from engines.page.offline import forbid_downloads


def main(order: Path, folder: Path) -> None:
    """Read all cases of the job."""
    forbid_downloads()
    tune_libraries()
    from benchmarks.parity.assembled import assemble_all
    from benchmarks.parity.official import read_all

    job = Job.load(order)
    save(read_all(job), folder / "official.json")
    save(assemble_all(job), folder / "assembled.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""Where everything lies in an output, by keys below its root.

    documents/scans/2024/a.pdf.md     the Markdown of a document; its pictures in a.pdf.imgs/
    pages/part-000000.parquet         the pages of a shard's documents, a row each
    failures/part-000000.jsonl        what of the shard could not be read, a line each
    .ocr/                             the state: what to read, what is done

A shard is some hundred documents, the unit in which results are put together.
"""

from __future__ import annotations

STATE = ".ocr/"
JOB = f"{STATE}job.json"
"""How the archive is read: the same in every run."""
INVENTORY = f"{STATE}inventory/"
DONE = f"{STATE}done/"
UNITS = f"{STATE}units/"
"""Checkpoints of shards that are not done."""
RUNS = f"{STATE}runs/"
FAILURES = "failures/"


def inventory_key(shard: int) -> str:
    """The documents of a shard."""
    return f"{INVENTORY}{shard:06}.jsonl.gz"


def done_key(shard: int) -> str:
    """There when the shard is done."""
    return f"{DONE}{shard:06}.json"


def units_prefix(shard: int) -> str:
    """What all checkpoints of a shard begin with."""
    return f"{UNITS}{shard:06}/"


def read_key(shard: int, unit: str) -> str:
    """What was read of a unit, or why it could not be."""
    return f"{units_prefix(shard)}{unit}.json"


def sent_key(shard: int, unit: str) -> str:
    """How often a unit was sent by processes that did not live to tell."""
    return f"{units_prefix(shard)}{unit}.sent"


def run_key(run: str) -> str:
    """What is known of a run."""
    return f"{RUNS}{run}.json"


def part_key(shard: int) -> str:
    """The pages of a shard."""
    return f"pages/part-{shard:06}.parquet"


def failures_key(shard: int) -> str:
    """What of a shard could not be read; not there where all was."""
    return f"{FAILURES}part-{shard:06}.jsonl"


def markdown_key(place: str) -> str:
    """The Markdown of the document whose results are at `place`."""
    return f"documents/{place}.md"


def pictures_folder(place: str, first: int) -> str:
    """Where the pictures of the pages from `first` on lie, beside the Markdown.

    Two requests may name different pictures alike: those of a document that is read by several lie apart.
    """
    name = f"{place.rpartition('/')[2]}.imgs"
    return name if first == 1 else f"{name}/from-{first}"


def picture_key(place: str, first: int, name: str) -> str:
    """One of those pictures."""
    folder = place.rpartition("/")[0]
    beside = f"{folder}/{pictures_folder(place, first)}" if folder else pictures_folder(place, first)
    return f"documents/{beside}/{name}"


def shard_of(key: str) -> int:
    """The shard whose number a key of this module ends with."""
    name = key.rpartition("/")[2]
    return int(name.removeprefix("part-").partition(".")[0])

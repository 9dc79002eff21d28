"""A run as a table for people, and as a list of what went wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from benchmarks.hostile.run import Outcome, Sent

START, END = "<!-- hostile: made by `python -m benchmarks.hostile --write` -->\n", "<!-- hostile: end -->"
_GROWTH_MIB = 100.0
"""What a process may hold more after the run than before; a leak of one in ten documents would be more."""


def failures(outcome: Outcome) -> list[str]:
    """One line for each thing that was not as it must be."""
    wrong = [f"{sent.kind}: {sent.name}: {sent.fault}" for sent in outcome.sent if sent.fault]
    grown = [
        f"{name} grew from {outcome.before[name]:.0f} to {after:.0f} MiB"
        for name, after in outcome.after.items()
        if after - outcome.before.get(name, after) > _GROWTH_MIB
    ]
    return [*wrong, *outcome.faults, *grown]


def table(outcome: Outcome) -> str:
    """The whole run in Markdown."""
    return "\n".join([*_kinds(outcome.sent), "", *_answers(outcome.sent), "", *_memory(outcome)])


def write(path: Path, outcome: Outcome) -> None:
    """Put the table where `path` has it."""
    head, rest = path.read_text(encoding="utf-8").split(START)
    path.write_text(f"{head}{START}\n{table(outcome)}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def _kinds(sent: list[Sent]) -> list[str]:
    rows = ["| inputs | sent | answered right | slowest, s | which |", "|---|---|---|---|---|"]
    for kind in dict.fromkeys(item.kind for item in sent):
        items = [item for item in sent if item.kind == kind]
        slowest = max(items, key=lambda item: item.seconds)
        right = sum(not item.fault for item in items)
        rows.append(f"| {kind} | {len(items)} | {right} | {slowest.seconds:.1f} | {slowest.name} |")
    return rows


def _answers(sent: list[Sent]) -> list[str]:
    counted = Counter(item.answer for item in sent)
    rows = ["| answer | times |", "|---|---|"]
    return rows + [f"| {answer} | {times} |" for answer, times in sorted(counted.items())]


def _memory(outcome: Outcome) -> list[str]:
    rows = ["| process | MiB before | MiB after |", "|---|---|---|"]
    return rows + [
        f"| {name} | {outcome.before.get(name, 0):.0f} | {after:.0f} |" for name, after in outcome.after.items()
    ]

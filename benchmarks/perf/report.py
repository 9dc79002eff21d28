"""The profiles as Markdown, as printed and as in docs/performance.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.perf.knee import limit, most, saturation, usable
from benchmarks.perf.levels import Level, Profile, Stage

START, END = "<!-- perf: made by `make perf` -->\n", "<!-- perf: end -->"

Column = tuple[str, Callable[[Level], str]]


def write(document: Path, profiles: Sequence[Profile], pictures: Path) -> None:
    """Put the profiles between the document's marks; `pictures` is where theirs are, one a profile."""
    head, rest = document.read_text(encoding="utf-8").split(START)
    folder = pictures.relative_to(document.parent)
    parts = [summary(profiles), *(_section(profile, folder) for profile in profiles)]
    body = "\n\n".join(parts)
    document.write_text(f"{head}{START}\n{body}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def summary(profiles: Sequence[Profile]) -> str:
    """A line a target: how much it can do, and where the knee is."""
    rows = [[f"`{profile.target}`", *_summary(profile)] for profile in profiles]
    head = ["", "most a second", "N*", "usable a second", "of the most", "p95 there, ms", "limit, ms"]
    return _table([head, *rows])


def tables(profile: Profile) -> str:
    """Both tables of a profile."""
    closed = _levels(profile.target, "in flight", "{:.0f}", profile.closed)
    offered = _levels(profile.target, f"{profile.unit}s due a second", "{:.2f}", profile.open)
    return f"{closed}\n\n{offered}"


def _section(profile: Profile, pictures: Path) -> str:
    picture = pictures / picture_name(profile)
    alt = f"{profile.target}: answered a second by requests in flight; latency by requests due a second"
    return f"### Load: `{profile.target}`\n\n![{alt}]({picture.as_posix()})\n\n{tables(profile)}"


def picture_name(profile: Profile) -> str:
    """The file of a profile's picture."""
    return f"load-{profile.target}.svg"


def _summary(profile: Profile) -> list[str]:
    highest, knee = most(profile.closed), usable(profile)
    rate, share, p95 = f"below {profile.open[0].load:.2f}", "", ""
    if knee:
        rate, share, p95 = f"{knee.load:.2f}", f"{knee.load / highest:.0%}", f"{knee.p95:.0f}"
    capacity = [f"{highest:.2f} {profile.unit}s", f"{saturation(profile.closed):.1f}"]
    return [*capacity, rate, share, p95, f"{limit(profile.closed):.0f}"]


def _levels(target: str, load: str, form: str, levels: Sequence[Level]) -> str:
    columns: list[Column] = [
        (load, lambda level: form.format(level.load)),
        ("answered/s", lambda level: f"{level.answered:.2f}"),
        *((f"p{rank}, ms", _percentile(rank)) for rank in (50, 90, 95, 99)),
    ]
    if any(level.good < 1 for level in levels):
        columns.append(("turned away", lambda level: f"{1 - level.good:.0%}"))
    if any(level.inside.cpu is not None for level in levels):
        columns.append(("CPU s each", lambda level: f"{level.inside.cpu or 0:.2f}"))
        columns.append(("cores", lambda level: f"{(level.inside.cpu or 0) * level.answered:.1f}"))
    if target != "vlm" and any(level.inside.layout for level in levels):
        columns.append(("`layout`", lambda level: _stage(level.inside.layout)))
    if target != "layout" and any(level.inside.vlm for level in levels):
        columns.append(("`vlm`", lambda level: _stage(level.inside.vlm)))
    return _table([[name for name, _ in columns], *([cell(level) for _, cell in columns] for level in levels)])


def _percentile(rank: int) -> Callable[[Level], str]:
    return lambda level: f"{getattr(level, f'p{rank}'):.0f}"


def _stage(stage: Stage | None) -> str:
    return f"{stage.batch:.1f} · {stage.queue:.0f} · {stage.engine:.0f}" if stage else ""


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])

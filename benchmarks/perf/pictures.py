"""A profile as a picture: SVG, the same for the same figures, legible on white and on black."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from benchmarks.perf.knee import limit, most, saturation, usable
from benchmarks.perf.levels import Profile

GREY, BLUE, ORANGE = "#717981", "#2f81d7", "#c76a15"
"""All of a lightness at which they stand out from white as from black, by 4 to 1 or so."""

_STYLE: Any = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor"), GREY),
    **dict.fromkeys(("xtick.color", "ytick.color", "legend.labelcolor"), GREY),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "legend.frameon"), False),
    "font.size": 9,
    "axes.titlesize": 9,
    # Texts stay texts, and names inside the file do not change from run to run.
    "svg.fonttype": "none",
    "svg.hashsalt": "perf",
}


def draw(profile: Profile, path: Path) -> None:
    """Write the picture of a profile."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9, 3), layout="constrained")
        left, right = figure.subplots(1, 2)
        _throughput(left, profile)
        _latency(right, profile)
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(re.sub(r"[ \t]+$", "", drawn.getvalue(), flags=re.MULTILINE), encoding="utf-8")


def _throughput(axes: Axes, profile: Profile) -> None:
    """Answers a second by requests in flight, below its two bounds."""
    loads = [level.load for level in profile.closed]
    answered = [level.answered for level in profile.closed]
    highest, knee = most(profile.closed), saturation(profile.closed)
    bounds = sorted({loads[0], knee, loads[-1]})
    axes.plot(bounds, [min(highest, load * answered[0]) for load in bounds], "--", color=GREY, label="bounds")
    axes.axvline(knee, color=GREY, linewidth=0.8)
    axes.annotate(f"N* = {knee:.1f}", (knee, 0), xytext=(4, 4), textcoords="offset points")
    axes.plot(loads, answered, "o-", color=BLUE, label="answered")
    axes.set_title("closed loop")
    axes.set_xlabel("requests in flight")
    axes.set_ylabel(f"{profile.unit}s a second")
    axes.set_xscale("log", base=2)
    axes.set_ylim(0, 1.15 * highest)
    axes.set_xticks(loads)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.legend(loc="lower right")


def _latency(axes: Axes, profile: Profile) -> None:
    """Latency by rate, up to the limit and past it."""
    rates = [level.load for level in profile.open]
    axes.plot(rates, [level.p95 for level in profile.open], "o-", color=ORANGE, label="p95")
    axes.plot(rates, [level.p50 for level in profile.open], "o-", color=BLUE, label="p50")
    axes.axhline(limit(profile.closed), linestyle="--", color=GREY, label="limit of p95")
    if knee := usable(profile):
        axes.axvline(knee.load, color=GREY, linewidth=0.8)
        axes.annotate(f"usable: {knee.load:.1f}", (knee.load, 0), xytext=(4, 4), textcoords="offset points")
    axes.set_title("open loop, random times")
    axes.set_xlabel(f"{profile.unit}s due a second")
    axes.set_ylabel("ms")
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(loc="upper left")

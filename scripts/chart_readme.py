"""Writes the table of values in the chart's README from the comments of values.yaml; `--check` tells if it is stale.

A line `# -- what it is` stands above each value.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).parents[1] / "deploy/helm/paddleocr-vl"
START = "<!-- values: made by `python -m scripts.chart_readme` -->\n"
END = "<!-- values: end -->"

_KEY = re.compile(r"( *)([A-Za-z0-9]+):")
_COMMENT = re.compile(r" *# -- (.+)")


def described(text: str) -> Iterator[tuple[str, str]]:
    """The values that have a description: the path, with dots, and what it is."""
    path: list[str] = []
    comment = ""
    for line in text.splitlines():
        if told := _COMMENT.fullmatch(line):
            comment = told[1]
        elif key := _KEY.match(line):
            path = [*path[: len(key[1]) // 2], key[2]]
            if comment:
                yield ".".join(path), comment
            comment = ""


def table() -> str:
    """The table as it should be."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    rows = ["| value | default | what it is |", "|---|---|---|"]
    for path, description in described(text):
        default: Any = values
        for name in path.split("."):
            default = default[name]
        rows.append(f"| `{path}` | `{json.dumps(default, ensure_ascii=False)}` | {description} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Rewrite the README, or check it."""
    readme = CHART / "README.md"
    text = readme.read_text(encoding="utf-8")
    head, rest = text.split(START)
    current = f"{head}{START}\n{table()}\n{END}{rest.split(END)[1]}"
    if current == text:
        return 0
    if "--check" in sys.argv[1:]:
        print("run `python -m scripts.chart_readme`: the chart's README is out of date", file=sys.stderr)
        return 1
    readme.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

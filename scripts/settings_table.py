"""Writes the README's table of settings from the classes that read them; `--check` only tells whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from engines.settings import EngineSettings
from gateway.settings import Settings as GatewaySettings
from supervisor.settings import Settings as SupervisorSettings

README = Path(__file__).parents[1] / "README.md"
START = "<!-- settings: made by `python -m scripts.settings_table` -->\n"
END = "<!-- settings: end -->"


def table() -> str:
    """Every variable once, with its default and what it is, by the part that reads it."""
    parts: dict[str, type[BaseSettings]] = {
        "addresses and supervisor": SupervisorSettings,
        "engines": EngineSettings,
        "gateway": GatewaySettings,
    }
    rows, seen = ["| variable | default | what it is |", "|---|---|---|"], set()
    for part, settings in parts.items():
        rows.append(f"| **{part}** | | |")
        for name, field in settings.model_fields.items():
            if name not in seen:
                seen.add(name)
                rows.append(f"| `{name.upper()}` | {_default(field)} | {field.description} |")
    return "\n".join(rows) + "\n"


def with_table(readme: str) -> str:
    """The README with the table as it should be."""
    head, rest = readme.split(START)
    return head + START + "\n" + table() + "\n" + END + rest.split(END)[1]


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.default in (None, (), ""):
        return ""
    if isinstance(field.default, bool):
        return "on" if field.default else "off"
    if isinstance(field.default, tuple):
        return f"`{','.join(map(str, field.default))}`"
    return f"`{field.default}`"


def main() -> int:
    """Rewrite the README, or check it."""
    readme = README.read_text(encoding="utf-8")
    current = with_table(readme)
    if "--check" in sys.argv[1:]:
        if current != readme:
            print(
                "README.md: the table of settings is out of date: run `python -m scripts.settings_table`",
                file=sys.stderr,
            )
        return int(current != readme)
    README.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

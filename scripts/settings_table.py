"""Writes the tables of settings in the documents from the classes that read them; `--check` tells which are stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from engines.settings import EngineSettings
from engines.sleep.settings import SleepSettings
from gateway.settings import Settings as GatewaySettings
from scripts.settings_in_russian import DESCRIPTIONS, HEAD, PARTS
from supervisor.settings import Settings as SupervisorSettings

ROOT = Path(__file__).parents[1]
START = "<!-- settings: made by `python -m scripts.settings_table` -->\n"
END = "<!-- settings: end -->"

MOST_ASKED_FOR = (
    "HOST",
    "MODEL_DIR",
    "DEVICE",
    "API_KEYS_FILE",
    "MAX_REQUESTS",
    "REQUEST_TIMEOUT",
    "MAX_UPLOAD_BYTES",
    "MAX_PAGES",
    "URL_ALLOW",
    "OUTPUT_DIR",
)
"""The settings that a README shows; the chapter has them all."""

_CLASSES: dict[str, type[BaseSettings]] = {
    "addresses and supervisor": SupervisorSettings,
    "engines": EngineSettings,
    "gateway": GatewaySettings,
    "the sleeping engine, for tests of capacity": SleepSettings,
}


@dataclass(frozen=True)
class Setting:
    """A variable: the part that reads it first, its default as a table shows it, and what it is."""

    part: str
    name: str
    default: str
    description: str


@dataclass(frozen=True)
class Document:
    """A file with a table: of MOST_ASKED_FOR or of all, in English or by `words` in another language."""

    path: str
    brief: bool = False
    head: tuple[str, str, str] = ("variable", "default", "what it is")
    words: Mapping[str, str] | None = None

    def table(self) -> str:
        """The table as it should be. Raises KeyError where `words` lacks a description."""
        rows = [f"| {' | '.join(self.head)} |", "|---|---|---|"]
        found = {setting.name: setting for setting in settings()}
        part = ""
        for setting in [found[name] for name in MOST_ASKED_FOR] if self.brief else found.values():
            if setting.part != part and not self.brief:
                part = setting.part
                rows.append(f"| **{self._word(part)}** | | |")
            rows.append(f"| `{setting.name}` | {setting.default} | {self._word(setting.description)} |")
        return "\n".join(rows) + "\n"

    def with_table(self, text: str) -> str:
        """`text` with the table as it should be."""
        head, rest = text.split(START)
        return head + START + "\n" + self.table() + "\n" + END + rest.split(END)[1]

    def _word(self, english: str) -> str:
        return english if self.words is None else self.words[english]


_IN_RUSSIAN = {**PARTS, **DESCRIPTIONS}
DOCUMENTS = (
    Document("README.md", brief=True),
    Document("docs/settings.md"),
    Document("README.ru.md", brief=True, head=HEAD, words=_IN_RUSSIAN),
    Document("docs/ru/settings.md", head=HEAD, words=_IN_RUSSIAN),
)


def settings() -> Iterator[Setting]:
    """Every variable once."""
    seen = set()
    for part, kind in _CLASSES.items():
        for name, field in kind.model_fields.items():
            if name not in seen:
                seen.add(name)
                yield Setting(part, name.upper(), _default(field), field.description or "")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or field.default in (None, (), ""):
        return ""
    if isinstance(field.default, bool):
        return "on" if field.default else "off"
    if isinstance(field.default, tuple):
        return f"`{','.join(map(str, field.default))}`"
    return f"`{field.default}`"


def main() -> int:
    """Rewrite the documents, or check them."""
    stale = []
    for document in DOCUMENTS:
        path = ROOT / document.path
        text = path.read_text(encoding="utf-8")
        if (current := document.with_table(text)) == text:
            continue
        if "--check" in sys.argv[1:]:
            stale.append(document.path)
        else:
            path.write_text(current, encoding="utf-8")
    if stale:
        print(f"run `python -m scripts.settings_table`: {', '.join(stale)} is out of date", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())

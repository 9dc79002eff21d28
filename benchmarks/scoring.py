"""How well a document was read: word F1 (what was read) and character error rate (what was read, in order)."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Levenshtein

CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Kana, Han and Hangul: scripts without spaces, in which each character counts as a word."""

_VARIANTS = str.maketrans(
    dict.fromkeys("“”„", '"') | dict.fromkeys("’‘", "'") | dict.fromkeys("–—−‐", "-") | {"\u00ad": ""}
)
_HYPHENATION = re.compile(r"(?<=\w)-[ \t]*\n\s*(?=[a-zà-ÿа-я])")
_IMAGE = re.compile(r"!\[[^]]*]\([^)]*\)")
_TAG_OR_COMMENT = re.compile(r"<!--.*?-->|<[^>]+>", re.DOTALL)
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|\s*$", re.MULTILINE)
_LINE_MARKER = re.compile(r"^\s*(?:#{1,6}|[-*+•·●▪◦])\s+", re.MULTILINE)
_WORD = re.compile(rf"[{CJK}]|[^\W_]+(?:[.,:/'-][^\W_]+)*")


@dataclass(frozen=True)
class Document:
    """A document with known text. `in_order` says whether the truth's order can be trusted, so that CER applies."""

    name: str
    path: Path
    language: str
    pages: int
    truth: str
    in_order: bool
    casefold: bool


def default_corpora() -> list[Path]:
    """The folders that are measured when none is named: the real documents, where they are, and those that ship."""
    folders = (Path("../shared/corpus/dev"), Path("tests/data/synth"))
    return [folder for folder in folders if folder.is_dir()]


def read_corpus(folder: Path) -> list[Document]:
    """The documents that `manifest.json` in the folder lists."""
    items = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["items"]
    return [
        Document(
            name=item["id"],
            path=folder / item["file"],
            language=item["lang"],
            pages=item["pages"],
            truth=(folder / item["gt"]).read_text(encoding="utf-8", errors="replace"),
            in_order="cer" in item["metrics"],
            casefold=item["casefold"],
        )
        for item in items
    ]


def plain_text(markdown: str) -> str:
    """Markdown or HTML without markup: hyphenation undone, typographic variants folded, one space between words."""
    text = _HYPHENATION.sub("", markdown)
    text = _TAG_OR_COMMENT.sub(" ", _IMAGE.sub(" ", text))
    text = _TABLE_RULE.sub("", html.unescape(text)).replace("|", " ")
    text = _LINE_MARKER.sub("", text).replace("**", "").replace("\\$", "$")
    return " ".join(unicodedata.normalize("NFKC", text).translate(_VARIANTS).split())


def word_f1(truth: str, read: str) -> float:
    """F1 over the multisets of lower-case words, between 0 and 1."""
    wanted, found = (Counter(_WORD.findall(plain_text(text).lower())) for text in (truth, read))
    total = wanted.total() + found.total()
    return 2 * (wanted & found).total() / total if total else 1.0


def character_error_rate(truth: str, read: str, *, casefold: bool) -> float:
    """Levenshtein distance over the truth's length, white space left out; at most 1."""
    wanted, found = (plain_text(text).replace(" ", "") for text in (truth, read))
    if casefold:
        wanted, found = wanted.casefold(), found.casefold()
    return min(1.0, Levenshtein.distance(wanted, found) / max(1, len(wanted)))

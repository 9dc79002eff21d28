"""What both sides answer, in one shape that travels as JSON, and the first difference between two of them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

_DIFF_LINES = 12
_SHOWN = 160


@dataclass(frozen=True)
class PageAnswer:
    """A page: its Markdown, its `prunedResult` as JSON text, and its JPEG crops in hexadecimal by name."""

    markdown: str
    result: str
    images: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CaseAnswer:
    """A case: its pages, and for each of its `documents` the restructured pages. `notes` are not compared."""

    pages: Sequence[PageAnswer]
    documents: Sequence[Sequence[PageAnswer]] = ()
    notes: Sequence[str] = ()

    @property
    def all_pages(self) -> list[PageAnswer]:
        """The pages as read, then those of the documents."""
        return [*self.pages, *(page for document in self.documents for page in document)]


def as_json(result: Any) -> str:
    """A result as JSON text; two results with the same text are the same to the last digit."""
    return json.dumps(result, ensure_ascii=False)


def save(answers: Mapping[str, CaseAnswer], path: Path) -> None:
    """Write the answers by case."""
    path.write_text(json.dumps({name: asdict(answer) for name, answer in answers.items()}), encoding="utf-8")


def load(path: Path) -> dict[str, CaseAnswer]:
    """Read what `save` wrote."""
    return {
        name: CaseAnswer(
            _pages(answer["pages"]), [_pages(document) for document in answer["documents"]], answer["notes"]
        )
        for name, answer in json.loads(path.read_text(encoding="utf-8")).items()
    }


def _pages(values: Sequence[Mapping[str, Any]]) -> list[PageAnswer]:
    return [PageAnswer(**value) for value in values]


def difference(official: PageAnswer, ours: PageAnswer) -> str | None:
    """The first difference between two pages in a few lines; None where they are equal byte for byte."""
    if official.markdown != ours.markdown:
        return "Markdown:\n" + _text_difference(official.markdown, ours.markdown)
    if official.result != ours.result:
        found = _json_difference(json.loads(official.result), json.loads(ours.result), "prunedResult")
        return f"JSON: {found or 'the order of its keys'}"
    if list(official.images) != list(ours.images):
        return f"images: official {list(official.images)}, here {list(ours.images)}"
    for name, data in official.images.items():
        if data != ours.images[name]:
            return f"image {name}: {_image_difference(data, ours.images[name])}"
    return None


def _text_difference(official: str, ours: str) -> str:
    lines = difflib.unified_diff(official.split("\n"), ours.split("\n"), "official", "here", lineterm="", n=1)
    return "\n".join(line[:_SHOWN] for line in islice(lines, _DIFF_LINES))


def _json_difference(official: Any, ours: Any, path: str) -> str | None:
    if isinstance(official, dict) and isinstance(ours, dict):
        if official.keys() != ours.keys():
            return f"{path}: official has {sorted(official.keys())}, here are {sorted(ours.keys())}"
        return _first(_json_difference(official[key], ours[key], f"{path}.{key}") for key in official)
    if isinstance(official, list) and isinstance(ours, list):
        if len(official) != len(ours):
            return f"{path}: official has {len(official)} elements, here are {len(ours)}"
        pairs = enumerate(zip(official, ours, strict=True))
        return _first(_json_difference(one, other, f"{path}[{place}]") for place, (one, other) in pairs)
    if type(official) is type(ours) and official == ours:
        return None
    return f"{path}: official {official!r:.{_SHOWN}}, here {ours!r:.{_SHOWN}}"


def _first(found: Any) -> str | None:
    return next((difference for difference in found if difference), None)


def _image_difference(official: str, ours: str) -> str:
    one, other = (
        cv2.imdecode(np.frombuffer(bytes.fromhex(data), np.uint8), cv2.IMREAD_COLOR) for data in (official, ours)
    )
    if one.shape != other.shape:
        return f"official {one.shape}, here {other.shape}"
    count = int((one != other).any(axis=2).sum())
    return f"{count} pixels differ" if count else "the same pixels in other bytes"

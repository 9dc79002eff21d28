"""What is known of a page once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

WarningType = Literal["left_as_image", "unreadable_text", "cut_short", "not_honoured"]


@dataclass(frozen=True)
class PageWarning:
    """Something that the answer lacks, in a sentence for the client."""

    type: WarningType
    message: str


@dataclass(frozen=True)
class PageResult:
    """What is known of one page.

    `result` is the official API's `prunedResult`; `images` are JPEG crops by the names under which `markdown` shows
    them; `tokens` counts what the recogniser generated; `drawings` are JPEGs of the page and of what was found on it,
    where that was asked for.
    """

    markdown: str
    result: dict[str, Any]
    images: dict[str, bytes]
    warnings: list[PageWarning]
    tokens: int
    drawings: dict[str, bytes] = field(default_factory=dict)

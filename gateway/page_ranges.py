"""Page ranges as people write them: "1-3,7", "5-", counted from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.errors import InvalidField, PagesOutside

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?", re.ASCII)


@dataclass(frozen=True)
class PageRanges:
    """Ranges of page numbers, first and last included; a last of None is the document's last page."""

    ranges: tuple[tuple[int, int | None], ...]

    @classmethod
    def parse(cls, text: str) -> PageRanges:
        """Read `text`.

        Raises InvalidField when it is no list of pages.
        """
        return cls(tuple(_range(part) for part in text.split(",")))

    def select(self, page_count: int) -> list[int]:
        """The indices, counted from 0, of the chosen pages of a document: ascending, each once.

        Raises PagesOutside, with the number of pages that there are.
        """
        chosen: set[int] = set()
        for first, last in self.ranges:
            if max(first, last or 0) > page_count:
                pages = "1 page" if page_count == 1 else f"{page_count} pages"
                raise PagesOutside(
                    f"pages asks for page {max(first, last or 0)}, but the document has {pages}", param="pages"
                )
            chosen.update(range(first - 1, last or page_count))
        return sorted(chosen)


def _range(text: str) -> tuple[int, int | None]:
    found = _RANGE.fullmatch(text)
    if not found:
        raise _invalid(text, "it is no page or range")
    first = int(found[1])
    last = int(found[3]) if found[3] else None if found[2] else first
    if first < 1:
        raise _invalid(text, "pages are counted from 1")
    if last is not None and last < first:
        raise _invalid(text, "it ends before it begins")
    return first, last


def _invalid(text: str, why: str) -> InvalidField:
    return InvalidField(f'pages: "{text.strip()[:40]}": {why}; write pages as "1-3,7" or "5-"', param="pages")

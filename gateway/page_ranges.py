"""Page ranges as people write them: "1-3,7", "5-", counted from 1."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.errors import InvalidField, PagesOutside, TooManyPages

_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?", re.ASCII)


@dataclass(frozen=True)
class PageRanges:
    """Ranges of page numbers, first and last included; a last of None is the document's last page.

    These count from 1. `counted_from` is the number of the first page to the client, as messages have it.
    """

    ranges: tuple[tuple[int, int | None], ...]
    counted_from: int = 1

    @classmethod
    def parse(cls, text: str) -> PageRanges:
        """Read `text`.

        Raises InvalidField when it is no list of pages.
        """
        return cls(tuple(_range(part) for part in text.split(",")))

    def select(self, page_count: int, most: int) -> list[int]:
        """The indices, counted from 0, of the chosen pages of a document: ascending, each once.

        They are counted before there is a list of them: a file may claim any number of pages. Raises PagesOutside, with
        the number of pages that there are, and TooManyPages when more than `most` (MAX_PAGES) are chosen.
        """
        for first, last in self.ranges:
            if max(first, last or 0) > page_count:
                pages = "1 page" if page_count == 1 else f"{page_count} pages"
                asked = self.name_of(max(first, last or 0) - 1)
                raise PagesOutside(f"pages asks for page {asked}, but the document has {pages}", param="pages")
        chosen = self._disjoint(page_count)
        count = sum(map(len, chosen))
        if count > most:
            raise TooManyPages(
                f"pages: {count} pages are asked for, and MAX_PAGES is {most}: ask for fewer", param="pages"
            )
        return [index for part in chosen for index in part]

    def name_of(self, index: int) -> str:
        """The number of the page at `index`, as messages tell it."""
        number = index + self.counted_from
        return str(number) if self.counted_from == 1 else f"{number} (counted from {self.counted_from})"

    def _disjoint(self, page_count: int) -> list[range]:
        """The ranges as indices, ascending, none of them in two."""
        parts: list[range] = []
        done = 0
        for first, last in sorted((first, last or page_count) for first, last in self.ranges):
            if last > done:
                parts.append(range(max(first - 1, done), last))
                done = last
        return parts


EVERY_PAGE = PageRanges(((1, None),))


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

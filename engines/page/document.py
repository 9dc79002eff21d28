"""What only the whole document knows: tables that run over a page break, and the levels of its titles."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from engines.errors import DeadlineExceeded, InvalidInput
from engines.options import JsonOptions
from engines.page.pipeline import PagePipeline
from engines.page.pruning import prune
from engines.page.tables import bounded
from engines.page.time_limit import TimeIsUp, time_limit

_MOST_SECONDS = 120.0
"""What one document may take: the next ones wait for it. Two hundred pages of one table take as long."""
_NO_PAGE = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
"""What PaddleX raises at something that it did not write itself."""


class DocumentOptions(JsonOptions):
    """The fields of the official `/restructure-pages`, with its defaults."""

    model_config = ConfigDict(alias_generator=to_camel)

    merge_tables: bool = True
    relevel_titles: bool = True
    concatenate_pages: bool = False
    prettify_markdown: bool = True
    show_formula_number: bool = False

    deadline: float | None = None
    """Unix seconds after which the answer is of no use."""


@dataclass(frozen=True)
class RestructuredPage:
    """A page as the document sees it: the official API's `prunedResult`, and its Markdown."""

    result: dict[str, Any]
    markdown: str


def restructure(pages: list[dict[str, Any]], options: DocumentOptions) -> list[RestructuredPage]:
    """Join and level the pages' results (`prunedResult` of each, in order) by PaddleX's `restructure_pages`.

    One page comes back for each, or a single one with `concatenate_pages`.

    Raises:
        InvalidInput: a page is not a `prunedResult`, or tables that may be joined are too large or take too long.
        DeadlineExceeded: the options' deadline passed.
    """
    left = _MOST_SECONDS if options.deadline is None else options.deadline - time.time()
    try:
        with time_limit(min(left, _MOST_SECONDS)):
            return _restructured(pages, options)
    except TimeIsUp:
        if left <= _MOST_SECONDS and options.deadline is not None:
            raise DeadlineExceeded("the deadline passed before the pages were put together") from None
        raise InvalidInput(
            f"PAGES takes more than {_MOST_SECONDS:g} seconds to put together: send fewer pages, or mergeTables off"
        ) from None
    except _NO_PAGE as error:
        # The key is one that PaddleX looked for; what other errors say repeats the document.
        what = repr(error) if isinstance(error, KeyError) else type(error).__name__
        raise InvalidInput(f"PAGES holds something that is no prunedResult of a page: {what[:100]}") from error


def _restructured(pages: list[dict[str, Any]], options: DocumentOptions) -> list[RestructuredPage]:
    pipeline = PagePipeline(_NoModels(), version="v1.6", deadline=0.0)
    pages = bounded(pages) if options.merge_tables else pages
    results = [{"res": {**page, "input_path": "", "page_index": index}} for index, page in enumerate(pages)]
    joined = pipeline.restructure_pages(
        results,
        merge_tables=options.merge_tables,
        relevel_titles=options.relevel_titles,
        concatenate_pages=options.concatenate_pages,
    )
    return [_rendered(page, options) for page in list(joined)]


def _rendered(page: Any, options: DocumentOptions) -> RestructuredPage:
    markdown = page._to_markdown(pretty=options.prettify_markdown, show_formula_number=options.show_formula_number)
    return RestructuredPage(prune(page.json["res"]), markdown["markdown_texts"])


class _NoModels:
    """Restructuring asks no model."""

    def _none(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("restructuring asks no model")

    preprocess = layout = vlm = _none

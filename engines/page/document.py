"""What only the whole document knows: tables that run over a page break, and the levels of its titles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engines.errors import InvalidInput
from engines.page.document_options import DocumentOptions
from engines.page.pipeline import PagePipeline
from engines.page.pruning import prune
from engines.page.tables import bounded

_NO_PAGE = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
"""What PaddleX raises at something that it did not write itself."""


@dataclass(frozen=True)
class RestructuredPage:
    """A page as the document sees it: the official API's `prunedResult`, and its Markdown."""

    result: dict[str, Any]
    markdown: str


def restructure(pages: list[dict[str, Any]], options: DocumentOptions) -> list[RestructuredPage]:
    """Join and level the pages' results (`prunedResult` of each, in order) by PaddleX's `restructure_pages`.

    One page comes back for each, or a single one with `concatenate_pages`. PaddleX looks at no clock, and neither does
    this: see `DocumentProcess`.

    Raises:
        InvalidInput: a page is not a `prunedResult`, or tables that may be joined are too large.
    """
    try:
        return _restructured(pages, options)
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

"""What only the whole document knows: tables that run over a page break, and the levels of its titles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from engines.errors import InvalidInput
from engines.options import JsonOptions
from engines.page.pipeline import PagePipeline
from engines.page.pruning import prune


class DocumentOptions(JsonOptions):
    """The fields of the official `/restructure-pages`, with its defaults."""

    model_config = ConfigDict(alias_generator=to_camel)

    merge_tables: bool = True
    relevel_titles: bool = True
    concatenate_pages: bool = False
    prettify_markdown: bool = True
    show_formula_number: bool = False


@dataclass(frozen=True)
class RestructuredPage:
    """A page as the document sees it: the official API's `prunedResult`, and its Markdown."""

    result: dict[str, Any]
    markdown: str


def restructure(pages: list[dict[str, Any]], options: DocumentOptions) -> list[RestructuredPage]:
    """Join and level the pages' results (`prunedResult` of each, in order) by PaddleX's `restructure_pages`.

    One page comes back for each, or a single one with `concatenate_pages`.

    Raises:
        InvalidInput: a page is not a `prunedResult`.
    """
    pipeline = PagePipeline(_NoModels(), version="v1.6", deadline=0.0)
    results = [{"res": {**page, "input_path": "", "page_index": index}} for index, page in enumerate(pages)]
    try:
        joined = list(
            pipeline.restructure_pages(
                results,
                merge_tables=options.merge_tables,
                relevel_titles=options.relevel_titles,
                concatenate_pages=options.concatenate_pages,
            )
        )
        return [_rendered(page, options) for page in joined]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"PAGES holds something that is no prunedResult of a page: {error!r}") from error


def _rendered(page: Any, options: DocumentOptions) -> RestructuredPage:
    markdown = page._to_markdown(pretty=options.prettify_markdown, show_formula_number=options.show_formula_number)
    return RestructuredPage(prune(page.json["res"]), markdown["markdown_texts"])


class _NoModels:
    """Restructuring asks no model."""

    def _none(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("restructuring asks no model")

    preprocess = layout = vlm = _none

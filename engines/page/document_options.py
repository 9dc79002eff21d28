"""What may be asked of a whole document."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from engines.options import JsonOptions


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

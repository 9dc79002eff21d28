"""The answer of POST /ocr made from a document that was read."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from gateway.document import Document, Page
from gateway.schemas import Block, OcrAnswer, PageAnswer, Saved, Usage, WarningAnswer


def with_unique_images(document: Document) -> Document:
    """`document` with no two pages' pictures under one name.

    A picture is named after its place on its page, so a logo that stands on every page has the same name each time;
    from the second on the page's index is put behind it.
    """
    taken: set[str] = set()
    pages: list[Page] = []
    for page in document.pages:
        renamed = {name: _behind(name, f"_p{page.index}") for name in page.images if name in taken}
        pages.append(_renamed(page, renamed) if renamed else page)
        taken.update(pages[-1].images)
    return replace(document, pages=pages)


def markdown_of(document: Document) -> str:
    """The Markdown of the whole document: its pages', in order, an empty line between them."""
    return "\n\n".join(text for page in document.pages if (text := page.markdown.strip())) + "\n"


def build(document: Document, *, answer_id: str, seconds: float) -> OcrAnswer:
    """The answer, nothing saved yet. CPU-bound where a document has many pictures: call it off the event loop."""
    return OcrAnswer(
        id=answer_id,
        engine=document.engine,
        model=document.model,
        markdown=markdown_of(document),
        pages=[_page(page) for page in document.pages],
        usage=Usage(pages=len(document.pages), tokens=document.tokens, seconds=round(seconds, 3)),
        saved=Saved(),
        warnings=[WarningAnswer(page=warn.page, type=warn.type, message=warn.message) for warn in document.warnings],
    )


def _page(page: Page) -> PageAnswer:
    return PageAnswer(
        index=page.index,
        width=page.result["width"],
        height=page.result["height"],
        markdown=page.markdown.strip(),
        blocks=[_block(block) for block in page.result["parsing_res_list"]],
        images={name: base64.b64encode(data).decode() for name, data in page.images.items()},
    )


def _block(block: dict[str, Any]) -> Block:
    return Block(
        label=block["block_label"],
        bbox=block["block_bbox"],
        content=block["block_content"],
        order=block.get("block_order"),
    )


def _behind(name: str, suffix: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}{suffix}{path.suffix}"))


def _renamed(page: Page, names: dict[str, str]) -> Page:
    markdown = page.markdown
    blocks = [dict(block) for block in page.result["parsing_res_list"]]
    for old, new in names.items():
        markdown = markdown.replace(old, new)
        for block in blocks:
            block["block_content"] = block["block_content"].replace(old, new)
    images = {names.get(name, name): data for name, data in page.images.items()}
    return replace(page, markdown=markdown, images=images, result={**page.result, "parsing_res_list": blocks})

"""The answer of POST /ocr made from a document that was read."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from gateway.document import Document, Failure, Page, Warn
from gateway.pages.kinds import HEADER_BYTES, sniff
from gateway.schemas import Block, OcrAnswer, PageAnswer, PageErrorAnswer, Saved, Usage, WarningAnswer

Corners = tuple[int, int, int, int]


class UniqueImages:
    """Gives no two pages' pictures one name; asked for the pages in their order.

    A picture is named after its place on its page, so a logo that stands on every page has the same name each time;
    from the second on the page's index is put behind it.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def page(self, page: Page) -> Page:
        """The next page, its pictures renamed where their names are taken."""
        renamed = {name: _behind(name, f"_p{page.index}") for name in page.images if name in self._taken}
        page = _renamed(page, renamed) if renamed else page
        self._taken.update(page.images)
        return page


def with_unique_images(document: Document) -> Document:
    """`document` with no two pages' pictures under one name."""
    names = UniqueImages()
    return replace(document, pages=[names.page(page) for page in document.pages])


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
        pages=[page_answer(page) for page in document.pages],
        usage=Usage(pages=len(document.pages), tokens=document.tokens, seconds=round(seconds, 3)),
        saved=Saved(),
        warnings=[warning_answer(warn) for warn in document.warnings],
        errors=[error_answer(failure) for failure in document.failures],
    )


def page_answer(page: Page) -> PageAnswer:
    """One page as the answer shows it. CPU-bound where it has many pictures."""
    # Without layout detection there is none.
    found = page.result.get("layout_det_res", {}).get("boxes", ())
    scores = {_corners(box["coordinate"]): box["score"] for box in found}
    return PageAnswer(
        index=page.index,
        width=page.result["width"],
        height=page.result["height"],
        markdown=page.markdown.strip(),
        blocks=[_block(block, scores) for block in page.result["parsing_res_list"]],
        images={name: base64.b64encode(data).decode() for name, data in page.images.items()},
        image=None if page.image is None else _data_uri(page.image),
    )


def warning_answer(warn: Warn) -> WarningAnswer:
    """A warning as the answer shows it."""
    return WarningAnswer(page=warn.page, type=warn.type, message=warn.message)


def error_answer(failure: Failure) -> PageErrorAnswer:
    """A page left out, as the answer shows it."""
    error = failure.error
    return PageErrorAnswer(page=failure.page, type=error.kind, code=error.code, message=error.message)


def _block(block: dict[str, Any], scores: dict[Corners, float]) -> Block:
    return Block(
        label=block["block_label"],
        bbox=block["block_bbox"],
        content=block["block_content"],
        order=block.get("block_order"),
        score=scores.get(_corners(block["block_bbox"])),
    )


def _corners(box: Sequence[float]) -> Corners:
    """A box in whole pixels, as PaddleX gives those of blocks."""
    x1, y1, x2, y2 = (int(value) for value in box)
    return x1, y1, x2, y2


def _data_uri(image: bytes) -> str:
    return f"data:image/{sniff(image[:HEADER_BYTES])};base64,{base64.b64encode(image).decode()}"


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

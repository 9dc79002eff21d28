"""Pages as Mistral's API tells them: pictures and tables numbered over the document, and named so in the Markdown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gateway.compat.html_tables import as_markdown
from gateway.compat.mistral_answers import Block, Dimensions, Image, MistralAnswer, MistralPage, Table, UsageInfo
from gateway.compat.mistral_requests import MistralRequest, footer_of, header_of
from gateway.document import Document, Page

_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_BOX = re.compile(r"_box_(\d+)_(\d+)_(\d+)_(\d+)\.\w+$")
"""Where a picture stands on its page, as PaddleX puts it in the name."""
_DPI_OF_IMAGES = 72
_SUFFIX = {"markdown": "md", "html": "html"}
_TYPES = {
    "algorithm": "code",
    "aside_text": "aside_text",
    "chart": "image",
    "display_formula": "equation",
    "doc_title": "title",
    "figure_title": "caption",
    "footer": "footer",
    "footer_image": "image",
    "header": "header",
    "header_image": "image",
    "image": "image",
    "inline_formula": "equation",
    "number": "footer",
    "paragraph_title": "title",
    "reference": "references",
    "reference_content": "references",
    "seal": "image",
    "table": "table",
    "vision_footnote": "caption",
}
"""Mistral's types of blocks by the labels of PP-DocLayout; the others are text."""


@dataclass
class PageWriter:
    """Writes the pages of one document, in their order. CPU-bound where they have many pictures."""

    asked: MistralRequest
    images: int = 0
    tables: int = 0

    def answer(self, document: Document, *, dpi: int, size: int) -> MistralAnswer:
        """The whole answer; `dpi` is what PDF pages were drawn at, `size` the bytes of the document."""
        dpi = dpi if document.kind == "pdf" else _DPI_OF_IMAGES
        pages = [self._page(page, dpi) for page in document.pages]
        usage = UsageInfo(pages_processed=len(pages), doc_size_bytes=size)
        return MistralAnswer(pages=pages, model=document.model, usage_info=usage)

    def _page(self, page: Page, dpi: int) -> MistralPage:
        images = dict(self._images(page))
        markdown = _with_images(page.markdown.strip(), page, images)
        markdown, tables = self._with_tables(markdown)
        blocks = page.result["parsing_res_list"]
        return MistralPage(
            index=page.index,
            markdown=markdown,
            images=list(images.values()),
            tables=tables,
            header=header_of(blocks) if self.asked.extract_header else None,
            footer=footer_of(blocks) if self.asked.extract_footer else None,
            dimensions=Dimensions(dpi=dpi, height=page.height, width=page.width),
            blocks=self._blocks(blocks, page, images, tables) if self.asked.include_blocks is not False else None,
        )

    def _images(self, page: Page) -> Iterator[tuple[str, Image]]:
        """The pictures that the request wants, by the names that PaddleX gave them."""
        for name, data in page.images.items():
            x1, y1, x2, y2 = _box_of(name)
            small = min(x2 - x1, y2 - y1) < (self.asked.image_min_size or 0)
            if small or (self.asked.image_limit is not None and self.images >= self.asked.image_limit):
                continue
            encoded = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
            yield (
                name,
                Image(
                    id=f"img-{self.images}.jpeg",
                    top_left_x=x1,
                    top_left_y=y1,
                    bottom_right_x=x2,
                    bottom_right_y=y2,
                    image_base64=encoded if self.asked.include_image_base64 else None,
                ),
            )
            self.images += 1

    def _with_tables(self, markdown: str) -> tuple[str, list[Table]]:
        """Markdown with the names of its tables in their places, where they are wanted apart, and the tables."""
        tables: list[Table] = []
        wanted = self.asked.table_format
        if wanted is None:
            return markdown, tables

        def named(found: re.Match[str]) -> str:
            name = f"tbl-{self.tables}.{_SUFFIX[wanted]}"
            content = found[0] if wanted == "html" else as_markdown(found[0])
            tables.append(Table(id=name, content=content, format=wanted))
            self.tables += 1
            return f"[{name}]({name})"

        return _TABLE.sub(named, markdown), tables

    def _blocks(
        self, blocks: list[dict[str, Any]], page: Page, images: dict[str, Image], tables: list[Table]
    ) -> list[Block]:
        """The blocks in reading order; one of a picture that is not given is left out."""
        remaining = iter(tables)
        written = []
        for block in blocks:
            label = block["block_label"]
            kind = _TYPES.get(label, "text")
            x1, y1, x2, y2 = (int(value) for value in block["block_bbox"])
            image = images.get(f"imgs/img_in_{label}_box_{x1}_{y1}_{x2}_{y2}.jpg") if kind == "image" else None
            if kind == "image" and image is None:
                if not block["block_content"].strip():
                    continue
                kind = "text"
            own = [*islice(remaining, len(_TABLE.findall(block["block_content"])))]
            table = own[0] if kind == "table" and own else None
            written.append(
                Block(
                    type=kind,
                    top_left_x=x1,
                    top_left_y=y1,
                    bottom_right_x=x2,
                    bottom_right_y=y2,
                    content=table.content if table else _with_images(block["block_content"], page, images),
                    image_id=image.id if image else None,
                    table_id=table.id if table else None,
                )
            )
        return written


def _with_images(markdown: str, page: Page, images: dict[str, Image]) -> str:
    """Markdown with PaddleX's names of pictures made into ids, and without the pictures that are not given."""
    for name in page.images:
        if name in images:
            identity = images[name].id
            markdown = markdown.replace(f"![]({name})", f"![{identity}]({identity})").replace(name, identity)
        else:
            markdown = re.sub(rf"!\[\]\({re.escape(name)}\)|<img [^>]*{re.escape(name)}[^>]*>", "", markdown)
    return markdown


def _box_of(name: str) -> tuple[int, int, int, int]:
    found = _BOX.search(name)
    return (int(found[1]), int(found[2]), int(found[3]), int(found[4])) if found else (0, 0, 0, 0)

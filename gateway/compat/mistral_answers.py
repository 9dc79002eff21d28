"""What Mistral's API answers at /v1/ocr, made from a reading (`mistralai.client.models.OCRResponse`, 3.7.0)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Dimensions(BaseModel):
    """The page image."""

    dpi: int = Field(description="Resolution that the page was drawn at; of an image 72: a pixel a point.")
    height: int
    width: int


class Image(BaseModel):
    """A picture cut out of a page; `id` is its name in the Markdown."""

    id: str
    top_left_x: int
    top_left_y: int
    bottom_right_x: int
    bottom_right_y: int
    image_base64: str | None = Field(description="A data: URI, where include_image_base64 asks for it.")
    image_annotation: None = None


class Table(BaseModel):
    """A table given apart; `id` is its name in the Markdown."""

    id: str
    content: str
    format: Literal["markdown", "html"]


class Block(BaseModel):
    """A block of a page; `image_id` and `table_id` name its entry in `images` and `tables`."""

    type: str
    top_left_x: int
    top_left_y: int
    bottom_right_x: int
    bottom_right_y: int
    content: str
    image_id: str | None = None
    table_id: str | None = None


class MistralPage(BaseModel):
    """One page."""

    index: int = Field(description="Its place in the document, counted from 0.")
    markdown: str
    images: list[Image]
    tables: list[Table]
    header: str | None
    footer: str | None
    dimensions: Dimensions
    blocks: list[Block] | None = None


class UsageInfo(BaseModel):
    """What was read."""

    pages_processed: int
    doc_size_bytes: int


class MistralAnswer(BaseModel):
    """The answer of POST /v1/ocr."""

    pages: list[MistralPage]
    model: str = Field(description="The model that read.")
    document_annotation: None = None
    usage_info: UsageInfo

    def body(self) -> dict[str, Any]:
        """The answer as JSON has it: a block names a picture or a table where it is one, and `blocks` come if asked."""
        body = self.model_dump()
        for page in body["pages"]:
            if page["blocks"] is None:
                del page["blocks"]
            for block in page.get("blocks", ()):
                for name in ("image_id", "table_id"):
                    if block[name] is None:
                        del block[name]
        return body


class FieldFault(BaseModel):
    """A field that is wrong."""

    loc: list[str]
    msg: str
    type: str


class MistralFailure(BaseModel):
    """What is answered where there is no success."""

    object: Literal["error"]
    type: str
    code: str
    message: str
    param: str | None
    request_id: str
    detail: list[FieldFault] | None = Field(default=None, description="With status 422.")

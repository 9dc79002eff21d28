"""What POST /ocr takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.document import OnError
from gateway.options import Options

PageText = Annotated[str, Field(max_length=1000)]


class OcrFields(BaseModel):
    """The fields beside the document, the same in JSON and in multipart."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pages: PageText | None = Field(
        default=None, description='Pages to read, counted from 1: "1-3,7", "5-".', examples=["1-3,7"]
    )
    dpi: Annotated[int, Field(ge=36, le=600)] | None = Field(
        default=None, description="Resolution that PDF pages are drawn at; images have their own."
    )
    save: bool | None = Field(default=None, description="Keep the result under OUTPUT_DIR.")
    s3: bool | Literal["presigned"] | None = Field(
        default=None, description='Upload the result; "presigned": with addresses that open without keys for a time.'
    )
    options: Options = Field(default_factory=Options, description="Options of the engine.")
    on_error: OnError = Field(
        default="fail",
        description='Whether a page that can\'t be read fails the whole, or is left out ("skip") and told in `errors`.',
    )
    page_images: bool = Field(default=False, description="Give the image of each page too, as the engine saw it.")
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = Field(
        default=None, description="Seconds that the request may take; at most the server's REQUEST_TIMEOUT."
    )


class OcrRequest(OcrFields):
    """The body of POST /ocr: exactly one of `file` and `url`."""

    file: str | None = Field(default=None, description="The document as Base64 or as a Base64 data: URI.")
    url: Annotated[str, Field(max_length=8192)] | None = Field(
        default=None, description="Where the document is: http or https."
    )


class Block(BaseModel):
    """One block of a page."""

    label: str = Field(description="What it is: text, table, image, …, by the labels of PP-DocLayout.")
    bbox: list[float] = Field(description="x1, y1, x2, y2 in pixels of the page image.")
    content: str = Field(description="Its text; tables as HTML, formulas as LaTeX.")
    order: int | None = Field(description="Its place in reading order; null outside of it.")
    score: float | None = Field(description="How sure the layout model is of it, 0 to 1; null of merged blocks.")


class PageAnswer(BaseModel):
    """One page."""

    index: int = Field(description="Its place in the document, counted from 0.")
    width: int = Field(description="Pixels of the page image.")
    height: int = Field(description="Pixels of the page image.")
    markdown: str
    blocks: list[Block]
    images: dict[str, str] = Field(description="Pictures that the Markdown refers to, by name: JPEG as Base64.")
    image: str | None = Field(default=None, description="The page itself as a data: URI, where `page_images` asks.")


class Usage(BaseModel):
    """What the reading took."""

    pages: int
    tokens: int = Field(description="Tokens that the engine decoded; 0 where it does not count in tokens.")
    seconds: float = Field(description="From the request's arrival to its answer.")


class S3Saved(BaseModel):
    """What was uploaded, or why not."""

    files: dict[str, str] = Field(default_factory=dict, description="Address of each file by its name.")
    error: str | None = Field(default=None, description="Why the upload failed; the local copy is whole.")


class Saved(BaseModel):
    """Where the result was kept."""

    local: str | None = Field(default=None, description="The folder on the server.")
    s3: S3Saved | None = None


class WarningAnswer(BaseModel):
    """Something that the reader of the result should know."""

    page: int | None = Field(description="Index of the page, counted from 0; null: the whole document.")
    type: str
    message: str


class PageErrorAnswer(BaseModel):
    """A page that could not be read and was left out, as `on_error` asked."""

    page: int = Field(description="Index of the page, counted from 0.")
    type: str
    code: str
    message: str


class OcrAnswer(BaseModel):
    """The answer of POST /ocr."""

    id: str
    engine: str = Field(examples=["lite"])
    model: str = Field(examples=["PP-OCRv6 tiny"])
    markdown: str = Field(description="The whole document.")
    pages: list[PageAnswer]
    usage: Usage
    saved: Saved
    warnings: list[WarningAnswer]
    errors: list[PageErrorAnswer] = Field(description='Pages that were left out; empty unless `on_error` is "skip".')

    def without_pictures(self) -> OcrAnswer:
        """The same, its pictures left to whatever has them beside it."""
        bare: dict[str, object] = {"images": {}, "image": None}
        return self.model_copy(update={"pages": [page.model_copy(update=bare) for page in self.pages]})


class ErrorBody(BaseModel):
    """What went wrong."""

    type: str
    code: str
    message: str
    param: str | None
    request_id: str


class ErrorAnswer(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorBody

"""The answer of a job that is done, from its files."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gateway.document import Document, Failure, Page, Warn
from gateway.error_status import BY_CODE
from gateway.errors import GatewayError
from gateway.schemas import OcrAnswer, PageAnswer, PageErrorAnswer


@dataclass(frozen=True)
class Result:
    """The files of an answer; reading them blocks, and raises FileNotFoundError when the job is removed meanwhile."""

    answer_path: Path
    markdown_path: Path
    pages_path: Path

    def json(self) -> bytes:
        """The JSON body that POST /ocr would have answered."""
        return self.answer_path.read_bytes()

    def answer(self) -> OcrAnswer:
        """The answer, parsed."""
        return OcrAnswer.model_validate_json(self.json())

    def document(self) -> Document:
        """The reading that the answer was made from, for other forms of answer."""
        answer = self.answer()
        fields = json.loads(self.pages_path.read_bytes())
        pages = [_page(page, of) for page, of in zip(fields.pop("pages"), answer.pages, strict=True)]
        warnings = [Warn(**warn) for warn in fields.pop("warnings")]
        return Document(pages=pages, warnings=warnings, failures=[_failure(of) for of in answer.errors], **fields)


def pages_json(document: Document) -> bytes:
    """What of `document` the answer does not tell."""
    pages = [replace(page, images={}, image=None) for page in document.pages]
    fields = asdict(replace(document, pages=pages, failures=[]))
    del fields["failures"]
    return json.dumps(fields, ensure_ascii=False, default=_base64).encode()


def _base64(data: object) -> str:
    """The bytes of a drawing."""
    if not isinstance(data, bytes):
        raise TypeError(type(data).__name__)
    return base64.b64encode(data).decode()


def _page(fields: dict[str, Any], answer: PageAnswer) -> Page:
    images = {name: base64.b64decode(data) for name, data in answer.images.items()}
    drawings = {name: base64.b64decode(data) for name, data in fields["drawings"].items()}
    image = None if answer.image is None else base64.b64decode(answer.image.partition(",")[2])
    warnings = tuple(Warn(**warn) for warn in fields["warnings"])
    return Page(**{**fields, "images": images, "image": image, "drawings": drawings, "warnings": warnings})


def _failure(answer: PageErrorAnswer) -> Failure:
    return Failure(answer.page, BY_CODE.get(answer.code, GatewayError)(answer.message))

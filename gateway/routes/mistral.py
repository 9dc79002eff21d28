"""POST /v1/ocr: the OCR API of Mistral, for clients that speak it."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response

from gateway.compat.mistral_answers import MistralAnswer, MistralFailure
from gateway.compat.mistral_pages import PageWriter
from gateway.compat.mistral_requests import MISTRAL_FORM, MistralRequest
from gateway.document import Document
from gateway.intake import intake
from gateway.openapi import request_body
from gateway.services import Parts

router = APIRouter(tags=["Mistral"])


@router.post(
    "/v1/ocr",
    summary="Read a document, by the API of Mistral",
    response_model=MistralAnswer,
    responses={code: {"model": MistralFailure} for code in (400, 408, 413, 415, 422, 429, 502, 503, 504)},
    openapi_extra=request_body(MistralRequest),
)
async def ocr(request: Request, services: Parts) -> Response:
    """Read a PDF, JPEG, PNG, WebP, TIFF or BMP; what this server can't give is refused."""
    async with intake(request, services, MISTRAL_FORM) as sent:
        task = sent.task(sent.fields.ocr_fields(), pages=sent.fields.page_ranges())
        document = await sent.read(task)
        size = sent.path.stat().st_size
        body = await asyncio.to_thread(_body, sent.fields, document, dpi=task.dpi, size=size)
    return Response(body, media_type="application/json", headers={"X-Warnings": str(len(document.warnings))})


def _body(asked: MistralRequest, document: Document, *, dpi: int, size: int) -> str:
    return json.dumps(PageWriter(asked).answer(document, dpi=dpi, size=size).body(), ensure_ascii=False)

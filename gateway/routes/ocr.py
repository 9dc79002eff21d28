"""POST /ocr: a document in, its Markdown, blocks and pictures out."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.asked import draws, saver_of
from gateway.compat.paddlex_errors import FailureAnswer, log_id
from gateway.compat.pp_ocr import PpOcrAnswer, PpOcrRequest, ocr_form, results_of
from gateway.document import Document, Progress
from gateway.event_stream import Emit, EventAnswer
from gateway.intake import Sent, intake
from gateway.negotiation import Form, preferred
from gateway.openapi import request_body
from gateway.page_events import PageEvents
from gateway.save import finish
from gateway.schemas import ErrorAnswer, OcrAnswer, OcrRequest
from gateway.services import Parts, Services
from gateway.sources.fields import OCR_FORM

router = APIRouter(tags=["OCR"])

_OTHER_FORMS = ("text/markdown", "application/x-ndjson", "text/event-stream")


BODY = request_body(OcrRequest, attached="file", json_parts=OCR_FORM.json_parts)


@router.post(
    "/ocr",
    summary="Read a document",
    response_model=OcrAnswer | PpOcrAnswer,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in _OTHER_FORMS}},
        **{code: {"model": ErrorAnswer | FailureAnswer} for code in (400, 408, 413, 415, 422, 429, 502, 503, 504)},
    },
    openapi_extra=BODY,
)
async def ocr(request: Request, services: Parts) -> Response:
    """Read a PDF, JPEG, PNG, WebP, TIFF or BMP, sent as Base64, as a multipart upload, or named by a URL.

    With `Accept: text/markdown` the answer is the Markdown alone; pictures keep their relative names, and come with
    the JSON answer or with `save`. With `Accept: application/x-ndjson` or `text/event-stream` it comes page by page:
    the events `opened`, `page` or `page_error` for each page in order, and `result`, or `error` where that ends it.

    A body with fields of PP-OCR's own /ocr (`visualize`, `fileType`, …) is answered as PP-OCR's server does.
    """
    form = preferred(request.headers.get("accept", ""))
    if form in ("ndjson", "sse"):
        return EventAnswer(form, partial(_tell, request, services))
    async with intake(request, services, ocr_form(request.state)) as sent:
        if isinstance(sent.fields, PpOcrRequest):
            return await _pp_ocr(sent, sent.fields)
        answer = await _read(sent, sent.fields, uuid.uuid4().hex)
    return await _response(form, answer)


async def _tell(request: Request, services: Services, emit: Emit) -> None:
    """Read the document, telling each page."""
    answer_id = uuid.uuid4().hex
    events = PageEvents(answer_id, emit)
    async with intake(request, services, OCR_FORM) as sent:
        events.result(await _read(sent, sent.fields, answer_id, events))


async def _read(sent: Sent[Any], fields: OcrRequest, answer_id: str, progress: Progress | None = None) -> OcrAnswer:
    saver = saver_of(fields, sent.services)
    task = sent.task(fields)
    if progress is not None and saver is None:
        # The result that ends a stream has no pictures: the pages had them.
        task = replace(task, forget_pictures=True)
    document = await sent.read(task, progress)
    answer = await finish(document, saver, sent.deadline, answer_id=answer_id, begun_at=sent.begun_at)
    sent.request.state.log.update(id=answer_id, warnings=len(answer.warnings))
    return answer


async def _pp_ocr(sent: Sent[Any], asked: PpOcrRequest) -> Response:
    asked.check_type(sent.path)
    task = sent.task(asked.ocr_fields(), visualize=draws(asked.visualize, sent.services))
    document = await sent.read(task)
    body = await asyncio.to_thread(_pp_ocr_body, document, log_id(sent.request.state))
    return Response(body, media_type="application/json", headers={"X-Warnings": str(len(document.warnings))})


def _pp_ocr_body(document: Document, identity: str) -> str:
    return PpOcrAnswer(logId=identity, result=results_of(document)).model_dump_json(exclude_none=True)


async def _response(form: Form, answer: OcrAnswer) -> Response:
    body = answer.markdown.encode() if form == "markdown" else await asyncio.to_thread(answer.model_dump_json)
    media_type, headers = head(form, answer.id, len(answer.warnings))
    return Response(body, media_type=media_type, headers=headers)


def head(form: Form, answer_id: str, warnings: int) -> tuple[str, dict[str, str]]:
    """The media type and the other headers of an answer in JSON or Markdown."""
    media_type = "text/markdown; charset=utf-8" if form == "markdown" else "application/json"
    return media_type, {"X-Document-Id": answer_id, "X-Warnings": str(warnings), "Vary": "Accept"}

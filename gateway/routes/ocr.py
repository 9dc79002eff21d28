"""POST /ocr: a document in, its Markdown, blocks and pictures out."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.document import Progress
from gateway.errors import NotConfigured
from gateway.event_stream import Emit, EventAnswer
from gateway.intake import intake
from gateway.negotiation import Form, preferred
from gateway.options import Options
from gateway.page_events import PageEvents
from gateway.page_ranges import PageRanges
from gateway.save import Saver, finish
from gateway.schemas import ErrorAnswer, OcrAnswer, OcrRequest
from gateway.services import Parts, Services
from gateway.sources.fields import OCR_FORM

router = APIRouter(tags=["OCR"])

_OTHER_FORMS = ("text/markdown", "application/x-ndjson", "text/event-stream")


def _body_schema() -> dict[str, Any]:
    """The request body in OpenAPI: read by hand, because its size is counted while it comes."""
    as_json = OcrRequest.model_json_schema(ref_template="#/{model}")
    as_json.pop("$defs", None)
    as_json["properties"]["options"] = Options.model_json_schema()
    as_form = {**as_json, "properties": {**as_json["properties"]}}
    as_form["properties"]["file"] = {"type": "string", "format": "binary", "description": "The document."}
    as_form["properties"]["options"] = {"type": "string", "description": "The options as a JSON string."}
    content = {"application/json": {"schema": as_json}, "multipart/form-data": {"schema": as_form}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/ocr",
    summary="Read a document",
    response_model=OcrAnswer,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in _OTHER_FORMS}},
        **{code: {"model": ErrorAnswer} for code in (400, 413, 415, 422, 429, 502, 503, 504)},
    },
    openapi_extra=_body_schema(),
)
async def ocr(request: Request, services: Parts) -> Response:
    """Read a PDF, JPEG, PNG, WebP, TIFF or BMP, sent as Base64, as a multipart upload, or named by a URL.

    With `Accept: text/markdown` the answer is the Markdown alone; pictures keep their relative names, and come with
    the JSON answer or with `save`. With `Accept: application/x-ndjson` or `text/event-stream` it comes page by page:
    the events `opened`, `page` or `page_error` for each page in order, and `result`, or `error` where that ends it.
    """
    form = preferred(request.headers.get("accept", ""))
    if form in ("ndjson", "sse"):
        return EventAnswer(form, partial(_tell, request, services))
    answer = await _read(request, services, uuid.uuid4().hex)
    return await _response(form, answer)


async def _tell(request: Request, services: Services, emit: Emit) -> None:
    """Read the document, telling each page."""
    answer_id = uuid.uuid4().hex
    events = PageEvents(answer_id, emit)
    events.result(await _read(request, services, answer_id, events))


async def _read(request: Request, services: Services, answer_id: str, progress: Progress | None = None) -> OcrAnswer:
    async with intake(request, services, OCR_FORM) as sent:
        fields = sent.fields
        saver = _saver(services, fields)
        pages = PageRanges.parse(fields.pages) if fields.pages is not None else None
        task = sent.task(
            options=fields.options,
            dpi=fields.dpi,
            pages=pages,
            on_error=fields.on_error,
            keep_images=fields.page_images,
        )
        document = await sent.read(task, progress)
        answer = await finish(document, saver, sent.deadline, answer_id=answer_id, begun_at=sent.begun_at)
    request.state.log.update(id=answer_id, warnings=len(answer.warnings))
    return answer


def _saver(services: Services, fields: OcrRequest) -> Saver | None:
    """Who keeps the result; None when nobody is asked to. An upload implies a local copy: nothing can be lost."""
    if fields.s3 and services.s3 is None:
        missing = ", ".join(services.settings.missing_s3_settings())
        raise NotConfigured(f"s3: this server has no S3 storage; its operator sets {missing}", param="s3")
    save = services.settings.save if fields.save is None else fields.save
    if not save and not fields.s3:
        return None
    return Saver(
        services.storage, services.s3 if fields.s3 else None, services.metrics, presigned=fields.s3 == "presigned"
    )


async def _response(form: Form, answer: OcrAnswer) -> Response:
    headers = {"X-Document-Id": answer.id, "X-Warnings": str(len(answer.warnings)), "Vary": "Accept"}
    if form == "markdown":
        return Response(answer.markdown, media_type="text/markdown; charset=utf-8", headers=headers)
    body = await asyncio.to_thread(answer.model_dump_json)
    return Response(body, media_type="application/json", headers=headers)

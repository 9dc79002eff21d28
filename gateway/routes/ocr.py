"""POST /ocr: a document in, its Markdown, blocks and pictures out."""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway import answer as answers
from gateway.deadline import Deadline
from gateway.disconnect import unless_disconnected
from gateway.document import Task
from gateway.errors import NotConfigured
from gateway.negotiation import wants_markdown
from gateway.options import Options
from gateway.page_ranges import PageRanges
from gateway.save import Saver
from gateway.schemas import ErrorAnswer, OcrAnswer, OcrRequest
from gateway.services import Parts, Services

router = APIRouter(tags=["OCR"])


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
        200: {"content": {"text/markdown": {"schema": {"type": "string"}}}},
        **{code: {"model": ErrorAnswer} for code in (400, 413, 415, 422, 429, 502, 503, 504)},
    },
    openapi_extra=_body_schema(),
)
async def ocr(request: Request, services: Parts) -> Response:
    """Read a PDF, JPEG, PNG, WebP, TIFF or BMP, sent as Base64, as a multipart upload, or named by a URL.

    With `Accept: text/markdown` the answer is the Markdown alone; pictures keep their relative names, and come with
    the JSON answer or with `save`.
    """
    start = time.monotonic()
    deadline = Deadline.after(services.settings.request_timeout)
    async with services.admission.permit(deadline):
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
            path = Path(folder) / "document"
            with services.metrics.stage("receive"):
                fields, deadline = await services.bodies.read(request, path, deadline)
            services.metrics.document_bytes.inc(path.stat().st_size)
            request.state.log["bytes"] = path.stat().st_size
            saver = _saver(services, fields)
            task = _task(request, services, fields, path, deadline)
            document = await unless_disconnected(request.receive, services.reader.read(task))
        document = answers.with_unique_images(document)
        seconds = time.monotonic() - start
        answer = await asyncio.to_thread(answers.build, document, answer_id=uuid.uuid4().hex, seconds=seconds)
        if saver is not None:
            answer = await saver.save(answer, document, deadline)
        services.metrics.tokens.inc(document.tokens)
        request.state.log.update(
            id=answer.id, kind=document.kind, pages=len(document.pages), warnings=len(answer.warnings)
        )
        return await _response(request, answer)


def _task(request: Request, services: Services, fields: OcrRequest, path: Path, deadline: Deadline) -> Task:
    return Task(
        path=path,
        options=fields.options,
        dpi=fields.dpi or services.settings.pdf_dpi,
        deadline=deadline,
        request_id=request.state.request_id,
        pages=PageRanges.parse(fields.pages) if fields.pages is not None else None,
    )


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


async def _response(request: Request, answer: OcrAnswer) -> Response:
    headers = {"X-Document-Id": answer.id, "X-Warnings": str(len(answer.warnings)), "Vary": "Accept"}
    if wants_markdown(request.headers.get("accept", "")):
        return Response(answer.markdown, media_type="text/markdown; charset=utf-8", headers=headers)
    body = await asyncio.to_thread(answer.model_dump_json)
    return Response(body, media_type="application/json", headers=headers)

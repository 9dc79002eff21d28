"""POST /layout-parsing and POST /restructure-pages: the API of PaddleX's own server, for clients that speak it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.asked import draws
from gateway.compat.paddlex_answers import (
    LayoutParsingAnswer,
    LayoutParsingResults,
    restructured_results,
    results_of,
)
from gateway.compat.paddlex_errors import FailureAnswer, log_id
from gateway.compat.paddlex_requests import (
    LayoutParsingRequest,
    RestructureRequest,
    layout_parsing_form,
    parse_restructure,
)
from gateway.deadline import Deadline
from gateway.disconnect import unless_disconnected
from gateway.errors import TooManyPages
from gateway.intake import admitted, intake
from gateway.openapi import request_body
from gateway.services import Parts, Services

router = APIRouter(tags=["PaddleOCR"])

_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": FailureAnswer} for code in (400, 408, 413, 415, 422, 429, 502, 503, 504)
}


@router.post(
    "/layout-parsing",
    summary="Read a document, by the API of PaddleX's server",
    response_model=LayoutParsingAnswer,
    responses=_ERRORS,
    openapi_extra=request_body(LayoutParsingRequest),
)
async def layout_parsing(request: Request, services: Parts) -> Response:
    """Read a PDF, JPEG, PNG, WebP, TIFF or BMP; unknown fields are ignored, as there."""
    async with intake(request, services, layout_parsing_form(request.state)) as sent:
        asked = sent.fields
        asked.check_type(sent.path)
        task = sent.task(asked.ocr_fields(), visualize=draws(asked.visualize, services))
        document = await sent.read(task)
        results = await asyncio.to_thread(results_of, document, images=asked.returnMarkdownImages is not False)
    response = await _answer(request, results)
    response.headers["X-Warnings"] = str(len(document.warnings))
    return response


@router.post(
    "/restructure-pages",
    summary="Join what runs over page breaks, by the API of PaddleX's server",
    response_model=LayoutParsingAnswer,
    responses=_ERRORS,
    openapi_extra=request_body(RestructureRequest),
)
async def restructure_pages(request: Request, services: Parts) -> Response:
    """Join tables and set title levels over the pages of /layout-parsing's answers."""
    deadline = Deadline.after(services.settings.request_timeout)
    parse = partial(parse_restructure, request.state)
    async with admitted(request, services, deadline), AsyncExitStack() as stack:
        with services.metrics.stage("receive"):
            asked = await stack.enter_async_context(services.bodies.reading_json(request, parse, deadline))
        results = await unless_disconnected(request.receive, _restructured(asked, request, services, deadline))
        return await _answer(request, results)


async def _restructured(
    asked: RestructureRequest, request: Request, services: Services, deadline: Deadline
) -> LayoutParsingResults:
    most = services.settings.max_pages
    if len(asked.pages) > most:
        raise TooManyPages(f"there are {len(asked.pages)} pages, and MAX_PAGES is {most}: send fewer", param="pages")
    with services.metrics.stage("restructure"):
        pages = [page.prunedResult for page in asked.pages]
        joined = await services.restructurer.join(pages, asked.options(), deadline, request.state.request_id)
    return restructured_results(asked, joined)


async def _answer(request: Request, results: LayoutParsingResults) -> Response:
    answer = LayoutParsingAnswer(logId=log_id(request.state), result=results)
    body = await asyncio.to_thread(answer.model_dump_json, exclude_none=True)
    return Response(body, media_type="application/json")

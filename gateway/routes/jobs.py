"""Documents read in the background: POST /jobs, GET /jobs, and GET and DELETE of a single one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from gateway.access.clients import key_of
from gateway.asked import saver_of
from gateway.errors import NoSuchJob, NotConfigured
from gateway.file_answer import FileAnswer
from gateway.intake import intake
from gateway.jobs.job import Job, Status
from gateway.jobs.jobs import Jobs
from gateway.negotiation import preferred
from gateway.routes.ocr import BODY, head
from gateway.schemas import ErrorAnswer, OcrAnswer
from gateway.services import Parts, Services
from gateway.sources.fields import OCR_FORM

router = APIRouter(tags=["Jobs"])

_MARKDOWN = {"content": {"text/markdown": {"schema": {"type": "string"}}}}


class JobProgress(BaseModel):
    """How many pages there are to read, were read, and were left out."""

    total: int | None = Field(description="null until the document is open.")
    done: int
    failed: int


class JobError(BaseModel):
    """Why a job failed, as POST /ocr would have said it."""

    type: str
    code: str
    message: str


class JobLinks(BaseModel):
    """Where to ask further."""

    self: str
    result: str


class JobAnswer(BaseModel):
    """A job as it is now."""

    id: str
    status: Status
    progress: JobProgress
    created: datetime
    started: datetime | None = Field(description="When the present attempt began; a stopped gateway's job begins anew.")
    ended: datetime | None
    expires_at: datetime | None = Field(description="When job and result are forgotten; null until it has ended.")
    error: JobError | None
    links: JobLinks


class JobList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobAnswer]


@router.post(
    "/jobs",
    summary="Read a document in the background",
    status_code=202,
    responses={code: {"model": ErrorAnswer} for code in (400, 408, 413, 415, 422, 429, 503, 504, 507)},
    openapi_extra=BODY,
)
async def submit(request: Request, services: Parts, response: Response) -> JobAnswer:
    """Take a document in, with the fields of POST /ocr, and answer at once; `timeout` counts from when it is begun.

    The job runs as soon as a gateway has time, again if that one is killed, and its result can be asked for until
    `expires_at`.
    """
    jobs = jobs_in(services)
    async with intake(request, services, OCR_FORM, folder=jobs.store.folder) as sent:
        state = request.state
        # What is wrong with the fields is told now.
        saver_of(sent.fields, services)
        sent.task(sent.fields)
        job = await jobs.submit(sent.fields, sent.path, state.client, state.request_id)
    state.log["id"] = job.id
    answer = _answer(request, job)
    response.headers["Location"] = answer.links.self
    return answer


@router.get("/jobs", summary="Your jobs", responses={503: {"model": ErrorAnswer}})
async def jobs_of_client(
    request: Request, services: Parts, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> JobList:
    """The newest jobs of the client: of its API key, or where there are no keys, of its address."""
    jobs = await jobs_in(services).of_client(request.state.client, limit=limit)
    return JobList(jobs=[_answer(request, job) for job in jobs])


@router.get("/jobs/{job_id}", summary="How a job is", responses={404: {"model": ErrorAnswer}})
async def job(request: Request, services: Parts, job_id: str) -> JobAnswer:
    """Status, progress by page, times, and the error of a job that failed."""
    return _answer(request, await own_job(request, jobs_in(services), job_id))


@router.get(
    "/jobs/{job_id}/result",
    summary="The result of a job",
    response_model=OcrAnswer,
    responses={200: _MARKDOWN, **{code: {"model": ErrorAnswer} for code in (404, 409)}},
)
async def result(request: Request, services: Parts, job_id: str) -> Response:
    """What POST /ocr would have answered, as JSON or by `Accept: text/markdown`, its error where the job failed.

    409 while it is not done, and when it was cancelled.
    """
    jobs = jobs_in(services)
    found = await own_job(request, jobs, job_id)
    files = await jobs.result(found.id)
    as_markdown = preferred(request.headers.get("accept", "")) == "markdown"
    media_type, headers = head("markdown" if as_markdown else "json", found.id, found.end.warnings if found.end else 0)
    try:
        return await FileAnswer.of(files.markdown_path if as_markdown else files.answer_path, media_type, headers)
    except FileNotFoundError:
        # It was forgotten this moment.
        raise NoSuchJob("there is no such job any more") from None


@router.delete(
    "/jobs/{job_id}",
    summary="Cancel or forget a job",
    response_model=JobAnswer,
    responses={204: {"description": "It had ended, and is forgotten."}, 404: {"model": ErrorAnswer}},
)
async def cancel(request: Request, services: Parts, job_id: str) -> JobAnswer | Response:
    """End a job that waits or runs, its pages in flight stopped; one that has ended is forgotten with its result."""
    jobs = jobs_in(services)
    await own_job(request, jobs, job_id)
    cancelled = await jobs.cancel(job_id)
    return Response(status_code=204) if cancelled is None else _answer(request, cancelled)


def jobs_in(services: Services) -> Jobs:
    """The jobs of this server. Raises NotConfigured where it takes none."""
    if services.jobs is None:
        raise NotConfigured("this server takes no jobs in (JOBS is off): send the document to /ocr")
    return services.jobs


async def own_job(request: Request, jobs: Jobs, job_id: str) -> Job:
    """The job, if the client may know of it: one of an API key is that key's, another's is whose who knows its id.

    Raises NoSuchJob.
    """
    found = await jobs.get(job_id)
    if key_of(found.ticket.client) and found.ticket.client != request.state.client:
        raise NoSuchJob("there is no such job")
    return found


def _answer(request: Request, job: Job) -> JobAnswer:
    attempt, end = job.attempt, job.end
    error = None
    if end is not None and end.fault is not None:
        told = end.fault.error()
        error = JobError(type=told.kind, code=told.code, message=told.message)
    link = f"{request.scope.get('root_path', '')}/jobs/{job.id}"
    return JobAnswer(
        id=job.id,
        status=job.status,
        progress=JobProgress(
            total=attempt.total if attempt else None,
            done=attempt.done if attempt else 0,
            failed=attempt.failed if attempt else 0,
        ),
        created=job.ticket.created,
        started=attempt.started if attempt else None,
        ended=end.ended if end else None,
        expires_at=job.expires_at,
        error=error,
        links=JobLinks(self=link, result=f"{link}/result"),
    )

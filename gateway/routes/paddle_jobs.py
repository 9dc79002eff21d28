"""/api/v2/ocr/jobs: the jobs API of PaddleOCR's clients, over the same jobs as /jobs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from gateway.asked import draws
from gateway.compat import paddle_job_results
from gateway.compat.paddle_jobs import (
    JOB_FORM,
    RESULTS,
    BatchAnswer,
    BatchData,
    JobFailure,
    JobRequest,
    PaddleJobAnswer,
    SubmittedAnswer,
    SubmittedData,
    batch_labels,
    has_key,
    job_data,
    key_of,
)
from gateway.errors import NoSuchJob
from gateway.file_answer import FileAnswer
from gateway.intake import intake
from gateway.jobs.job import Job
from gateway.openapi import request_body
from gateway.routes.jobs import jobs_in, own_job
from gateway.services import Parts, Services

router = APIRouter(tags=["PaddleOCR jobs"])

_PATH = "/api/v2/ocr/jobs"
_MOST_OF_A_BATCH = 1000
_ERRORS: dict[int | str, dict[str, Any]] = {code: {"model": JobFailure} for code in (404, 422, 429, 503)}


@router.post(
    _PATH,
    summary="Read a document in the background, by PaddleOCR's jobs API",
    responses=_ERRORS,
    openapi_extra=request_body(JobRequest, attached="file", json_parts=JOB_FORM.json_parts),
)
async def submit(request: Request, services: Parts) -> SubmittedAnswer:
    """Take a document in: `fileUrl` in JSON, or attached as `file`."""
    jobs = jobs_in(services)
    async with intake(request, services, JOB_FORM, folder=jobs.store.folder) as sent:
        asked, state = sent.fields, request.state
        options, fields = asked.options(), asked.ocr_fields()
        # What is wrong with the fields is told now.
        sent.task(fields)
        job = await jobs.submit(
            fields,
            sent.path,
            state.client,
            state.request_id,
            visualize=draws(options.visualize, services),
            labels=asked.labels(),
        )
    state.log["id"] = job.id
    return SubmittedAnswer(data=SubmittedData(jobId=job.id))


@router.get(f"{_PATH}/batch/{{batch_id}}", summary="How the jobs of a batch are", responses=_ERRORS)
async def batch(request: Request, services: Parts, batch_id: str) -> BatchAnswer:
    """The client's jobs that were sent with this `batchId`, the newest first."""
    jobs = await jobs_in(services).of_client(
        request.state.client, limit=_MOST_OF_A_BATCH, labels=batch_labels(batch_id)
    )
    return BatchAnswer(
        data=BatchData(batchId=batch_id, extractResult=[job_data(job, _results(request)) for job in jobs])
    )


@router.get(f"{_PATH}/{{job_id}}", summary="How a job is", responses=_ERRORS)
async def job(request: Request, services: Parts, job_id: str) -> PaddleJobAnswer:
    """State, progress, and where the result is once it is done."""
    found = await own_job(request, jobs_in(services), job_id)
    if not key_of(found):
        raise NoSuchJob("this job was not sent to this API: ask for it at /jobs")
    return PaddleJobAnswer(data=job_data(found, _results(request)))


@router.get(f"{RESULTS}/{{job_id}}", summary="The result of a job", responses=_ERRORS)
async def result(request: Request, services: Parts, job_id: str, key: str = "") -> Response:
    """A JSON line for each page; pictures are told by their addresses."""
    jobs = jobs_in(services)
    found = await _opened(services, job_id, key)
    files = await jobs.result(job_id)
    address = f"{_results(request)}/{job_id}"
    try:
        async with jobs.making:
            path = await asyncio.to_thread(paddle_job_results.lines, found, files)
        addressed = partial(paddle_job_results.addressed, job=found, address=address)
        return await FileAnswer.of(path, "application/jsonl", line=addressed)
    except FileNotFoundError:
        raise _forgotten() from None


@router.get(f"{RESULTS}/{{job_id}}/{{name}}", summary="A picture of a result", responses=_ERRORS)
async def picture(services: Parts, job_id: str, name: str, key: str = "") -> Response:
    """A JPEG that the result told of."""
    await _opened(services, job_id, key)
    files = await jobs_in(services).result(job_id)
    path = await asyncio.to_thread(paddle_job_results.picture, files, name)
    if path is None:
        raise _forgotten()
    # It has an ETag, but is no page of this package: it is somebody's document.
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _opened(services: Services, job_id: str, key: str) -> Job:
    """The job that `key` opens, whoever asks. Raises NoSuchJob."""
    found = await jobs_in(services).get(job_id)
    if not has_key(found, key):
        raise _forgotten()
    return found


def _forgotten() -> NoSuchJob:
    return NoSuchJob("there is no such result, or no longer: its address is that which the job told, with its key")


def _results(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{RESULTS}"

"""Documents that are read in the background: the requests, and how often to ask."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx2

from ocr_client.answers import parsed
from ocr_client.calls import Call, ReadFields, Source, sent_fields
from ocr_client.errors import TimedOut, Unavailable
from ocr_client.models import Job, Jobs, Result

_FIRST_SECONDS = 0.2
_MOST_SECONDS = 5.0


def submit_call(source: Source, fields: ReadFields, timeout: float) -> Call:
    """POST /jobs. Sent twice, a document would be read twice; `timeout` counts for the upload alone."""
    values, document = sent_fields(source, fields)
    return Call("POST", "jobs", fields=values, document=document, seconds=timeout, repeatable=False)


def job_call(job: Job | str) -> Call:
    """GET of one job."""
    return Call("GET", _path(job))


def jobs_call(limit: int) -> Call:
    """GET of the newest jobs."""
    return Call("GET", f"jobs?limit={limit:d}")


def result_call(job: Job | str, timeout: float) -> Call:
    """GET of a job's result."""
    return Call("GET", f"{_path(job)}/result", seconds=timeout)


def cancel_call(job: Job | str) -> Call:
    """DELETE of a job. Sent twice, one that was cancelled would be forgotten."""
    return Call("DELETE", _path(job), repeatable=False)


def cancelled(response: httpx2.Response) -> Job | None:
    """What DELETE answers: None where the job had ended, and is forgotten."""
    return None if response.status_code == 204 else told(response)


def listed(response: httpx2.Response) -> tuple[Job, ...]:
    """What GET /jobs answers."""
    return parsed(Jobs, response).jobs


def result_or_fault(response: httpx2.Response) -> Result | Unavailable:
    """What GET of a result answers; the job's own fault is given back, since asking again would not change it."""
    try:
        return parsed(Result, response)
    except Unavailable as error:
        # What the gateway says of itself, it says with Retry-After; what a proxy says has no type.
        if error.type == "unavailable" and error.retry_after is None:
            return error
        raise


def told(response: httpx2.Response) -> Job:
    """What the others answer."""
    return parsed(Job, response)


def pauses(timeout: float | None) -> Iterator[float]:
    """Seconds between two looks at a job, short ones first, for short documents; they end before `timeout` is over."""
    begun_at = time.monotonic()
    pause = _FIRST_SECONDS
    while timeout is None or time.monotonic() + pause - begun_at <= timeout:
        yield pause
        pause = min(pause * 1.5, _MOST_SECONDS)


def not_over(job: Job, timeout: float | None) -> TimedOut:
    """The error of having waited in vain."""
    return TimedOut(f"job {job.id} is not over after {timeout or 0:g} seconds: it is {job.status}")


def _path(job: Job | str) -> str:
    return f"jobs/{quote(job.id if isinstance(job, Job) else job, safe='')}"

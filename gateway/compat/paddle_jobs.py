"""PaddleOCR's jobs API (`paddleocr/_api_client` of PaddleOCR 3.7.0), made into this gateway's jobs and back."""

# The names are those of the JSON.
# ruff: noqa: N815

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from gateway.compat.dialect import Dialect
from gateway.compat.paddlex_requests import LayoutParsingOptions
from gateway.compat.pp_ocr import PpOcrOptions
from gateway.error_status import encodable, status_of
from gateway.errors import GatewayError, InvalidField, UnsupportedOption
from gateway.jobs.job import Job, Status
from gateway.schemas import OcrFields, PageText
from gateway.sources.fields import validate
from gateway.sources.form import Form, Parsed

_DOCUMENT_MODELS = ("PaddleOCR-VL", "PaddleOCR-VL-1.5", "PaddleOCR-VL-1.6")
_TEXT_MODELS = ("PP-OCRv5", "PP-OCRv5-latin", "PP-OCRv6")
_STATES: dict[Status, Literal["pending", "running", "done", "failed"]] = {
    "queued": "pending",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "failed",
}
_API = "paddleocr"

RESULTS = "/api/v2/ocr/results"
"""Below it lie results. Clients fetch them without a token, so that each address has a key of its own."""


class JobRequest(BaseModel):
    """The body of POST /api/v2/ocr/jobs."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    fileUrl: str | None = Field(default=None, description="Where the document is, unless it is attached as `file`.")
    model: str = Field(
        description="PaddleOCR-VL…, or PP-OCR… for texts and boxes alone; this server's own model reads."
    )
    optionalPayload: dict[str, Any] = Field(default_factory=dict, description="The options of /layout-parsing.")
    pageRanges: PageText | None = Field(default=None, description='Pages, counted from 1: "1-3,7".')
    batchId: str | None = Field(
        default=None, max_length=200, description="Jobs of one batch can be asked for together."
    )

    def options(self) -> LayoutParsingOptions | PpOcrOptions:
        """The options of the model. Raises InvalidField, UnsupportedOption."""
        if self.model in _TEXT_MODELS:
            return validate(PpOcrOptions, self.optionalPayload)
        if self.model in _DOCUMENT_MODELS:
            return validate(LayoutParsingOptions, self.optionalPayload)
        raise UnsupportedOption(
            f"model: there is no {self.model[:100]} here; there are {', '.join(_DOCUMENT_MODELS + _TEXT_MODELS)}",
            param="model",
        )

    def ocr_fields(self) -> OcrFields:
        """The same as this gateway's own request has it. Raises InvalidField, UnsupportedOption."""
        return self.options().ocr_fields(self.pageRanges)

    def labels(self) -> dict[str, str]:
        """What the job is found by, how it is answered, and the key of its result, which is fetched without a token."""
        labels = {"api": _API, "model": self.model, "key": secrets.token_urlsafe(24)}
        return labels if self.batchId is None else {**labels, "batch": self.batchId}


def batch_labels(batch: str) -> dict[str, str]:
    """The labels by which the jobs of a batch are found."""
    return {"api": _API, "batch": batch}


def is_text_job(job: Job) -> bool:
    """Whether texts and boxes alone were asked for."""
    return job.ticket.labels.get("model") in _TEXT_MODELS


def key_of(job: Job) -> str:
    """The key of a job's result; empty where the job is not of this API."""
    return job.ticket.labels.get("key", "")


def has_key(job: Job, key: str) -> bool:
    """Whether `key` opens the job's result."""
    return bool(key) and secrets.compare_digest(key_of(job).encode(), key.encode())


class Progress(BaseModel):
    """How far a job is."""

    totalPages: int
    extractedPages: int
    startTime: datetime | None
    endTime: datetime | None


class ResultUrl(BaseModel):
    """Where the result is."""

    jsonUrl: str = Field(description="JSON lines, fetched without a token.")


class JobData(BaseModel):
    """A job as it is now."""

    jobId: str
    state: Literal["pending", "running", "done", "failed"]
    extractProgress: Progress
    resultUrl: ResultUrl | None = None
    errorMsg: str | None = None


class BatchData(BaseModel):
    """The jobs of a batch."""

    batchId: str
    extractResult: list[JobData]


class SubmittedData(BaseModel):
    """A job that was taken in."""

    jobId: str


class SubmittedAnswer(BaseModel):
    """The answer of POST /api/v2/ocr/jobs."""

    code: Literal[0] = 0
    msg: Literal["Success"] = "Success"
    data: SubmittedData


class PaddleJobAnswer(BaseModel):
    """The answer of GET /api/v2/ocr/jobs/{id}."""

    code: Literal[0] = 0
    msg: Literal["Success"] = "Success"
    data: JobData


class BatchAnswer(BaseModel):
    """The answer of GET /api/v2/ocr/jobs/batch/{batchId}."""

    code: Literal[0] = 0
    msg: Literal["Success"] = "Success"
    data: BatchData


class JobFailure(BaseModel):
    """What is answered where there is no success."""

    code: int = Field(description="The HTTP status.")
    msg: str
    requestId: str


def envelope(error: GatewayError, request: Request) -> dict[str, Any]:
    """The body that tells `error`."""
    failure = JobFailure(code=status_of(error), msg=encodable(error.message), requestId=request.state.request_id)
    return failure.model_dump()


DIALECT = Dialect(envelope, {"url": "fileUrl", "pages": "pageRanges"})
"""How the paths of this API tell errors."""


def job_data(job: Job, results: str) -> JobData:
    """A job as it is now; `results` is the address below which results lie."""
    attempt, end = job.attempt, job.end
    error = None
    if end is not None and end.status != "done":
        error = end.fault.error().renamed(DIALECT.names).message if end.fault else "the job was cancelled"
    done = end is not None and end.status == "done"
    return JobData(
        jobId=job.id,
        state=_STATES[job.status],
        extractProgress=Progress(
            totalPages=(attempt.total if attempt else None) or 0,
            extractedPages=attempt.done if attempt else 0,
            startTime=attempt.started if attempt else None,
            endTime=end.ended if end else None,
        ),
        resultUrl=ResultUrl(jsonUrl=f"{results}/{job.id}?key={key_of(job)}") if done else None,
        errorMsg=error,
    )


def _parse(fields: dict[str, Any]) -> Parsed[JobRequest]:
    asked = validate(JobRequest, fields)
    if asked.batchId == "":
        raise InvalidField("batchId is empty: leave it out", param="batchId")
    return Parsed(asked, url=asked.fileUrl)


JOB_FORM = Form(_parse, multipart=True, json_parts=("optionalPayload",))
"""The body of POST /api/v2/ocr/jobs."""

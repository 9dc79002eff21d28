"""What a job is: what was asked, how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.document import Failure, Page
from gateway.error_status import BY_CODE
from gateway.errors import GatewayError
from gateway.schemas import OcrFields

Status = Literal["queued", "running", "done", "failed", "cancelled"]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)


class Ticket(_File):
    """What was asked, by whom and when; it never changes.

    `visualize` has the pages' drawings kept. `labels` are the submitter's own: jobs can be found by them.
    """

    id: str
    client: str
    request_id: str
    created: datetime
    fields: OcrFields
    visualize: bool = False
    labels: dict[str, str] = Field(default_factory=dict)


class Attempt(_File):
    """How far the present attempt is: pages chosen, read, and left out; `total` is None until the document is open."""

    started: datetime
    total: int | None = None
    done: int = 0
    failed: int = 0


class Fault(_File):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None

    @classmethod
    def of(cls, error: GatewayError) -> Fault:
        """The fault that `error` tells."""
        return cls(code=error.code, message=error.message, param=error.param)

    def error(self) -> GatewayError:
        """The error, as POST /ocr would have raised it; it was counted when the job ended."""
        error = BY_CODE.get(self.code, GatewayError)(self.message, param=self.param)
        error.counted = True
        return error


class End(_File):
    """How a job ended; `attempt` is the one whose answer counts, `warnings` are those of its answer."""

    status: Literal["done", "failed", "cancelled"]
    ended: datetime
    attempt: int = 0
    warnings: int = 0
    fault: Fault | None = None


@dataclass(frozen=True)
class Turn:
    """The right to run a job for the `number`-th time, counted from 1."""

    id: str
    number: int


@dataclass(frozen=True)
class Job:
    """A job as it is now. `expires_at`: when it is forgotten; known once it has ended."""

    ticket: Ticket
    status: Status
    attempt: Attempt | None
    end: End | None
    expires_at: datetime | None

    @property
    def id(self) -> str:
        """32 hexadecimal digits that nobody can guess."""
        return self.ticket.id


class Tally:
    """Counts the pages of a reading."""

    def __init__(self, started: datetime) -> None:
        self.attempt = Attempt(started=started)

    def opened(self, kind: str, page_count: int, indices: list[int]) -> None:  # noqa: ARG002 - of Progress
        """The document is open."""
        self.attempt = Attempt(started=self.attempt.started, total=len(indices))

    async def room(self, index: int) -> None:
        """There always is."""

    def read(self, page: Page | Failure) -> None:
        """A page is done."""
        counted = "failed" if isinstance(page, Failure) else "done"
        self.attempt = self.attempt.model_copy(update={counted: getattr(self.attempt, counted) + 1})

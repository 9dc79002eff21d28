"""How every document comes in, whatever the route: a permit first, then the body, with one deadline over all.

async with intake(request, services) as sent:
    document = await services.reader.read(task_of(sent, request, services))
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from gateway.deadline import Deadline
from gateway.document import Task
from gateway.page_ranges import PageRanges
from gateway.schemas import OcrRequest
from gateway.services import Services


@dataclass(frozen=True)
class Sent:
    """A request whose document lies at `path`, and stays there while its block lasts."""

    path: Path
    fields: OcrRequest
    deadline: Deadline
    begun_at: float

    @property
    def seconds(self) -> float:
        """Seconds since the request came."""
        return time.monotonic() - self.begun_at


@asynccontextmanager
async def intake(request: Request, services: Services) -> AsyncIterator[Sent]:
    """Take a permit and the body; both are given back at the end of the block.

    Raises what Admission.permit and BodyReader.read raise.
    """
    begun_at = time.monotonic()
    deadline = Deadline.after(services.settings.request_timeout)
    async with services.admission.permit(request.state.client, deadline):
        with tempfile.TemporaryDirectory(prefix="ocr-") as folder:
            path = Path(folder) / "document"
            with services.metrics.stage("receive"):
                fields, deadline = await services.bodies.read(request, path, deadline)
            services.metrics.document_bytes.inc(path.stat().st_size)
            request.state.log["bytes"] = path.stat().st_size
            yield Sent(path, fields, deadline, begun_at)


def task_of(sent: Sent, request: Request, services: Services) -> Task:
    """The reading that the request asks for. Raises InvalidField where its pages are no ranges."""
    return Task(
        path=sent.path,
        options=sent.fields.options,
        dpi=sent.fields.dpi or services.settings.pdf_dpi,
        deadline=sent.deadline,
        request_id=request.state.request_id,
        client=request.state.client,
        pages=PageRanges.parse(sent.fields.pages) if sent.fields.pages is not None else None,
        on_error=sent.fields.on_error,
    )

"""What a gateway does for jobs: it reads documents as POST /ocr does, and looks after them all."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from gateway.answer import with_unique_images
from gateway.asked import saver_of, task_of
from gateway.background import background
from gateway.deadline import Deadline
from gateway.document import Document, Progress
from gateway.jobs.job import Ticket
from gateway.jobs.runner import Runner
from gateway.jobs.upkeep import Upkeep
from gateway.retry import Patience
from gateway.save import finish
from gateway.schemas import OcrAnswer
from gateway.services import Services

_PATIENCE = Patience(math.inf, math.inf, restarts=3, overloads=None)
"""Nobody waits for a job, so it outlasts any restart; but it may itself be what the engine dies of."""


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[None]:
    """Within the block, run jobs; at its end those that run are given back."""
    if services.jobs is None:
        yield
        return
    settings = services.settings
    upkeep = Upkeep(services.jobs, lease=settings.job_lease)
    runner = Runner(
        services.jobs,
        partial(read, services),
        at_once=settings.jobs_at_once,
        seconds=settings.job_timeout,
        is_closing=lambda: services.admission.closed,
    )
    async with background(upkeep.run(), runner.run()):
        yield


async def read(
    services: Services, ticket: Ticket, path: Path, deadline: Deadline, progress: Progress
) -> tuple[OcrAnswer, Document]:
    """Read a job's document. Raises what DocumentReader.read raises."""
    begun_at = time.monotonic()
    fields = ticket.fields
    task = task_of(
        fields,
        services,
        path=path,
        deadline=deadline,
        request_id=ticket.request_id,
        client=ticket.client,
        visualize=ticket.visualize,
        patience=_PATIENCE,
    )
    document = with_unique_images(await services.reader.read(task, progress))
    services.metrics.tokens.inc(document.tokens)
    saver = saver_of(fields, services)
    return await finish(document, saver, deadline, answer_id=ticket.id, begun_at=begun_at), document

"""How every document comes in, whatever the route: a permit first, then the body, with one deadline over all.

async with intake(request, services, OCR_FORM) as sent:
    document = await sent.read(sent.task(sent.fields))
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from fastapi import Request

from gateway.asked import task_of
from gateway.deadline import Deadline
from gateway.disconnect import unless_disconnected, unless_hung_up
from gateway.document import Document, Progress, Task
from gateway.page_ranges import PageRanges
from gateway.schemas import OcrFields
from gateway.services import Services
from gateway.sources.form import F, Form
from gateway.storage import room_in


@dataclass(frozen=True)
class Sent(Generic[F]):
    """A request, its `fields` as its form has them; the document lies at `path` while the block lasts."""

    path: Path
    fields: F
    deadline: Deadline
    begun_at: float
    request: Request
    services: Services

    @property
    def seconds(self) -> float:
        """Seconds since the request came."""
        return time.monotonic() - self.begun_at

    def task(self, fields: OcrFields, *, pages: PageRanges | None = None, visualize: bool = False) -> Task:
        """The reading of this document that `fields` ask for; `pages` take the place of theirs. Raises InvalidField."""
        state = self.request.state
        return task_of(
            fields,
            self.services,
            path=self.path,
            deadline=self.deadline,
            request_id=state.request_id,
            client=state.client,
            pages=pages,
            visualize=visualize,
        )

    async def read(self, task: Task, progress: Progress | None = None) -> Document:
        """Read, as long as the client stays; the log line and the counters learn of it.

        Raises what DocumentReader.read raises, and ClientDisconnected.
        """
        document = await unless_disconnected(self.request.receive, self.services.reader.read(task, progress))
        self.services.metrics.tokens.inc(document.tokens)
        self.request.state.log.update(kind=document.kind, pages=len(document.pages), warnings=len(document.warnings))
        return document


@asynccontextmanager
async def admitted(request: Request, services: Services, deadline: Deadline) -> AsyncIterator[None]:
    """Hold a permit for the length of the block; who hangs up while he waits for it gives his place up.

    Raises what Admission.permit raises, and ClientDisconnected.
    """
    async with AsyncExitStack() as stack:
        permit = services.admission.permit(request.state.client, deadline)
        await unless_hung_up(request.scope, stack.enter_async_context(permit))
        yield


@asynccontextmanager
async def intake(
    request: Request, services: Services, form: Form[F], folder: Path | None = None
) -> AsyncIterator[Sent[F]]:
    """Take a permit and the body, read as `form` says; both are given back at the end of the block.

    The document lies in `folder`, or under TMPDIR. Raises what `admitted` and BodyReader.read raise, StorageFull.
    """
    begun_at = time.monotonic()
    deadline = Deadline.after(services.settings.request_timeout)
    async with admitted(request, services, deadline):
        with tempfile.TemporaryDirectory(prefix=".ocr-", dir=folder) as own_folder:
            path = Path(own_folder) / "document"
            with services.metrics.stage("receive"), room_in("TMPDIR" if folder is None else "JOBS_DIR or TMPDIR"):
                fields, deadline = await services.bodies.read(request, form, path, deadline)
            size = path.stat().st_size
            services.metrics.document_received(size, request.state.client)
            request.state.log["bytes"] = size
            yield Sent(path, fields, deadline, begun_at, request, services)

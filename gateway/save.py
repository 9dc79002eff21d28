"""Finishing a reading: its answer, kept on disk first, then in S3."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from gateway.answer import build, with_unique_images
from gateway.deadline import Deadline
from gateway.document import Document
from gateway.errors import DeadlineExceeded
from gateway.metrics import Metrics
from gateway.s3 import S3Error, S3Store
from gateway.schemas import OcrAnswer, S3Saved, Saved, WarningAnswer
from gateway.storage import Storage, files_of

_LOG = logging.getLogger(__name__)


async def finish(
    document: Document, saver: Saver | None, deadline: Deadline, *, answer_id: str, begun_at: float
) -> OcrAnswer:
    """The answer to a reading that began at `begun_at` (monotonic clock), kept where `saver` keeps it."""
    document = with_unique_images(document)
    seconds = time.monotonic() - begun_at
    answer = await asyncio.to_thread(build, document, answer_id=answer_id, seconds=seconds)
    return answer if saver is None else await saver.save(answer, document, deadline)


@dataclass(frozen=True)
class Saver:
    """Keeps results on disk and, where `s3` is given, uploads the same files."""

    storage: Storage
    s3: S3Store | None
    metrics: Metrics
    presigned: bool = False

    async def save(self, answer: OcrAnswer, document: Document, deadline: Deadline) -> OcrAnswer:
        """The answer with where it was kept. What fails here is told in it: the reading itself is not lost."""
        files = await asyncio.to_thread(files_of, answer, document)
        warnings = list(answer.warnings)
        local: str | None = None
        try:
            with self.metrics.stage("save"):
                local = str(await asyncio.to_thread(self.storage.save, answer.id, files))
        except OSError as error:
            _LOG.error("result %s could not be kept under OUTPUT_DIR: %s", answer.id, error)
            message = f"the result could not be kept on the server ({error.strerror or type(error).__name__})"
            warnings.append(WarningAnswer(page=None, type="not_saved", message=message))
        s3 = await self._upload(self.s3, answer.id, files, deadline) if self.s3 else None
        if s3 is not None and s3.error is not None:
            warnings.append(WarningAnswer(page=None, type="not_uploaded", message=s3.error))
        return answer.model_copy(update={"saved": Saved(local=local, s3=s3), "warnings": warnings})

    async def _upload(self, s3: S3Store, folder: str, files: dict[str, bytes], deadline: Deadline) -> S3Saved:
        try:
            with self.metrics.stage("upload"):
                return S3Saved(files=await deadline.wait(s3.upload(folder, files, presigned=self.presigned)))
        except DeadlineExceeded:
            return S3Saved(error="the upload was not done when the request's time was over")
        except S3Error as error:
            _LOG.error("result %s could not be uploaded: %s", folder, error)
            return S3Saved(error=str(error))

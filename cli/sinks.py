"""What takes results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cli.documents import Document
from cli.fingerprints import Fingerprint
from ocr_client import Result


@dataclass(frozen=True)
class Job:
    """A document, and how its results are called."""

    document: Document
    name: str


class Sink(Protocol):
    """Takes results; its methods may run on several threads."""

    def prepare(self, job: Job) -> Fingerprint | None:
        """The state of the document before it is read; None where its results are there.

        Raises CommandError, OSError.
        """

    def keep(self, job: Job, state: Fingerprint, result: Result) -> None:
        """Write the result. Raises OcrError, OSError."""

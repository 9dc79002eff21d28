"""`restructure`: the results of a document's pages in, the same with joined tables and levelled titles out."""

from __future__ import annotations

from typing import Any

from backend.answers import answer, as_engine_error, failure
from backend.tensors import read_bytes, text_tensor
from engines.page.document_options import DocumentOptions
from engines.page.document_process import DocumentProcess


class TritonPythonModel:
    """Asks no other model; a model of its own so that a long document holds up no page."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Start the process that does the work, which takes seconds."""
        self._process = DocumentProcess()
        self._process.start()

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each document; one that is wrong fails alone."""
        return [self._answer(request) for request in requests]

    def finalize(self) -> None:
        """End that process."""
        self._process.close()

    def _answer(self, request: Any) -> Any:
        try:
            options = DocumentOptions.from_json(read_bytes(request, "OPTIONS", b"{}"))
            results = self._process.restructure(read_bytes(request, "PAGES"), options)
        except Exception as error:  # noqa: BLE001 - whatever it is, this request must be answered, and alone
            return failure(as_engine_error(error))
        return answer([text_tensor("RESULTS", results)])

"""`restructure`: the results of a document's pages in, the same with joined tables and levelled titles out."""

from __future__ import annotations

import json
from typing import Any

from backend.answers import answer, as_engine_error, failure
from backend.tensors import read_bytes, text_tensor
from engines.errors import InvalidInput
from engines.page.offline import forbid_downloads


class TritonPythonModel:
    """Asks no other model; a model of its own so that a long document holds up no page."""

    def initialize(self, args: dict[str, str]) -> None:  # noqa: ARG002 - Triton's signature
        """Import PaddleX and what its title levels need, which takes seconds."""
        forbid_downloads()
        import sklearn.cluster  # noqa: F401 - PaddleX imports it at the first title

        from engines.page import document

        self._document = document

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer each document; one that is wrong fails alone."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        try:
            options = self._document.DocumentOptions.from_json(read_bytes(request, "OPTIONS", b"{}"))
            pages = self._document.restructure(_pages(read_bytes(request, "PAGES")), options)
        except Exception as error:  # noqa: BLE001 - whatever it is, this request must be answered, and alone
            return failure(as_engine_error(error))
        results = [{"prunedResult": page.result, "markdown": page.markdown} for page in pages]
        return answer([text_tensor("RESULTS", json.dumps(results, ensure_ascii=False))])


def _pages(text: bytes) -> list[dict[str, Any]]:
    try:
        pages = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"PAGES is no JSON: {error}") from error
    if not isinstance(pages, list) or not all(isinstance(page, dict) for page in pages):
        raise InvalidInput("PAGES must be a JSON list of prunedResult objects")
    return pages

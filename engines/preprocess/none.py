"""The preprocessing engine where there are no weights for one: it costs nothing and refuses whatever is asked."""

from __future__ import annotations

from collections.abc import Sequence

from engines.errors import EngineError, UnsupportedOption
from engines.preprocess.base import UNKNOWN_ANGLE, Prepared, RawPage
from engines.refusals import Refusal


class NoPreprocess:
    """Refuses both steps, for the reasons that it is made with; a page that asks for neither stays as it is."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def load(self) -> None:
        """Nothing to load."""

    def prepare(self, pages: Sequence[RawPage]) -> list[Prepared | EngineError]:
        """Each page as it is, or UnsupportedOption; as long as `pages`."""
        return [
            UnsupportedOption(reason)
            if (reason := refused(self._refusal, page))
            else Prepared(page.image, UNKNOWN_ANGLE)
            for page in pages
        ]

    def close(self) -> None:
        """Nothing to release."""


def refused(refusal: Refusal, page: RawPage) -> str | None:
    """Why a page can't be prepared as it asks, or None."""
    asked = {
        "useDocOrientationClassify": page.options.use_doc_orientation_classify,
        "useDocUnwarping": page.options.use_doc_unwarping,
    }
    return next((reason for name, value in asked.items() if (reason := refusal(name, value))), None)

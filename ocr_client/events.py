"""How a reading goes on."""

from __future__ import annotations

from dataclasses import dataclass

from ocr_client.errors import OcrError
from ocr_client.models import Page, PageError, Warn


@dataclass(frozen=True)
class Opened:
    """The document is open: of its `page_count` pages those at the indices `pages` are being read.

    After Retrying all begins anew with the next of these.
    """

    id: str
    kind: str
    page_count: int
    pages: tuple[int, ...]


@dataclass(frozen=True)
class PageRead:
    """A page is there. In documents of many pages the result may still join it with its neighbours."""

    page: Page
    warnings: tuple[Warn, ...]


@dataclass(frozen=True)
class PageFailed:
    """A page was left out, as `on_error="skip"` asked."""

    error: PageError


@dataclass(frozen=True)
class Retrying:
    """The request failed with `error` and is sent again after `seconds`."""

    error: OcrError
    seconds: float


Event = Opened | PageRead | PageFailed | Retrying

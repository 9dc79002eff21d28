"""What the fields of a request ask for: a reading, whether its pages are drawn, and who keeps its result."""

from __future__ import annotations

from pathlib import Path

from gateway.deadline import Deadline
from gateway.document import Task
from gateway.errors import NotConfigured
from gateway.page_ranges import EVERY_PAGE, PageRanges
from gateway.retry import Patience
from gateway.save import Saver
from gateway.schemas import OcrFields
from gateway.services import Services


def task_of(
    fields: OcrFields,
    services: Services,
    *,
    path: Path,
    deadline: Deadline,
    request_id: str,
    client: str,
    pages: PageRanges | None = None,
    visualize: bool = False,
    patience: Patience | None = None,
) -> Task:
    """The reading of the document at `path`; `pages` take the place of those in `fields`.

    Raises InvalidField where the pages in `fields` are no ranges.
    """
    if pages is None:
        pages = EVERY_PAGE if fields.pages is None else PageRanges.parse(fields.pages)
    return Task(
        path=path,
        options=fields.options,
        dpi=fields.dpi or services.settings.pdf_dpi,
        deadline=deadline,
        request_id=request_id,
        client=client,
        pages=pages,
        on_error=fields.on_error,
        keep_images=fields.page_images,
        visualize=visualize,
        patience=patience,
    )


def draws(asked: bool | None, services: Services) -> bool:
    """Whether what was found is drawn on each page: as a request asks, else as VISUALIZE says."""
    return services.settings.visualize if asked is None else asked


def saver_of(fields: OcrFields, services: Services) -> Saver | None:
    """Who keeps the result; None when nobody is asked to. An upload implies a local copy: nothing can be lost.

    Raises NotConfigured where `s3` is asked for and there is none.
    """
    if fields.s3 and services.s3 is None:
        missing = ", ".join(services.settings.missing_s3_settings())
        raise NotConfigured(f"s3: this server has no S3 storage; its operator sets {missing}", param="s3")
    save = services.settings.save if fields.save is None else fields.save
    if not save and not fields.s3:
        return None
    return Saver(
        services.storage, services.s3 if fields.s3 else None, services.metrics, presigned=fields.s3 == "presigned"
    )

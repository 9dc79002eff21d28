"""A client of the server's HTTP API.

    from ocr_client import Client

    with Client("http://127.0.0.1:8081") as client:
        print(client.read("scan.pdf", pages="1-3").markdown)

`AsyncClient` has the same methods to await.
"""

from ocr_client.async_client import AsyncClient, AsyncReading
from ocr_client.calls import ReadFields, Source
from ocr_client.client import Client, Reading
from ocr_client.errors import (
    ApiError,
    BadAnswer,
    BadGateway,
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    DeadlineExceeded,
    EngineFailure,
    InvalidRequest,
    LimitExceeded,
    OcrError,
    ServerFailure,
    ServerUnreachable,
    TimedOut,
    Unauthorized,
    Unavailable,
)
from ocr_client.events import Event, Opened, PageFailed, PageRead, Retrying
from ocr_client.models import (
    About,
    Block,
    Check,
    Health,
    Job,
    JobError,
    Page,
    PageError,
    Progress,
    Result,
    S3Saved,
    Saved,
    Usage,
    Warn,
)
from ocr_client.retries import Retries

__all__ = [
    "About",
    "ApiError",
    "AsyncClient",
    "AsyncReading",
    "BadAnswer",
    "BadGateway",
    "Block",
    "Check",
    "Client",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLost",
    "DeadlineExceeded",
    "EngineFailure",
    "Event",
    "Health",
    "InvalidRequest",
    "Job",
    "JobError",
    "LimitExceeded",
    "OcrError",
    "Opened",
    "Page",
    "PageError",
    "PageFailed",
    "PageRead",
    "Progress",
    "ReadFields",
    "Reading",
    "Result",
    "Retries",
    "Retrying",
    "S3Saved",
    "Saved",
    "ServerFailure",
    "ServerUnreachable",
    "Source",
    "TimedOut",
    "Unauthorized",
    "Unavailable",
    "Usage",
    "Warn",
]

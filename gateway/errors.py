"""The error tree of the gateway; `gateway.error_status` has the one table from error to HTTP status.

GatewayError
├── InvalidRequest              the request can't be served as it is; sending it again will not help
│   ├── NoSuchPath              a path that the server does not have
│   ├── NoSuchJob               a job that is not known, is forgotten, or is somebody else's
│   ├── JobNotDone              the result of a job that has none, or none yet
│   ├── MethodNotAllowed        a method that the path does not take
│   ├── MalformedBody           not JSON, not multipart, or cut short
│   ├── UnsupportedBody         a Content-Type that this route does not read
│   ├── UnknownField            a field or an option that does not exist
│   ├── InvalidField            a value outside its type or range
│   ├── NotConfigured           a field that needs settings which are not there
│   ├── BadBase64               `file` is no Base64 and no data: URI
│   ├── UrlRefused              the URL may not be fetched: scheme, address, or switched off
│   ├── UrlFailed               the URL was tried and gave no document
│   ├── EmptyFile               no bytes at all
│   ├── UnsupportedFile         neither PDF nor one of the image formats
│   ├── BadImage                an image that can't be decoded
│   ├── BadPdf                  a PDF that no renderer opens, or one without pages
│   │   └── EncryptedPdf        a PDF that asks for a password
│   ├── RenderFailed            a page that no renderer draws: refused, crashed or timed out
│   ├── PagesOutside            a page range outside the document
│   └── UnsupportedOption       an option that the running engine can't honour
├── Unauthorized                no API key, or one that this server does not know
├── LimitExceeded               a limit of the gateway; the message names the setting that raises it
│   ├── BodyTooLarge            MAX_UPLOAD_BYTES
│   ├── BodyTooSlow             RECEIVE_TIMEOUT
│   ├── TooManyPages            MAX_PAGES
│   ├── PageTooLarge            MAX_PAGE_PIXELS
│   └── ResultTooLarge          MAX_RESULT_BYTES
├── Unavailable                 nothing was done; the same request may pass later
│   ├── TooManyRequests         MAX_REQUESTS and MAX_QUEUE, or MAX_JOBS, are used up
│   ├── RateLimited             the client's rate (RATE_LIMIT, or that of its key) is used up
│   ├── Draining                the gateway is stopping
│   ├── JobsUnavailable         the queue of jobs can't be reached
│   ├── StorageFull             a disk that the gateway writes to has no room
│   ├── EngineOverloaded        Triton has more pages in flight than it takes
│   ├── EngineRestarting        Triton, or one of its models, is down
│   └── VlmServerUnavailable    the server at VLM_URL, which reads for the engine, is down
├── DeadlineExceeded            REQUEST_TIMEOUT, or the request's own `timeout`, passed
├── EngineFailure               Triton answered, but not with a page
│   ├── MissingWeights          a model's files are absent or wrong
│   └── VlmServerFailure        the server at VLM_URL answered, but not with a text
├── JobLost                     the gateways that read the document died of it, or hung
└── ClientDisconnected          the client went away; nobody reads the answer
"""

# Named after what happened; that they are errors is said by their base.

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class GatewayError(Exception):
    """Anything that ends a request.

    `message` is for people: what is wrong and what helps. `param` names the field at fault. `retry_after` is in
    seconds. `counted`: the metrics have it already, and it is only told again.
    """

    kind: ClassVar[str] = "server_error"
    code: ClassVar[str] = "internal_error"
    counted: bool = False

    def __init__(self, message: str, *, param: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after

    def on_page(self, name: str) -> GatewayError:
        """The same error, its message saying that it arose on the page that the client knows by `name`."""
        return type(self)(f"page {name}: {self.message}", param=self.param, retry_after=self.retry_after)

    def renamed(self, names: Mapping[str, str]) -> GatewayError:
        """The same error to clients whose API has other names for this gateway's fields, in `names` by these.

        A message begins with the name of the field at fault.
        """
        name = names.get(self.param or "")
        if name is None:
            return self
        begins = self.message.startswith((f"{self.param}:", f"{self.param} "))
        message = name + self.message.removeprefix(str(self.param)) if begins else self.message
        return type(self)(message, param=name, retry_after=self.retry_after)


class InvalidRequest(GatewayError):
    """The request can't be served as it is; sending it again will not help."""

    kind = "invalid_request"
    code = "invalid_request"


class NoSuchPath(InvalidRequest):
    """The server has no such path."""

    code = "not_found"


class NoSuchJob(InvalidRequest):
    """The job is not known, or no longer, or belongs to somebody else."""

    code = "no_such_job"


class JobNotDone(InvalidRequest):
    """The job has no result: it is not done, or was cancelled."""

    code = "job_not_done"


class MethodNotAllowed(InvalidRequest):
    """The path does not take the method."""

    code = "method_not_allowed"


class MalformedBody(InvalidRequest):
    """The body is not what its Content-Type says."""

    code = "malformed_body"


class UnsupportedBody(InvalidRequest):
    """The Content-Type of the body is not one that the route reads."""

    code = "unsupported_body"


class UnknownField(InvalidRequest):
    """A field or an option that does not exist."""

    code = "unknown_field"

    def renamed(self, names: Mapping[str, str]) -> GatewayError:  # noqa: ARG002 - of GatewayError
        """The same: it names what the client sent."""
        return self


class InvalidField(InvalidRequest):
    """A value of the wrong type or outside its range."""

    code = "invalid_field"


class NotConfigured(InvalidRequest):
    """The field needs settings that this gateway was started without."""

    code = "not_configured"


class BadBase64(InvalidRequest):
    """`file` is neither Base64 nor a Base64 data: URI."""

    code = "bad_base64"


class UrlRefused(InvalidRequest):
    """The URL may not be fetched from here."""

    code = "url_refused"


class UrlFailed(InvalidRequest):
    """The URL was tried, but gave no document."""

    code = "url_failed"


class EmptyFile(InvalidRequest):
    """A document of no bytes."""

    code = "empty_file"


class UnsupportedFile(InvalidRequest):
    """The content is neither a PDF nor an image of a known format."""

    code = "unsupported_file"


class BadImage(InvalidRequest):
    """The image can't be decoded."""

    code = "bad_image"


class BadPdf(InvalidRequest):
    """The PDF can't be opened, or has no pages."""

    code = "bad_pdf"


class EncryptedPdf(BadPdf):
    """The PDF asks for a password."""

    code = "encrypted_pdf"


class RenderFailed(InvalidRequest):
    """A page can't be drawn."""

    code = "render_failed"


class PagesOutside(InvalidRequest):
    """The page range lies outside the document."""

    code = "pages_outside"


class UnsupportedOption(InvalidRequest):
    """The running engine can't honour the option."""

    code = "unsupported_option"


class Unauthorized(GatewayError):
    """No API key came with the request, or one that this server does not know."""

    kind = "unauthorized"
    code = "unauthorized"


class LimitExceeded(GatewayError):
    """A limit of the gateway; the message names the setting that raises it."""

    kind = "limit_exceeded"
    code = "limit_exceeded"


class BodyTooLarge(LimitExceeded):
    """More bytes than MAX_UPLOAD_BYTES, or more beside the document than anybody needs."""

    code = "body_too_large"


class BodyTooSlow(LimitExceeded):
    """A body of which nothing came for RECEIVE_TIMEOUT, or too little."""

    code = "body_too_slow"


class TooManyPages(LimitExceeded):
    """More pages than MAX_PAGES."""

    code = "too_many_pages"


class PageTooLarge(LimitExceeded):
    """More pixels than MAX_PAGE_PIXELS."""

    code = "page_too_large"


class ResultTooLarge(LimitExceeded):
    """More bytes of pictures and text read than MAX_RESULT_BYTES."""

    code = "result_too_large"


class Unavailable(GatewayError):
    """Nothing was done; the same request may pass later."""

    kind = "unavailable"
    code = "unavailable"


class TooManyRequests(Unavailable):
    """MAX_REQUESTS are in flight and MAX_QUEUE wait."""

    code = "too_many_requests"


class RateLimited(Unavailable):
    """The client has sent as many documents as its rate allows."""

    code = "rate_limited"


class Draining(Unavailable):
    """The gateway is stopping and takes no new work."""

    code = "draining"


class JobsUnavailable(Unavailable):
    """The queue of jobs can't be reached."""

    code = "jobs_unavailable"


class StorageFull(Unavailable):
    """A disk that the gateway writes to has no room."""

    code = "storage_full"


class EngineOverloaded(Unavailable):
    """Triton takes no more pages at the moment."""

    code = "engine_overloaded"


class EngineRestarting(Unavailable):
    """Triton, or one of its models, is down. `taken`: it may have begun with what it was asked for."""

    code = "engine_restarting"
    taken: bool = True


class VlmServerUnavailable(Unavailable):
    """The server at VLM_URL, which reads for the engine, is down. Triton is not."""

    code = "vlm_server_unavailable"


class DeadlineExceeded(GatewayError):
    """The request's time is over. `by_engine`: the engine said so itself, and so lives."""

    kind = "timeout"
    code = "deadline_exceeded"
    by_engine: bool = False


class EngineFailure(GatewayError):
    """Triton answered, but not with what was asked."""

    kind = "engine_error"
    code = "engine_failure"


class MissingWeights(EngineFailure):
    """A model's files are absent, or not those that the engine was written for."""

    code = "missing_weights"


class VlmServerFailure(EngineFailure):
    """The server at VLM_URL, which reads for the engine, answered, but not with a text."""

    code = "vlm_server_failure"


class JobLost(GatewayError):
    """The gateways that read the document died of it, or hung."""

    code = "job_lost"


class ClientDisconnected(GatewayError):
    """The client went away."""

    kind = "client_closed_request"
    code = "client_disconnected"

"""The error tree of the client.

OcrError
├── ConfigurationError      an address, a key or a field that can't be used; nothing was sent
├── ConnectionFailed
│   ├── ServerUnreachable   there is no connection; nothing was sent
│   └── ConnectionLost      it broke before the whole answer was there
├── TimedOut                the server was silent longer than it may be
├── BadAnswer               what answered does not speak this API: a proxy, another server
└── ApiError                the server says what is wrong
    ├── InvalidRequest      invalid_request: sending it again will not help
    ├── Unauthorized        unauthorized: no API key, or a wrong one
    ├── LimitExceeded       limit_exceeded: the message names the setting that raises the limit
    ├── Unavailable         unavailable: nothing was done; the same request may pass later
    ├── BadGateway          a proxy got no answer from the server, which may have done the work
    ├── DeadlineExceeded    timeout: the request's time is over
    ├── EngineFailure       engine_error: the models answered, but not with a page
    └── ServerFailure       any other type

A file that can't be opened is Python's own OSError.
"""

from __future__ import annotations


class OcrError(Exception):
    """Anything that this client raises."""

    @property
    def message(self) -> str:
        """What is wrong, for people."""
        return str(self)


class ConfigurationError(OcrError):
    """An address, a key or a field that can't be used; nothing was sent."""


class ConnectionFailed(OcrError):
    """The network, or the server's end of it, failed."""


class ServerUnreachable(ConnectionFailed):
    """There is no connection; nothing was sent."""


class ConnectionLost(ConnectionFailed):
    """The connection broke before the whole answer was there; the server may have done the work."""


class TimedOut(OcrError):
    """The server was silent longer than it may be."""


class BadAnswer(OcrError):
    """What answered does not speak this API."""


class ApiError(OcrError):
    """The server says what is wrong.

    `type`, `code`, `param` and `request_id` are as the API tells them. `status` is that of HTTP; None where the error
    ended an answer that had begun. `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        type: str,  # noqa: A002 - the API's own name
        code: str,
        param: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.code = code
        self.param = param
        self.request_id = request_id
        self.status = status
        self.retry_after = retry_after


class InvalidRequest(ApiError):
    """The request can't be served as it is; sending it again will not help."""


class Unauthorized(ApiError):
    """The server asks for an API key, or does not know the one that was sent."""


class LimitExceeded(ApiError):
    """The document is over a limit of the server; the message names the setting that raises it."""


class Unavailable(ApiError):
    """Nothing was done; the same request may pass later."""


class BadGateway(ApiError):
    """A proxy got no answer from the server: it may be away, and it may have done the work."""


class DeadlineExceeded(ApiError):
    """The request's time is over."""


class EngineFailure(ApiError):
    """The models answered, but not with a page."""


class ServerFailure(ApiError):
    """The server failed; its log says why, under the `request_id`."""


BY_TYPE: dict[str, type[ApiError]] = {
    "invalid_request": InvalidRequest,
    "unauthorized": Unauthorized,
    "limit_exceeded": LimitExceeded,
    "unavailable": Unavailable,
    "timeout": DeadlineExceeded,
    "engine_error": EngineFailure,
}
"""The class of an error by the API's `type`."""

"""How the API of another server tells errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from gateway.errors import GatewayError

Envelope = Callable[[GatewayError, Request], dict[str, Any]]


@dataclass(frozen=True)
class Dialect:
    """The form of an API's errors, and its `names` for fields of this gateway, by this gateway's own."""

    envelope: Envelope
    names: Mapping[str, str] = field(default_factory=dict)

    def tell(self, error: GatewayError, request: Request) -> dict[str, Any]:
        """The body that tells `error`."""
        return self.envelope(error.renamed(self.names), request)

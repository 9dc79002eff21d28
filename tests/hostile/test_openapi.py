"""What the OpenAPI document says of the running product is so, and nothing that can be sent by it ends in a 5xx."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS

from gateway.app import create_app
from gateway.settings import Settings
from supervisor.stack import Stack


def operations() -> list[tuple[str, str]]:
    paths = create_app(Settings()).openapi()["paths"]
    return [(path, method.upper()) for path, methods in paths.items() for method in methods]


@pytest.fixture(scope="module")
def api(stack: Stack) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{stack.gateway_url}/openapi.json")


@pytest.mark.parametrize(("path", "method"), operations())
def test_every_operation_keeps_its_word(api, path, method):
    # Most that fits the document is no file that could be read.
    not_meant = CHECKS.get_by_names(["positive_data_acceptance", "not_a_server_error"])

    @given(api[path][method].as_strategy())
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case):
        response = case.call_and_validate(excluded_checks=not_meant, timeout=60)
        # A request may allow itself less time than anything takes.
        assert response.status_code < 500 or (response.status_code == 504 and "timeout" in (case.body or {})), (
            response.text
        )

    check()

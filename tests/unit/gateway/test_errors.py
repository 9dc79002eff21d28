from __future__ import annotations

import re

import pytest

from gateway import errors
from gateway.error_status import BY_CODE, STATUS, envelope, status_of
from gateway.errors import GatewayError


def kinds(kind: type[GatewayError] = GatewayError) -> list[type[GatewayError]]:
    inside = [deeper for deeper in kind.__subclasses__() if deeper.__module__ == errors.__name__]
    return [kind, *(found for deeper in inside for found in kinds(deeper))]


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = re.findall(r"^([│├└─ ]*)(\w+)(?:  .*)?$", str(errors.__doc__).partition("\n\n")[2], re.MULTILINE)
    stack: list[tuple[int, str]] = []
    for indent, name in drawn:
        depth = len(indent) // 4
        stack = [entry for entry in stack if entry[0] < depth]
        kind = getattr(errors, name)
        if stack:
            assert kind.__base__.__name__ == stack[-1][1]
        stack.append((depth, name))
    assert {name for _, name in drawn} == {kind.__name__ for kind in kinds()}


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    assert len({kind.code for kind in kinds()}) == len(kinds()) == len(BY_CODE)
    for kind in kinds():
        assert 400 <= status_of(kind("x")) < 600
    assert set(STATUS) <= set(kinds())


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_the_envelope(kind: type[GatewayError]) -> None:
    error = kind("it is wrong", param="file", retry_after=3).on_page("4")
    assert type(error) is kind
    assert error.retry_after == 3
    assert envelope(error, "r1") == {
        "error": {
            "type": kind.kind,
            "code": kind.code,
            "message": "page 4: it is wrong",
            "param": "file",
            "request_id": "r1",
        }
    }

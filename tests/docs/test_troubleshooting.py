"""docs/troubleshooting.md knows every error of the gateway, and every message with which the supervisor stops."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from gateway.error_status import BY_CODE, status_of
from gateway.health import Health
from tests.conftest import ROOT
from tests.docs.pages import rows

PAGE = ROOT / "docs/troubleshooting.md"
SOURCES = ("supervisor", "gateway", "engines", "scripts/setup")
_REASONS = {
    "SettingsError",
    "PortUnavailable",
    "AlreadyRunning",
    "StartFailed",
    "GaveUp",
    "SampleFailed",
    "SetupError",
    "Fault",
}
"""What the operator is told of a start, or of a restart."""


def messages_of_the_page() -> list[str]:
    """The messages that the page explains, as regular expressions; … stands for whatever differs."""
    headings = ("## The set-up stops", "## The start stops", "## The weights and the engines")
    cells = [row[0] for heading in headings for row in rows(PAGE, heading)]
    messages = (message for cell in cells for message in re.findall("`([^`]+)`", cell))
    return [re.escape(message.strip("… ")).replace("…", ".*") for message in messages]


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text in a module, … in place of what an f-string puts in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def reasons(module: ast.Module) -> Iterator[str]:
    """The texts with which a module makes one of _REASONS."""
    for node in ast.walk(module):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _REASONS
        if called and (said := next((text for argument in node.args for text in texts(argument)), None)):
            yield said


@pytest.fixture(scope="module")
def modules() -> list[ast.Module]:
    return [ast.parse(path.read_text()) for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_code_is_there_once_with_its_status() -> None:
    told = [
        (row[0].strip("`"), row[1])
        for row in rows(PAGE, "## Errors of requests")
        if row[0].startswith("`") and row[0] != "`code`"
    ]
    assert sorted(told) == sorted((code, str(status_of(kind("")))) for code, kind in BY_CODE.items())


def test_every_state_of_health_is_there() -> None:
    table = PAGE.read_text().split("## Errors of requests")[0]
    told = re.findall(r"^\| `(\w+)` \| ", table, re.MULTILINE)
    assert told[1:] == ["ok", "degraded", "blocked", "failed", "draining"]
    assert set(told[1:]) == set(Health.model_fields["status"].annotation.__args__)


@pytest.mark.parametrize("message", messages_of_the_page())
def test_a_message_of_the_page_exists(modules: list[ast.Module], message: str) -> None:
    said = [*(text for module in modules for text in texts(module)), (ROOT / "scripts/find_python.sh").read_text()]
    assert any(re.search(message, text) for text in said)


def test_the_page_has_every_reason_to_stop_or_to_restart(modules: list[ast.Module]) -> None:
    known = messages_of_the_page()
    said = [text for module in modules for text in reasons(module)]
    # A reason that is put together elsewhere.
    said = [text for text in said if text.strip("…\n:. ")]
    assert len(said) > 25
    assert [text for text in said if not any(re.search(message, text) for message in known)] == []

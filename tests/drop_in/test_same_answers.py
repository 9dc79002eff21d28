"""The same requests get the same answers here and from PaddleX's own server, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drop_in.asks import Ask, asks
from tests.drop_in.conftest import Both

ASKS = asks()


def compared(body: dict[str, Any]) -> dict[str, Any]:
    """An answer without what is made anew each time: the `logId` where none was sent, and the words of an error."""
    return {**body, "logId": "", "errorMsg": "Success" if body["errorCode"] == 0 else ""}


def same(official: Any, here: Any, place: str = "") -> None:
    """Assert that two answers are equal to the last digit, and the order of their keys; tell the first difference."""
    assert type(official) is type(here), f"{place}: {official!r:.200} is {here!r:.200} here"
    if isinstance(official, dict):
        assert list(official) == list(here), f"{place}: the keys"
        for key in official:
            same(official[key], here[key], f"{place}.{key}")
    elif isinstance(official, list):
        assert len(official) == len(here), f"{place}: the number of elements"
        for number, (one, other) in enumerate(zip(official, here, strict=True)):
            same(one, other, f"{place}[{number}]")
    else:
        assert official == here, f"{place}: {official!r:.200} is {here!r:.200} here"


def test_there_are_enough_option_sets() -> None:
    assert len({ask.name for ask in ASKS}) == len(ASKS)
    sets = {json.dumps(dict(ask.fields), sort_keys=True) for ask in ASKS if not ask.name.startswith("refused")}
    assert len(sets) >= 40


@pytest.mark.parametrize("ask", ASKS, ids=[ask.name for ask in ASKS])
def test_the_answers_are_equal(both: Both, ask: Ask) -> None:
    official, here = both.ask("/layout-parsing", ask.body)
    assert official.status_code == here.status_code, f"{official.text[:300]}\nhere: {here.text[:300]}"
    assert (here.status_code == 200) != ask.name.startswith("refused")
    same(compared(official.json()), compared(here.json()))
    if ask.fields.get("logId"):
        assert official.json()["logId"] == here.json()["logId"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mergeTables": False},
        {"relevelTitles": False},
        {"concatenatePages": True},
        {"prettifyMarkdown": False},
        {"showFormulaNumber": True},
        {"returnMarkdownImages": False},
        {"concatenatePages": True, "returnMarkdownImages": False, "logId": "mine", "nobodyKnows": 1},
    ],
    ids=lambda options: ", ".join(options) or "defaults",
)
def test_restructured_pages_are_equal(both: Both, pages: list[dict[str, Any]], options: dict[str, Any]) -> None:
    official, here = both.ask("/restructure-pages", {"pages": pages, **options})
    assert official.status_code == here.status_code == 200
    same(compared(official.json()), compared(here.json()))


@pytest.fixture(scope="module")
def pages(both: Both) -> list[dict[str, Any]]:
    """The pages of a document, as the official server read them."""
    found = []
    for ask in ASKS:
        if ask.name.startswith("document ("):
            [page] = both.official.post("/layout-parsing", json=ask.body).json()["result"]["layoutParsingResults"]
            found.append({"prunedResult": page["prunedResult"], "markdownImages": page["markdown"]["images"]})
    assert len(found) == 2
    return found

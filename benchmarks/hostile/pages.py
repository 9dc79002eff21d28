"""Pages for POST /restructure-pages as no engine read them: tables that cover the world, and what is no table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchmarks.hostile.cases import TOLD_BY_PADDLEX, Case

_TABLE = "<table><tr><td>Harbour</td><td>4127</td></tr></table>"
_TEXT = "Harbour"
_BOX = [10, 10, 390, 590]


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _spans()
    yield from _markup()
    yield from _nonsense()


def _spans() -> Iterator[Case]:
    for name in ("colspan", "rowspan"):
        for value in ("1000000000", "9" * 5000, "-1", "0", "abc", "1e9", "٣", "", "&#57;999999999"):
            table = f'<table><tr><td {name}="{value}">Harbour</td></tr></table>'
            yield _joined(f"{name} of {value[:20]!r}", table, 200)
    for cell in ("<td colspan=1000000000>", "<TD COLSPAN='1000000000'>", '<td a=">" colspan="1000000000">'):
        yield _joined(f"cell {cell}", f"<table><tr>{cell}Harbour</td></tr></table>", 200)
    wide = '<table><tr><td colspan="1000" rowspan="1000">Harbour</td></tr></table>'
    yield _joined("both spans of 1,000", wide, 200)
    many = '<td colspan="1000" rowspan="1000">a</td>' * 50
    yield _joined("fifty cells that cover a million each", f"<table><tr>{many}</tr></table>", 422)


def _markup() -> Iterator[Case]:
    for name, table in {
        "tables 3,000 deep": "<table><tr><td>" * 3000,
        "tables 100,000 deep": "<table><tr><td>" * 100_000,
        "tags that never close": "<table><tr><td>" + "<a " * 100_000,
        "comments that never close": "<!--" * 100_000,
        "a table of 5 MB": f"<table><tr><td>{'a' * 5_000_000}</td></tr></table>",
    }.items():
        yield _joined(name, table, 422)
    for name, table in {
        "opening brackets": f"Harbour {'<' * 900}",
        "a table in a table": f"<table><tr><td>{_TABLE}</td></tr></table>",
        "a table without rows": "<table></table>",
        "no table at all": "Harbour",
        "end tags alone": "</td></tr></table>" * 1000,
    }.items():
        yield _joined(name, table, 200)


def _nonsense() -> Iterator[Case]:
    for name, changes in {
        "box without a height": {"block_label": "paragraph_title", "block_bbox": [0, 0, 10, 0]},
        "box without an end": {"block_label": "paragraph_title", "block_bbox": [0, 0, float("inf"), 5]},
        "box of two numbers": {"block_label": "paragraph_title", "block_bbox": [0, 0]},
        "box of letters": {"block_bbox": "abcd"},
        "table that is a number": {"block_content": 7},
        "table that is a list": {"block_content": ["a"]},
        "block without a label": {"block_label": None, "block_content": None},
    }.items():
        yield _case(name, [_page(_TABLE, **changes)] * 2, 422)
    yield _case("pages of nothing", [{"prunedResult": {}}], 422)
    yield _case("a page whose blocks are a number", [{"prunedResult": {"parsing_res_list": 3}}], 422)
    yield _case("fifty pages of a table", [_page(_TABLE)] * 50, 200, says=_TEXT)
    yield _case("fifty-one pages where fifty are allowed", [_page(_TABLE)] * 51, 422)


def _joined(name: str, table: str, status: int) -> Case:
    return _case(f"page of {name}", [_page(table), _page(_TABLE)], status, says=_TEXT if status == 200 else "")


def _page(table: str, **changes: Any) -> dict[str, Any]:
    block = {
        "block_label": "table",
        "block_content": table,
        "block_bbox": _BOX,
        "block_id": 0,
        "block_order": 1,
        "group_id": 0,
        **changes,
    }
    settings = {"use_layout_detection": True, "use_doc_preprocessor": False, "format_block_content": False}
    result = {"page_count": None, "width": 400, "height": 600, "model_settings": settings, "parsing_res_list": [block]}
    return {"prunedResult": {**result, "layout_det_res": {"boxes": []}}}


def _case(name: str, pages: list[dict[str, Any]], status: int, says: str = "") -> Case:
    codes = (None,) if status == 200 else (TOLD_BY_PADDLEX,)
    body = json.dumps({"pages": pages}).encode()
    return Case(name, body, "application/json", status, codes, says, path="/restructure-pages")

"""Where the answers differ from the official server's on purpose: exactly what docs/drop-in.md lists."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT
from tests.drop_in.asks import Ask
from tests.drop_in.conftest import Both
from tests.drop_in.faults import FAULTS, Fault, page_of


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_the_official_fault_is_not_one_here(both: Both, fault: Fault) -> None:
    official, here = both.ask(fault.path, fault.asked())
    assert fault.official(official), official.text[:500]
    assert fault.here(here), here.text[:500]
    if fault.like is not None:
        alike = both.official.post(fault.path, json=Ask("", fault.document, fault.like).body)
        assert page_of(official) == page_of(alike), "it has an effect there"
        if here.status_code == 200:
            assert page_of(here) != page_of(alike), "it has no effect here"


def test_the_document_lists_them_all() -> None:
    text = (ROOT / "docs" / "drop-in.md").read_text(encoding="utf-8")
    table = text.partition("<!-- faults -->")[2].partition("<!-- end of faults -->")[0]
    assert re.findall(r"^\| (?!asked \||---)(.+?) \|", table, re.MULTILINE) == [fault.name for fault in FAULTS]

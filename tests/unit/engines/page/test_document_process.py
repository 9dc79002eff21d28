"""Documents put together in a process of their own, whatever they do to it."""

import json
import os
import signal
import time
from contextlib import closing

import psutil
import pytest

from engines.errors import DeadlineExceeded, EngineFailure, InvalidInput, ModelUnavailable
from engines.page.document import restructure
from engines.page.document_options import DocumentOptions
from engines.page.document_process import DocumentProcess
from tests.unit.engines.page.conftest import box

BAD_WORKER = "tests.unit.engines.page.bad_worker"


@pytest.fixture
def process():
    with closing(DocumentProcess(most_seconds=2, worker=BAD_WORKER)) as process:
        process.start()
        yield process


def read(process, deadline=None, **what):
    """The id of the process that answered a document which asks for this."""
    pages = json.dumps([{"do": "answer", **what}]).encode()
    [page] = json.loads(process.restructure(pages, DocumentOptions(deadline=deadline)))
    return int(page["markdown"])


def test_one_process_serves_many_documents(process):
    assert len({read(process) for _ in range(5)}) == 1


def test_what_does_not_end_is_ended_at_the_deadline(process):
    before = read(process)
    with pytest.raises(DeadlineExceeded):
        read(process, do="loop", deadline=time.time() + 0.3)
    assert not psutil.pid_exists(before)
    assert read(process) != before


@pytest.mark.parametrize("do", ["loop", "sleep"])
def test_what_does_not_end_is_ended_long_before_a_late_deadline(process, do):
    for deadline in (None, time.time() + 60):
        with pytest.raises(InvalidInput, match="more than 2 seconds"):
            read(process, do=do, seconds=60, deadline=deadline)


def test_a_deadline_that_has_passed_costs_no_process(process):
    before = read(process)
    with pytest.raises(DeadlineExceeded):
        read(process, deadline=time.time() - 60)
    assert read(process) == before


def test_what_kills_the_process_is_refused_and_hurts_no_other(process):
    before = read(process)
    with pytest.raises(InvalidInput, match="end of the process"):
        read(process, do="die")
    assert read(process) != before


def test_what_takes_all_memory_is_refused(process):
    before = read(process)
    with pytest.raises(InvalidInput, match="memory"):
        read(process, do="grow", deadline=time.time() + 60)
    assert read(process) == before


def test_what_breaks_is_told_without_its_words(process):
    with pytest.raises(EngineFailure, match=r"OSError\)$"):
        read(process, do="fail")


def test_a_process_that_is_gone_is_replaced(process):
    before = read(process)
    os.kill(before, signal.SIGKILL)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
    assert read(process) != before


def test_a_process_that_nobody_uses_any_more_ends():
    process = DocumentProcess(worker=BAD_WORKER)
    process.start()
    pid = read(process)
    process.close()
    assert not psutil.pid_exists(pid)


def test_a_process_that_does_not_start_is_told_as_such():
    with closing(DocumentProcess(worker="tests.no_such_module")) as process, pytest.raises(ModelUnavailable):
        process.start()


@pytest.mark.parametrize("pages", [b"", b"{", b"\xff", b"3", b"[3]", b"{}"])
def test_what_is_no_list_of_pages_is_refused(process, pages):
    with pytest.raises(InvalidInput, match="PAGES"):
        process.restructure(pages, DocumentOptions())


def test_the_real_one_answers_as_the_function(result):
    page = result("some text", box("text", 10, 10, 390, 60))
    with closing(DocumentProcess()) as process:
        answer = process.restructure(json.dumps([page] * 2).encode(), DocumentOptions(concatenatePages=True))
        with pytest.raises(InvalidInput, match="prunedResult"):
            process.restructure(b"[{}]", DocumentOptions())
    [whole] = restructure([page] * 2, DocumentOptions(concatenatePages=True))
    assert json.loads(answer) == [{"prunedResult": whole.result, "markdown": whole.markdown}]

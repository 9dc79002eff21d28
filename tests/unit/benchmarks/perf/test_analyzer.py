from __future__ import annotations

import pytest

from benchmarks.perf.analyzer import parse
from benchmarks.perf.levels import Level

STAGES = "Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer"
STAGES += ",Server Compute Output,Client Recv"
PERCENTILES = "p50 latency,p90 latency,p95 latency,p99 latency"
CLOSED = f"Concurrency,Inferences/Second,{STAGES},{PERCENTILES}\n"
CLOSED += "4,7.26536,12128,1696,169244,4132,284072,12,2,480236,608212,718460,719238\n"
OPEN = f"Request Rate,Inferences/Second,{STAGES},{PERCENTILES}\n"
OPEN += "8,6.27777,9381,7067,114397,2345,327792,9,2,433137,840117,887356,1076321\n"
DELAYED = (
    "[WARNING] Perf Analyzer was not able to keep up with the desired request rate. 2.27% of the requests were delayed."
)


def test_a_closed_level():
    assert parse(CLOSED, "Request concurrency: 4", 4) == Level(
        load=4, answered=7.26536, p50=480.236, p90=608.212, p95=718.46, p99=719.238
    )


def test_an_open_level_and_the_requests_that_were_sent_late():
    level = parse(OPEN, f"    Request count: 44\n    {DELAYED} \n", 8.0)
    assert (level.load, level.answered, level.p95) == (8.0, 6.27777, 887.356)
    assert level.late == pytest.approx(0.0227)
    assert level.good == 1.0


def test_a_report_without_figures_is_refused():
    with pytest.raises(ValueError, match="not enough values"):
        parse(CLOSED.splitlines()[0], "", 1)

"""How many machines with a GPU each do so many pages a second need, and what does a page cost there?

A simulation of discrete events: gateways send pages to machines; on each, `layout` takes batches and `vlm` decodes with
continuous batching, both on one GPU. It is fed with the times of the stages, measured at one Triton or entered.

    predict   pages/s, latency, use and cost of so many machines under a load
    plan      the fewest machines for a rate at which 95 of 100 pages are answered in time
    measure   the times of the stages of this machine, with the engine that the environment names
    check     what it says of runs that `python -m benchmarks.scaling --json FILE` has measured

Example: pages of 12 crops on a GPU whose step takes 11 ms, 20 pages a second, 95 % within 4 seconds, $2.50 an hour:

    python -m benchmarks.simulation plan --rate 20 --p95 4 --price 2.5 --step-seconds 0.011 --crops 12
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.scaling.runs import read_measured
from benchmarks.simulation.check import compare, comparison_table
from benchmarks.simulation.errors import BadStages, SimulationError
from benchmarks.simulation.fleet import Load, Predicted, Setup, simulate
from benchmarks.simulation.options import add_stages, stages_of
from benchmarks.simulation.plan import cost_of_1000_pages, plan


def main() -> None:
    """Do what the command line asks, or say in one line what is wrong with it (exit 1)."""
    arguments = _parser().parse_args()
    try:
        arguments.act(arguments)
    except SimulationError as error:
        sys.exit(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predict = commands.add_parser("predict", help="so many machines under a load")
    predict.set_defaults(act=_predict)
    predict.add_argument("--machines", type=_positive, nargs="+", default=[1], metavar="N")
    load = predict.add_mutually_exclusive_group(required=True)
    load.add_argument("--in-flight", type=_positive, metavar="N", help="pages in flight a machine, one after the other")
    load.add_argument("--rate", type=float, metavar="X", help="pages a second in all, that come by chance (Poisson)")
    planned = commands.add_parser("plan", help="the fewest machines for a rate")
    planned.set_defaults(act=_plan)
    planned.add_argument("--rate", type=float, required=True, metavar="X", help="pages a second in all")
    planned.add_argument("--p95", type=float, required=True, metavar="S", help="seconds for 95 of 100 pages")
    for command in (predict, planned):
        command.add_argument("--price", type=float, metavar="P", help="of a machine an hour, in any currency")
        command.add_argument("--gateways", type=_positive, default=1, metavar="N")
        command.add_argument(
            "--pages-in-flight", type=_positive, metavar="N", help="each gateway's MAX_PAGES_IN_FLIGHT"
        )
        command.add_argument(
            "--seconds", type=float, default=300, metavar="S", help="that are simulated (default: 300)"
        )
        command.add_argument("--seed", type=int, default=1, metavar="N", help="of chance")
        add_stages(command)
    measured = commands.add_parser("measure", help="the stages of this machine, into a file")
    measured.set_defaults(act=_measure)
    measured.add_argument("file", type=Path, help="for --stages of the other commands")
    measured.add_argument("--in-flight", type=_positive, default=16, metavar="N", help="pages, to fill the batches")
    measured.add_argument("--seconds", type=float, default=60, metavar="S", help="of each of three loads")
    measured.add_argument("--pages", type=_positive, default=22, metavar="N", help="how many different pages are sent")
    add_stages(measured)
    check = commands.add_parser("check", help="predictions against measured runs")
    check.set_defaults(act=_check)
    check.add_argument("file", type=Path, help="what `python -m benchmarks.scaling --calibrate --json FILE` wrote")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _predict(arguments: argparse.Namespace) -> None:
    found = {}
    for machines in arguments.machines:
        load = Load(in_flight=machines * arguments.in_flight) if arguments.in_flight else Load(rate=arguments.rate)
        found[machines] = simulate(replace(_setup(arguments, load), machines=machines))
    print(_table(found, arguments.price))


def _plan(arguments: argparse.Namespace) -> None:
    found = plan(_setup(arguments, Load(rate=arguments.rate)), arguments.p95)
    print(_table(found.tried, arguments.price))
    machines = "1 machine is" if found.machines == 1 else f"{found.machines} machines are"
    print(f"\n{machines} enough for {arguments.rate:g} pages/s with a p95 of {arguments.p95:g} s.")


def _measure(arguments: argparse.Namespace) -> None:
    # Imported here: the other commands need neither the product nor its libraries.
    from benchmarks.simulation.measure import measure

    found = measure(
        stages_of(arguments), in_flight=arguments.in_flight, seconds=arguments.seconds, pages=arguments.pages
    )
    text = found.model_dump_json(indent=1)
    arguments.file.write_text(f"{text}\n")
    print(text)


def _check(arguments: argparse.Namespace) -> None:
    measured = read_measured(arguments.file)
    if measured.stages is None or not measured.runs:
        raise BadStages(f"{arguments.file} has no calibration or no runs: see python -m benchmarks.scaling --help")
    print(comparison_table(compare(measured.stages, measured.runs)))


def _setup(arguments: argparse.Namespace, load: Load) -> Setup:
    return Setup(
        stages_of(arguments),
        machines=1,
        load=load,
        gateways=arguments.gateways,
        pages_in_flight=arguments.pages_in_flight,
        seconds=arguments.seconds,
        warm_up=arguments.seconds / 5,
        seed=arguments.seed,
    )


def _table(found: Mapping[int, Predicted], price: float | None) -> str:
    head = ["machines", "pages/s", "p50, s", "p95, s", "p99, s", "GPU busy", "in flight", "in queues"]
    if price is not None:
        head.append("cost of 1,000 pages")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for machines, one in found.items():
        cells = [str(machines), f"{one.rate:.2f}", f"{one.p50:.2f}", f"{one.p95:.2f}", f"{one.p99:.2f}"]
        cells += [f"{sum(one.busy) / machines:.0%}", f"{one.in_flight:.1f}", f"{one.queue:.1f}"]
        if price is not None:
            cells.append(f"{cost_of_1000_pages(price, machines, one.rate):.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

"""The command `ocr`, from its arguments to its exit code."""

from __future__ import annotations

import math
import ssl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio

from cli.arguments import Arguments, parse
from cli.displays import Bars, Display, Lines, tell
from cli.documents import Document, Unusable, find
from cli.errors import UsageError
from cli.folder import Folder, journal_of, owns, request_of
from cli.names import assign
from cli.run import Run
from cli.sinks import Job, Sink
from cli.standard_output import StandardOutput
from cli.summary import Exit, Outcome, Summary
from ocr_client import AsyncClient, ConfigurationError, Retries


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit code. A document called `archive` is read as ./archive."""
    given = sys.argv[1:] if argv is None else argv
    try:
        if given and given[0] == "archive":
            return int(_archive(given[1:]))
        return int(_run(parse(given)))
    except (UsageError, ConfigurationError) as error:
        tell(f"ocr: {error}")
        return Exit.USAGE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def _archive(argv: Sequence[str]) -> Exit:
    try:
        # Its packages are large, and nobody else's business.
        from archive.command import run
    except ImportError as error:
        raise UsageError(f"{error}: pip install 'paddleocr-vl-server[cli,archive]'") from None
    return run(argv)


def _run(arguments: Arguments) -> Exit:
    with _planned(arguments) as (jobs, unusable, sink_beside):
        summary = Summary(len(jobs) + len(unusable))
        with _display(arguments, summary.documents) as display:
            for item in unusable:
                outcome = Outcome(item.label, "failed", reason=item.reason)
                summary.outcomes.append(outcome)
                display.finished(outcome)
            if jobs:
                anyio.run(_read_all, arguments, jobs, sink_beside(display), display, summary)
        display.ended(summary)
    if arguments.summary_json is not None:
        try:
            summary.write_json(arguments.summary_json)
        except OSError as error:
            raise UsageError(f"--summary-json: {error.strerror}: {arguments.summary_json}") from None
    return summary.exit_code


async def _read_all(arguments: Arguments, jobs: Sequence[Job], sink: Sink, display: Display, summary: Summary) -> None:
    # A rate by the hour asks for waits that long. They are shown, and Ctrl-C ends them.
    retries = Retries(attempts=arguments.attempts, most_told_seconds=math.inf)
    verify = True if arguments.ca_file is None else _trusting(arguments.ca_file)
    async with AsyncClient(arguments.server, timeout=arguments.timeout, retries=retries, verify=verify) as client:
        await Run(client, jobs, arguments.fields, sink, display, summary, arguments.jobs)()


@contextmanager
def _planned(arguments: Arguments) -> Iterator[tuple[list[Job], list[Unusable], Callable[[Display], Sink]]]:
    """What is to be read, what can't be, and where results go beside a display. Raises UsageError."""
    if arguments.output is None:
        documents, unusable = _found(arguments, lambda _: False)
        jobs = [Job(document, name) for document, name in assign(documents, None)]
        _check_standard_output(arguments, len(jobs) + len(unusable))
        yield jobs, unusable, partial(StandardOutput, arguments.formats[0])
        return
    with journal_of(arguments.output) as journal:
        documents, unusable = _found(arguments, partial(owns, arguments.output, journal))
        jobs = [Job(document, name) for document, name in assign(documents, journal)]
        request = request_of(arguments.fields)
        folder = Folder(arguments.output, journal, request, arguments.formats, overwrite=arguments.overwrite)
        yield jobs, unusable, lambda _: folder


def _found(arguments: Arguments, left_out: Callable[[Path], bool]) -> tuple[list[Document], list[Unusable]]:
    found = list(find(arguments.inputs, recursive=arguments.recursive, left_out=left_out))
    documents = [item for item in found if isinstance(item, Document)]
    return documents, [item for item in found if isinstance(item, Unusable)]


def _check_standard_output(arguments: Arguments, documents: int) -> None:
    """Raises UsageError where standard output can't take the results."""
    if documents > 1:
        raise UsageError(f"{documents} documents do not fit into standard output: name a folder by -o")
    if len(arguments.formats) > 1:
        raise UsageError("standard output takes one --format: name a folder by -o")
    if arguments.formats == ("zip",) and sys.stdout.isatty():
        raise UsageError("a zip is not for a terminal: redirect it, or name a folder by -o")


def _display(arguments: Arguments, documents: int) -> Display:
    if arguments.quiet or not sys.stderr.isatty():
        return Lines(quiet=arguments.quiet)
    return Bars(documents)


def _trusting(authorities: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(authorities)
    except OSError as error:
        raise UsageError(f"--ca-file {authorities}: {error.strerror or error}") from None
    return context

"""The command `ocr archive`, from its arguments to its exit code."""

from __future__ import annotations

import itertools
import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from archive.arguments import Arguments, parse
from archive.cluster import connected
from archive.display import Display
from archive.documents import listed, sources
from archive.errors import ShardFailed
from archive.finishing import Finished, clear
from archive.inventory import Survey, survey
from archive.layout import DONE, FAILURES, JOB, STATE, UNITS, shard_of
from archive.reading import Reading
from archive.runs import RunLog
from archive.stores import S3, Store, open_store
from archive.summary import Summary
from cli.displays import tell
from cli.errors import UsageError
from cli.summary import Exit
from ocr_client.configuration import Configuration

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(argv: Sequence[str]) -> Exit:
    """Run the command. Raises UsageError, ConfigurationError, KeyboardInterrupt; SystemExit as argparse does."""
    arguments = parse(argv)
    for server in arguments.servers:
        Configuration.made(server, None, arguments.timeout, None)
    with ExitStack() as stack:
        try:
            output = open_store(arguments.output)
            stack.enter_context(_alone(arguments.output))
            _check_job(output, arguments)
            found = _surveyed(output, arguments)
            summary = Summary(found, arguments.price, failures_ok=arguments.failures_ok)
            log = RunLog(output, len(arguments.servers))
            summary.earlier = log.earlier
            if found.todo:
                # Whoever waits for --help, or has nothing to do, need not wait for Ray. It ends when all is told.
                stack.callback(_clear_after_ray, output)
                stack.enter_context(_handlers_kept())
                nodes = stack.enter_context(connected(arguments.ray, arguments.ray_temp))
                _read_all(arguments, summary, log, nodes)
            log.write()
            summary.effort = log.effort
            summary.failures_left = any(True for _ in output.list(FAILURES))
        except OSError as error:
            raise UsageError(str(error)) from error
        if not arguments.quiet or summary.ended is not None:
            tell(summary.line())
        if arguments.summary_json is not None:
            _write(summary, arguments.summary_json)
    return summary.exit_code


def _read_all(arguments: Arguments, summary: Summary, log: RunLog, nodes: int) -> None:
    from ray.exceptions import RayError

    from archive.pipeline import Work, run

    readers = min(arguments.readers or nodes, arguments.concurrency)
    reading = Reading(
        output=arguments.output,
        servers=arguments.servers,
        each=arguments.concurrency // readers,
        fields=arguments.fields,
        attempts=arguments.attempts,
        timeout=arguments.timeout,
        patience=arguments.patience,
        ca_file=arguments.ca_file,
        run=log.id,
        retry=arguments.retry_failed,
    )
    work = Work(reading, summary.survey.todo, readers, arguments.pages_a_request)
    try:
        with closing(run(work)) as events, _signals(), Display(summary, quiet=arguments.quiet) as display:
            for event in events:
                if isinstance(event, Finished):
                    summary.finished(event)
                else:
                    summary.told(event)
                    log.read(0 if event.kept else event.pages)
                summary.effort = log.effort
                if not isinstance(event, Finished):
                    display.told(event)
                if summary.ended is not None:
                    break
    except _Ended as error:
        summary.ended, summary.why = error.exit, error.why
    except ShardFailed as error:
        summary.ended, summary.why = Exit.USAGE, str(error)
    except RayError as error:
        raise UsageError(f"Ray gave up, the same command goes on: {_cause(error)}") from error


def _surveyed(output: Store, arguments: Arguments) -> Survey:
    """What there is to do; checkpoints that a dead run left of shards that are done are removed."""
    _clear_done(output)
    documents = itertools.chain.from_iterable(listed(source, arguments.output) for source in sources(arguments.inputs))
    found = survey(output, documents, shard_documents=arguments.shard_documents, retry=arguments.retry_failed)
    if not found.documents:
        raise UsageError(f"there is no document in {', '.join(arguments.inputs)}")
    if not arguments.quiet:
        tell(
            f"{found.documents} documents, {found.new} of them new, {found.changed} changed; "
            f"{found.documents_todo} to go through in {len(found.todo)} shards"
        )
    return found


def _clear_done(output: Store) -> None:
    done = {shard_of(item.key) for item in output.list(DONE)}
    waiting = {int(item.key.removeprefix(UNITS).partition("/")[0]) for item in output.list(UNITS)}
    for shard in done & waiting:
        clear(output, shard)


def _clear_after_ray(output: Store) -> None:
    """Remove what processes left that a dead node's units were taken from while they lived on."""
    # The next run does it too.
    with suppress(OSError):
        _clear_done(output)


def _check_job(output: Store, arguments: Arguments) -> None:
    """An archive is read one way. Raises UsageError where it was begun another."""
    job = {"fields": dict(arguments.fields)}
    try:
        output.create(JOB, json.dumps(job, sort_keys=True).encode())
    except FileExistsError:
        begun = json.loads(output.read(JOB))
        if begun != json.loads(json.dumps(job)):
            raise UsageError(
                f"{arguments.output} was begun with --dpi, --option or --options of its own ({json.dumps(begun)}): "
                "give the same, or name another output"
            ) from None


@contextmanager
def _alone(output: str) -> Iterator[None]:
    """A folder is one run's at a time. Raises UsageError."""
    if output.startswith(S3):
        # Runs that meet there do the same twice, and end with the same.
        yield
        return
    lock = Path(output) / STATE / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise UsageError(f"{output}: another ocr archive writes into this folder; wait for it") from None


class _Ended(BaseException):
    """A signal ended the run."""

    def __init__(self, number: int) -> None:
        self.exit = Exit.INTERRUPTED if number == signal.SIGINT else Exit.TERMINATED
        self.why = "interrupted" if number == signal.SIGINT else "terminated"


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """The handlers of signals are the same after the block; Ray sets handlers of its own."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _signals() -> Iterator[None]:
    """The first SIGINT or SIGTERM ends the block by _Ended. After it none counts: how the run ended is known."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal has it
        _ignore_signals()
        raise _Ended(number)

    for number in _SIGNALS:
        signal.signal(number, end)
    try:
        yield
    finally:
        _ignore_signals()


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _cause(error: BaseException) -> str:
    """The last line of what Ray tells of an error, which is the error itself."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


def _write(summary: Summary, path: Path) -> None:
    try:
        summary.write_json(path)
    except OSError as error:
        raise UsageError(f"--summary-json: {error.strerror}: {path}") from None

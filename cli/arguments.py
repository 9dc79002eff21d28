"""The command line, parsed."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from cli.errors import UsageError
from ocr_client import ReadFields
from ocr_client.configuration import DEFAULT_SERVER

Format = Literal["md", "json", "zip"]

_EPILOG = """\
A file, a folder, an http(s) address that the server fetches, or - for standard input. Without -o one document goes to
standard output. For archives by the million: ocr archive --help.

environment:
  OCR_SERVER    address of the server, where --server does not say
  OCR_API_KEY   API key, where the server asks for one; no argument takes it, since others could see it there

exit codes:
  0    every document is read, now or earlier      3    the server can't be reached
  1    some are not; standard error says why       4    the server refuses the API key
  2    the arguments can't be used                 130  interrupted (143: by SIGTERM); the same command goes on
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for; `output` of None: standard output. `timeout` is in seconds."""

    inputs: tuple[str, ...]
    output: Path | None
    formats: tuple[Format, ...]
    fields: ReadFields
    jobs: int
    attempts: int
    timeout: float
    recursive: bool
    overwrite: bool
    quiet: bool
    summary_json: Path | None
    server: str | None
    ca_file: Path | None


def parse(argv: Sequence[str] | None) -> Arguments:
    """The arguments; of the process where `argv` is None. Raises UsageError; SystemExit as argparse does."""
    given = _parser().parse_args(argv)
    fields = ReadFields(
        pages=given.pages, dpi=given.dpi, on_error=given.on_error, options=options(given.options, given.option)
    )
    return Arguments(
        inputs=tuple(given.input),
        output=None if given.output in (None, Path("-")) else given.output,
        formats=_formats(given.format),
        fields=fields,
        jobs=given.jobs,
        attempts=given.retries + 1,
        timeout=given.timeout,
        recursive=given.recursive,
        overwrite=given.overwrite,
        quiet=given.quiet,
        summary_json=given.summary_json,
        server=given.server,
        ca_file=given.ca_file,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ocr",
        description="Read PDFs and images as Markdown, by a PaddleOCR-VL server.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input", nargs="+", metavar="INPUT", help="file, folder, URL, or -")
    add("-o", "--output", type=Path, metavar="DIR", help="folder of the results; what is done there is skipped")
    add("-f", "--format", default="md", metavar="LIST", help="md, json, zip, or several by commas (default: md)")
    add("-p", "--pages", metavar="RANGES", help='pages of each document, from 1: "1-3,7", "5-"')
    add("-r", "--recursive", action="store_true", help="take folders with all that is below them")
    add("-j", "--jobs", type=positive_int, default=4, metavar="N", help="documents at once, at most (default: 4)")
    add_reading(parser)
    add("--on-error", choices=("skip", "fail"), help="pages that can't be read: leave them out, or fail the document")
    add("--timeout", type=seconds, default=600.0, metavar="SECONDS", help="for each document (default: 600)")
    add("--retries", type=count, default=8, metavar="N", help="how often a document is sent again (default: 8)")
    add("--overwrite", action="store_true", help="read again what is done, and replace files")
    add("--server", metavar="URL", help=f"address of the server (default: {DEFAULT_SERVER})")
    add("--ca-file", type=Path, metavar="PEM", help="authorities to trust of an https server, besides the system's")
    add("-q", "--quiet", action="store_true", help="tell of failures only")
    add("--summary-json", type=Path, metavar="FILE", help="write what became of each document")
    return parser


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The arguments that say how pages are read."""
    add = parser.add_argument
    add("--dpi", type=positive_int, metavar="N", help="resolution at which PDF pages are drawn")
    add("--option", action="append", default=[], metavar="NAME=VALUE", help="option of the engine; may be repeated")
    add("--options", metavar="JSON", help="options of the engine as a JSON object")


def _formats(text: str) -> tuple[Format, ...]:
    names = dict.fromkeys(name.strip() for name in text.split(","))
    wrong = [name for name in names if name not in get_args(Format)]
    if wrong:
        raise UsageError(f"--format: {wrong[0]!r} is none of {', '.join(get_args(Format))}")
    return cast("tuple[Format, ...]", tuple(names))


def options(as_json: str | None, single: Sequence[str]) -> dict[str, Any] | None:
    """Both ways of giving options as one; None where there are none. Raises UsageError."""
    options: dict[str, Any] = {}
    if as_json is not None:
        try:
            options = json.loads(as_json)
        except ValueError as error:
            raise UsageError(f"--options: this is no JSON: {error}") from None
        if not isinstance(options, dict):
            raise UsageError("--options: give a JSON object: '{\"layoutThreshold\": 0.4}'")
    for item in single:
        name, equals, value = item.partition("=")
        if not (name and equals):
            raise UsageError(f"--option: {item!r} is not NAME=VALUE")
        options[name] = _value(value)
    return options or None


def _value(text: str) -> Any:
    """JSON where it is that, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def positive_int(text: str) -> int:
    """A number above 0. Raises ValueError, as argparse has it."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def count(text: str) -> int:
    """A number from 0 on. Raises ValueError."""
    if (number := int(text)) < 0:
        raise ValueError
    return number


def seconds(text: str) -> float:
    """A finite number above 0. Raises ValueError."""
    if not 0 < (number := float(text)) < math.inf:
        raise ValueError
    return number

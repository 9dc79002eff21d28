"""The command line of `ocr archive`, parsed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.cluster import LOCAL
from archive.stores import S3
from cli.arguments import add_reading, count, options, positive_int, seconds
from cli.errors import UsageError
from ocr_client import ReadFields
from ocr_client.configuration import DEFAULT_SERVER

_EPILOG = """\
Inputs and output are folders, or s3://bucket/folder. With a Ray cluster of several machines all of them must see the
folders at the same place.

environment, on every machine of the cluster:
  OCR_API_KEY          API key, where the servers ask for one
  AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_CA_BUNDLE
                       the S3 service
environment, here:
  OCR_SERVER           address of the server, where no --server does say
  RAY_ADDRESS          the Ray cluster, where --ray does not say

exit codes:
  0    every document is read, now or earlier;     3    no server can be reached
       with --failures-ok: or is told in failures/ 4    a server refuses the API key
  1    some are not: failures/ in the output       130  interrupted (143: by SIGTERM); the same command goes on
  2    the arguments, the inputs, the output or
       Ray can't be used
"""


@dataclass(frozen=True)
class Arguments:
    """What was asked for; times in seconds, `price` for one server and hour."""

    inputs: tuple[str, ...]
    output: str
    servers: tuple[str, ...]
    concurrency: int
    readers: int | None
    pages_a_request: int
    fields: ReadFields
    attempts: int
    timeout: float
    patience: float
    retry_failed: bool
    failures_ok: bool
    price: float | None
    shard_documents: int
    ray: str
    ray_temp: Path | None
    ca_file: Path | None
    quiet: bool
    summary_json: Path | None


def parse(argv: Sequence[str]) -> Arguments:
    """The arguments. Raises UsageError; SystemExit as argparse does."""
    given = _parser().parse_args(argv)
    servers = given.server or [os.environ.get("OCR_SERVER") or DEFAULT_SERVER]
    output = given.output.rstrip("/") if given.output.startswith(S3) else str(Path(given.output).absolute())
    if output == S3.rstrip("/"):
        raise UsageError(f"-o {given.output}: name a bucket: s3://bucket/folder")
    fields = ReadFields(dpi=given.dpi, on_error="skip", options=options(given.options, given.option))
    return Arguments(
        inputs=tuple(given.input),
        output=output,
        servers=tuple(dict.fromkeys(url.rstrip("/") for url in servers)),
        concurrency=given.concurrency,
        readers=given.readers,
        pages_a_request=given.pages_per_request,
        fields=fields,
        attempts=given.retries + 1,
        timeout=given.timeout,
        patience=given.patience,
        retry_failed=given.retry_failed,
        failures_ok=given.failures_ok,
        price=given.price,
        shard_documents=given.shard_documents,
        ray=given.ray or os.environ.get("RAY_ADDRESS") or LOCAL,
        ray_temp=given.ray_temp,
        ca_file=given.ca_file,
        quiet=given.quiet,
        summary_json=given.summary_json,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ocr archive",
        description="Read archives of PDFs and images by a fleet of servers, as Markdown and Parquet.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input", nargs="+", metavar="INPUT", help="folder with all that is below it, file, or s3://bucket/folder")
    add("-o", "--output", required=True, metavar="PLACE", help="folder or s3://bucket/folder; what is done is skipped")
    add("--server", action="append", metavar="URL", help="address of a server; may be repeated")
    add(
        "-j",
        "--concurrency",
        type=positive_int,
        default=4,
        metavar="N",
        help="requests at once at each server, at most (default: 4)",
    )
    add("--pages-per-request", type=positive_int, default=16, metavar="N", help="of long documents (default: 16)")
    add("--readers", type=positive_int, metavar="N", help="processes that send (default: one for each machine)")
    add_reading(parser)
    add("--timeout", type=seconds, default=600.0, metavar="SECONDS", help="for each request (default: 600)")
    add(
        "--retries",
        type=count,
        default=2,
        metavar="N",
        help="how often what failed is tried again: a request, fetching a document (default: 2)",
    )
    add(
        "--patience",
        type=seconds,
        default=300.0,
        metavar="SECONDS",
        help="how long the run waits while no server reads anything, or no input can be read (default: 300)",
    )
    add("--retry-failed", action="store_true", help="try again what failed in earlier runs")
    add("--failures-ok", action="store_true", help="end with 0 where all is read but for what failures/ tells of")
    add("--price", type=seconds, metavar="AMOUNT", help="of one server for one hour; tells what the archive costs")
    add(
        "--shard-documents",
        type=positive_int,
        default=256,
        metavar="N",
        help="documents whose pages make one Parquet file (default: 256)",
    )
    add("--ray", metavar="ADDRESS", help="of a Ray cluster; by default Ray runs on this machine alone")
    add("--ray-temp", type=Path, metavar="DIR", help="folder of Ray's sockets and logs on this machine; a short path")
    add("--ca-file", type=Path, metavar="PEM", help="authorities to trust of https servers, besides the system's")
    add("-q", "--quiet", action="store_true", help="tell of failures only")
    add("--summary-json", type=Path, metavar="FILE", help="write the summary as JSON too")
    return parser

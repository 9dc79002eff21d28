"""Standard output as the place of the one result."""

from __future__ import annotations

import io
import os
import sys

from cli.arguments import Format
from cli.displays import Display
from cli.fingerprints import Fingerprint
from cli.renderings import markdown, write_zip
from cli.sinks import Job
from ocr_client import Result


class StandardOutput:
    """The one result in its one format, on standard output, once the display is out of its way.

    The terminal may be at its end whether it is one or not: `ocr scan.pdf | less`.
    """

    def __init__(self, form: Format, display: Display) -> None:
        self._form = form
        self._display = display

    def prepare(self, job: Job) -> Fingerprint | None:  # noqa: ARG002 - as Sink has it
        """Nothing is remembered."""
        return Fingerprint()

    def keep(self, job: Job, state: Fingerprint, result: Result) -> None:  # noqa: ARG002 - as Sink has it
        """Write the result at once. Raises BrokenPipeError where its reader has had enough."""
        rendered = self._rendered(result)
        self._display.step_aside()
        try:
            sys.stdout.buffer.write(rendered)
            if not rendered.endswith(b"\n") and sys.stdout.isatty():
                # What is told next begins on a line of its own.
                sys.stdout.buffer.write(b"\n")
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Python flushes once more when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise

    def _rendered(self, result: Result) -> bytes:
        if self._form == "md":
            return markdown(result)
        if self._form == "json":
            return result.to_json().encode() + b"\n"
        buffer = io.BytesIO()
        write_zip(result, buffer)
        return buffer.getvalue()

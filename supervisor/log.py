"""Triton's log: a file that is rotated at every start, and read again for what concerns the operator."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from pathlib import Path
from typing import IO

_KEPT = 4
_HARMLESS = re.compile("CudaDriverHelper has not been initialized|CUDA driver version is insufficient")
"""What Triton logs as errors on every machine without a GPU."""
_ERROR = re.compile(r"(?:E\d{4} \S+ \d+ \S+\] |\[libprotobuf ERROR [^]]+\] |error: )(?P<text>.+)")
_LOADED = re.compile(r"successfully loaded '(?P<model>[^']+)'")


class TritonLog:
    """The log of the running Triton; the four before it have `.1` to `.4` behind their names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.loaded: set[str] = set()
        """The models that it has loaded."""
        self._errors: list[str] = []
        self._read_to = 0

    def rotate(self) -> IO[bytes]:
        """Begin a new log, and return it open for writing."""
        names = [self.path, *(self.path.with_name(f"{self.path.name}.{age}") for age in range(1, _KEPT + 1))]
        for newer, older in reversed(list(itertools.pairwise(names))):
            if newer.exists():
                newer.replace(older)
        self.loaded, self._errors, self._read_to = set(), [], 0
        return self.path.open("wb")

    def read_on(self) -> None:
        """Read what was written since the last call."""
        with self.path.open("rb") as file:
            file.seek(self._read_to)
            written = file.read()
        # A line that is still being written is left for the next call.
        written = written[: written.rfind(b"\n") + 1]
        self._read_to += len(written)
        lines = written.decode(errors="replace").splitlines()
        self.loaded.update(match["model"] for line in lines if (match := _LOADED.search(line)))
        errors = [_first_paragraph(match["text"]) for line in lines if (match := _ERROR.match(line))]
        self._errors += (error for error in errors if not _HARMLESS.search(error))

    def take_errors(self) -> list[str]:
        """Return the errors that were not returned yet, oldest first, each once."""
        self.read_on()
        # One failure runs through several lines of Triton's, the same but for their beginnings.
        taken, self._errors = list(dict.fromkeys(self._errors)), []
        return taken


def _first_paragraph(text: str) -> str:
    """Return the message without the stack that a model's error has behind an empty line."""
    # Triton writes messages as JSON strings, so that each stays on its line.
    with contextlib.suppress(ValueError):
        text = str(json.loads(text))
    return text.partition("\n\n")[0]
